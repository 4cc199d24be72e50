"""Rows in panels: a panel a workload with its parameters and a machine, a line a model."""
from .documents import OK
from .lines import LinesPanel, point_of
from .rows import grouped
from .words import listed, plural, scale_of, value_text


def settings_of(rows, all_rows, without=()):
    """The parameters that stand in the title of any case of the workload, with the values that all rows share."""
    workload = rows[0].case["workload"]
    told = {key for row in all_rows if row.case["workload"] == workload for key in row.case["params"]
            if f" {key}=" in row.title and key not in without}
    shown = []
    for key in rows[0].case["params"]:
        values = {value_text(row.case["params"].get(key)) for row in rows}
        if key in told and len(values) == 1:
            shown.append(f"{key}={values.pop()}")
    return "  ".join(shown)


def by_workload(rows):
    """Rows of each panel: those of one title stay beside one another, a panel a machine."""
    return [group for of_title in grouped(rows, lambda row: row.title).values()
            for group in grouped(of_title, lambda row: row.machine).values()]


def failures(rows):
    """Notes on the cases that have no number."""
    reasons = grouped([row for row in rows if row.case["status"] != OK],
                      lambda row: (row.line, row.case["status"], row.case["reason"]))
    notes = []
    for (line, status, reason), of_reason in reasons.items():
        counts = sorted({row.cores for row in of_reason})
        where = f"{listed(counts)} core{'' if counts == [1] else 's'}"
        notes.append((f"{line}, {where}: {status}{': ' + reason if reason else ''}", status != "skipped"))
    return notes


def over_cores(rows, all_rows, choose, name):
    """The panel of a metric over cores; `choose` gives a row's metric or None."""
    panel = LinesPanel(rows[0].case["workload"], with_machine(rows, settings_of(rows, all_rows)))
    panel.notes, panel.title, panel.machine = failures(rows), rows[0].title, rows[0].machine
    for row in rows:
        metric = choose(row)
        if metric:
            unit, factor = scale_of(metric["unit"])
            panel.y_label = f"{name}, {unit}" if unit else name
            panel.lower_is_better = metric["better"] == "lower"
            panel.points.setdefault(row.line, []).append(point_of(row.cores, metric, row.shared, factor))
    return panel


def with_machine(rows, text):
    return [part for part in (text, rows[0].machine) if part]


def trials_text(rows):
    """How many trials stand behind a median."""
    counts = sorted({len(row.case["trials"]) for row in rows if row.case["status"] == OK and row.case["trials"]})
    text = plural(counts[0], "trial") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} trials" if counts \
        else "no trials"
    short = ", which need 6 trials" if counts and counts[0] < 6 else ""
    return f"Medians of {text}; bars are 95 % intervals{short}"
