"""The figures of `heddle plot` with the pen of this page: what is drawn, of which numbers, is decided there."""
from heddle_plot import style
from heddle_plot.documents import checked
from heddle_plot.heat import heat
from heddle_plot.latency import latency
from heddle_plot.rows import rows_of
from heddle_plot.scaling import efficiency, fairness
from heddle_plot.trials import trials

from .charts import as_list, by_percentile, over_cores
from .html import details, element, join, section, table
from .panels import Panel, Point
from .strips import strips
from .words import count, quantity

STEPS = len(style.HEAT) - 1


def rows(documents):
    """Cases as the figures read them, one document a machine; what lines are called stays as it is in the document."""
    found = rows_of([checked(dict(document.content)) for document in documents])
    for row, case in zip(found, [case for document in documents for case in document.cases]):
        row.series, row.title = case["series"], case["title"]
        row.case = {**row.case, "params": named_in(row.title, row.case["params"])}
    return found


def named_in(title, params):
    """So that what a figure calls a workload is its title, as everywhere on the page: the defaults stay unsaid."""
    return {key: value for key, value in params.items() if f" {key}=" in title}


def panels_of(make, of_rows):
    drawing = make(of_rows, None)
    return [panel for panel in drawing.panels if panel.head] if drawing else []


def figure(panel, drawn, **attributes):
    """The caption: workload and parameters; below, what else tells it apart."""
    title, *more = [part for part in (f"{panel.head} {(panel.settings or [''])[0]}", *panel.settings[1:]) if part]
    under = element("span", " · ".join(more), class_="under") if more else None
    return element("figure", element("figcaption", title, under), drawn, **attributes)


def grid(figures):
    return element("div", figures, class_="figures")


# ---- Lines ----


def points_of(points, hollow=False):
    return [Point(point.place, count(point.place, "core"), point.value,
                  (point.low, point.high) if point.has_interval else None, hollow or point.shared)
            for point in sorted(points, key=lambda point: point.place)]


def panel_of(panel, metric, unit):
    """As charts.py draws it."""
    made = Panel(panel.title, panel.head)
    made.metric, made.unit = metric, unit
    return made


def metric_over_cores(make, metric, of_rows, looks):
    figures = []
    for panel in panels_of(make, of_rows):
        made = panel_of(panel, metric, "1")
        made.lines = {line: points_of(points) for line, points in panel.points.items()}
        draw = as_list if len(made.places) == 1 else over_cores
        figures.append(figure(panel, draw(made, looks)))
    return figures


def efficiency_and_fairness(of_rows, looks):
    told = ((efficiency, "efficiency", "Efficiency over cores", "X(N) / (N X(1)) of the medians; the intervals are of the "
             "ratios of each round. 1: each core does as much as one core alone."),
            (fairness, "fairness", "Fairness over cores", "Jain's index of what each task got: 1 where all got the same, "
             "1/n where one of n got all. Workloads with 1 everywhere are left out."))
    parts = []
    for make, metric, title, about in told:
        figures = metric_over_cores(make, metric, of_rows, looks)
        if figures:
            parts.append(details(title, element("p", about, class_="about"), grid(figures)))
    return join(parts)


# ---- Latency ----


def latency_figure(panel, looks, alive):
    made = panel_of(panel, "time", "s")
    for (line, second), points in panel.points.items():
        (made.beside if second else made.lines)[line] = points_of(points, hollow=second)
    live = {"data_latency": panel.variant, "data_title": panel.title} if alive else {}
    return figure(panel, by_percentile(made, looks, panel.percentiles), **live)


def latency_section(of_rows, looks):
    """Pictures of the machine that is told in full come alive."""
    panels = panels_of(latency, of_rows)
    if not panels:
        return None
    return section("latency", "Latency by percentile",
                   grid([latency_figure(panel, looks, panel.machine == of_rows[0].machine) for panel in panels]),
                   about="How long the given share of all messages took at most, each nine with as much room. Of many core "
                   "counts the least and the most. Thin and hollow, where both are known: service time, or the first "
                   "beside the last. A percentile that some trials had too few messages for is left out.")


# ---- The map ----


def heat_css():
    """Dark on bright, bright on dark."""
    return "".join(f".h{step}{{background:{colour};color:{'#fff' if step < 4 else '#101010'}}}"
                   for step, colour in enumerate(style.HEAT))


def heat_cell(panel, place):
    if place in panel.failed:
        status = panel.failed[place]
        return element("td", status, class_="none" if status == "skipped" else "bad")
    if place not in panel.texts:
        return element("td", "")
    share = panel.shares[place]
    class_ = f"h{round(style.heat_of(share) * STEPS)}"
    return element("td", element("b", panel.texts[place]) if place in panel.best else panel.texts[place], class_=class_)


def heat_table(panel, looks):
    heading = ["Workload", *(element("th", element("span", line, class_=f"key {looks.class_of(line)}"), scope="col")
                             for line in panel.lines_across)]
    body = [[name, *(heat_cell(panel, (row, column)) for column in range(len(panel.lines_across)))]
            for row, name in enumerate(panel.names)]
    title = element("h3", " · ".join([panel.head, *panel.settings]))
    return element("div", title, table(heading, body, class_="heat"))


def heat_section(of_rows, looks):
    panels = panels_of(heat, of_rows)
    if not panels:
        return None
    maps = element("div", [heat_table(panel, looks) for panel in panels], class_="maps")
    return section("heat", "All workloads and models", maps,
                   about="Medians. Brightest is the best of its row, darkest a hundredth of it or less. "
                         "Bold: the best, and what its 95 % interval overlaps.")


# ---- Trials ----


def trials_section(of_rows, looks):
    panels = panels_of(trials, of_rows)
    if not panels:
        return None
    return section("trials", "Trials in the order they ran",
                   grid([figure(panel, strips(panel, looks)) for panel in panels]),
                   about="A strip a case, from 1/1.6 of its median to 1.6 times: what drifts, or has two modes, is seen. "
                   "The number is its cores; hollow at the edge: beyond that; ×: no number, as a trial of the case failed.")
