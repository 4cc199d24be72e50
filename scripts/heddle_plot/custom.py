"""One figure of one's own: any metric over any field, lines by any field."""
from .documents import is_number
from .lines import LinesPanel, point_of
from .panels import failures, trials_text, with_machine
from .rows import demand, fields_of, grouped, metrics_of
from .series import arranged, marks_of
from .sheet import Drawing
from .words import SOURCE, clean, safe, scale_of, value_text

# What is not itself a setting of a case.
DERIVED = ("status", "name", "key", "title", "series", "shared", "run", "machine", "revision", "started")


def settings_of(row):
    """All that makes the case what it is: {field: text}."""
    case = row.case
    settings = {"workload": case["workload"], **{key: value_text(value) for key, value in case["params"].items()},
                "model": case["model"], **{key: value_text(value) for key, value in case["options"].items()},
                "label": value_text(case.get("label")), "cores": str(row.cores)}
    return {key: text for key, text in settings.items() if text}


def model_fields(rows):
    return ["model", *dict.fromkeys(key for row in rows for key in row.case["options"]), "label"]


def varying_of(rows):
    """Fields that have several values: parameters within a workload, options within a model."""
    found = set()
    for key, own in (("workload", "params"), ("model", "options")):
        for alike in grouped(rows, lambda row: row.case[key]).values():
            for name in alike[0].case[own]:
                if len({value_text(row.case[own].get(name)) for row in alike}) > 1:
                    found.add(name)
    for name in ("workload", "model", "label", "cores"):
        if len({value_text(row.case.get(name)) for row in rows}) > 1:
            found.add(name)
    return found


def line_of(row, series, x, varying):
    if series is None:
        # As in the other figures, but for an option that lies on the axis.
        text = row.series
        if x in row.case["options"]:
            parts = [row.model, *(f"{key}={value_text(value)}" for key, value in row.case["options"].items()
                                  if key != x and key in varying), value_text(row.case.get("label"))]
            text = " ".join(filter(None, parts))
    else:
        value = row.field(series)
        text = f"{series}={value_text(value)}" if series in row.case["params"] or series == "cores" else value_text(value)
    return f"{text}{SOURCE}{row.source}" if row.source else text


def check(rows, x, y, series):
    """Trouble where the names are not those of fields and metrics."""
    for name, option in ((x, "--x"), (series, "--series")):
        if name is not None:
            demand(name, fields_of(rows), option)
    if y is not None:
        demand(y, metrics_of(rows), "--y")


def drawing(rows, x=None, y=None, series=None):
    check(rows, x, y, series)
    over, good = x or "cores", [row for row in rows if row.field(x or "cores") is not None]
    varying = varying_of(good)
    aside = {over, series, *DERIVED, *(model_fields(good) if series is None else [])}

    def place(row):
        of_row = settings_of(row)
        return (row.machine, *((key, text) for key, text in of_row.items()
                               if key not in aside and (key in varying or key == "workload")))

    panels = [panel_of(of_panel, of_place, over, y, lambda row: line_of(row, series, over, varying))
              for of_place, of_panel in grouped(good, place).items()]
    panels = [panel for panel in panels if panel.points]
    if not panels:
        return None
    name = y or "throughput"
    panels, columns = arranged(panels, good)
    return Drawing(f"{safe(name)}-by-{safe(over)}", f"{words(name)} over {words(over)}", "", trials_text(good), panels,
                   marks_of(panels), columns)


def words(name):
    return clean(name.replace("_", " "))


def panel_of(rows, place, over, y, line):
    settings = "  ".join(f"{key}={value}" for key, value in place[1:] if value is not None and key != "workload")
    panel = LinesPanel(rows[0].case["workload"] if len({row.case["workload"] for row in rows}) == 1 else "all workloads",
                       with_machine(rows, settings), x_label=words(over))
    panel.notes = failures(rows)
    found = [row.field(over) for row in rows]
    if not all(map(is_number, found)):
        panel.names = list(dict.fromkeys(map(value_text, found)))
    for row in rows:
        metric = row.metric(y)
        if not metric:
            continue
        unit, factor = scale_of(metric["unit"])
        panel.y_label = f"{words(y or 'throughput')}, {unit}" if unit else words(y)
        panel.lower_is_better = metric["better"] == "lower"
        value = row.field(over)
        where = panel.names.index(value_text(value)) if panel.names else value
        panel.points.setdefault(line(row), []).append(point_of(where, metric, row.shared, factor))
    return panel


def models_of_lines(rows, x, series):
    """(text, model) of each line, for its looks; one that holds several models looks like its text."""
    varying = varying_of(rows)
    lines = grouped(rows, lambda row: line_of(row, series, x or "cores", varying))
    return [(text, of_line[0].model if len({row.model for row in of_line}) == 1 and series in (None, "model", "series")
             else text) for text, of_line in lines.items()]
