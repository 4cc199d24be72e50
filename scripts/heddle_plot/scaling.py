"""Over cores: throughput with its ideal and its fit, efficiency, cost, fairness."""
import math

from .dots import IDEAL
from .lines import Point
from .panels import by_workload, over_cores, trials_text
from .rows import grouped
from .series import arranged, marks_of
from .sheet import Drawing
from .words import scale_of

IDEAL_TEXT = "ideal: the best on one core, times cores"


def drawing(suffix, title, panels, rows, more="", extra=()):
    """None where there is nothing to show."""
    panels = [panel for panel in panels if panel.points or panel.notes]
    if not panels:
        return None
    panels, columns = arranged(panels, rows)
    return Drawing(suffix, title, "", trials_text(rows) + more, panels, [*extra, *marks_of(panels)], columns)


# ---- Throughput ----


def best_on_one_core(panel):
    return max((point.value for points in panel.points.values() for point in points if point.place == 1), default=None)


def put_fits(panel, rows, fits):
    """Curves where the law was fitted, and in words what came out, or why there is no fit."""
    reasons = {}
    for line, of_line in grouped(rows, lambda row: row.line).items():
        fit = fits.of(of_line[0]) if line in panel.points else None
        if fit is None:
            continue
        if fit.reason:
            reasons.setdefault(fit.reason, []).append(line)
        else:
            _, factor = scale_of(next(row.metric() for row in of_line if row.metric())["unit"])
            panel.curves[line] = lambda cores, fit=fit, factor=factor: fit.at(cores) * factor
            panel.words[line] = fit.words()
            measured, peak = [point.place for point in panel.points[line]], fit.marked_peak()
            if peak is not None and min(measured) <= peak <= max(measured):
                panel.peaks[line] = peak
    for reason, lines in reasons.items():
        whose = "" if len(lines) == len(panel.points) else f" ({', '.join(lines)})"
        panel.notes.append((f"no fit: {reason}{whose}", False))


def throughput(rows, fits):
    panels = []
    for of_panel in by_workload(rows):
        panel = over_cores(of_panel, rows, lambda row: row.metric(), "throughput")
        best = best_on_one_core(panel)
        if best and len(panel.places()) > 1 and is_rate(of_panel):
            panel.ideal = lambda cores, best=best: best * cores
        put_fits(panel, of_panel, fits)
        panels.append(panel)
    has_ideal = any(panel.ideal for panel in panels)
    has_fit = any(panel.curves for panel in panels)
    more = "; a curve is the scalability fit: α contention, β coherence, peak in cores" if has_fit else ""
    return drawing("throughput", "throughput over cores", panels, rows, more, [(IDEAL_TEXT, IDEAL)] * has_ideal)


def is_rate(rows):
    """Whether they show what a model can do: not where the load generator sets the pace."""
    return all("/s" in row.metric()["unit"] and not is_paced(row) for row in rows if row.metric())


def is_paced(row):
    rate = row.case["params"].get("rate")
    return isinstance(rate, int) and rate > 0


# ---- Efficiency ----


def by_round(row):
    metric = row.metric()
    return {trial.get("round"): value for trial, value in zip(row.case["trials"], metric["trials"]) if value}


def median_interval(values):
    """By order statistics, as in core/stats.h; None below 6 values."""
    count, below, rank = len(values), 0.0, 0
    for k in range(count):
        below += math.comb(count, k) / 2**count
        if 2 * below > 0.05:
            break
        rank = k + 1
    ordered = sorted(values)
    return (ordered[rank - 1], ordered[count - rank]) if rank else None


def efficiency_point(row, alone):
    """X(N) / (N X(1)) of the medians; its interval from the ratios of each round."""
    value = row.metric()["median"] / row.cores / alone.metric()["median"]
    base, here = by_round(alone), by_round(row)
    interval = median_interval([here[one] / row.cores / base[one] for one in here if one in base])
    low, high = interval or (value, value)
    return Point(row.cores, value, min(low, value), max(high, value), row.shared, interval is not None)


def efficiency(rows, _):
    panels = []
    for of_panel in by_workload(rows):
        panel = over_cores([row for row in of_panel], rows, lambda row: None, "")
        panel.notes, panel.y_label, panel.best = [], "efficiency: X(N) / (N X(1))", 1.0
        panel.ideal = lambda cores: 1.0
        for line, of_line in grouped(of_panel, lambda row: row.line).items():
            good = [row for row in of_line if row.metric() and is_rate([row])]
            alone = next((row for row in good if row.cores == 1 and row.metric()["median"] > 0), None)
            if alone and len(good) > 1:
                panel.points[line] = [efficiency_point(row, alone) for row in good]
        if panel.is_list():  # all are 1 on one core
            panel.points = {line: [point for point in points if point.place > 1] for line, points in panel.points.items()}
        panels.append(panel)
    panels = [panel for panel in panels if panel.points]
    return drawing("efficiency", "efficiency over cores", panels, rows,
                   "; 1 is as much a core as one core alone does", [("ideal", IDEAL)])


# ---- Cost and fairness ----


def metric_like(row, part, unit):
    """The first metric with this in its name and that unit, if it has a number."""
    name = next((name for name, metric in row.metrics.items() if part in name and metric["unit"] == unit), None)
    return row.metric(name) if name else None


def cost(rows, _):
    panels = [over_cores(of_panel, rows, lambda row: metric_like(row, "cpu_per_", "ns"), cost_name(of_panel))
              for of_panel in by_workload(rows)]
    for panel in panels:
        panel.notes = []
    panels = [panel for panel in panels if panel.points]
    return drawing("cost", "CPU time per operation", panels, rows, "; lower is better")


def cost_name(rows):
    """What it is for: "CPU per MiB"."""
    for row in rows:
        for name in row.metrics:
            if "cpu_per_" in name:
                work = name.split("cpu_per_")[1].replace("_", " ").replace("mib", "MiB").replace("op", "operation")
                return f"CPU time per {work}"
    return "CPU time"


def fairness(rows, _):
    panels = []
    for of_panel in by_workload(rows):
        panel = over_cores(of_panel, rows, lambda row: row.metric("fairness") if "fairness" in row.metrics else None,
                           "fairness (Jain's index)")
        panel.notes, panel.best = [], 1.0
        if any(point.value < 0.99 for points in panel.points.values() for point in points):
            panels.append(panel)
    return drawing("fairness", "fairness over cores", panels, rows,
                   "; 1: all tasks got the same, 1/n: one of n got all")
