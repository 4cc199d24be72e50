"""Several results: lines over time for those of one machine, and which results they are."""
from heddle_plot.documents import machine_class, machine_text

from .charts import over_time
from .html import element, join, table
from .panels import Panel
from .words import count, value_text


def by_machine(documents):
    """Lists of those that numbers of one line may come from, oldest first; the list of the newest comes first."""
    classes = {}
    for document in sorted(documents, key=lambda one: one.started):
        classes.setdefault(machine_class(document.content), []).append(document)
    return sorted(classes.values(), key=lambda alike: alike[-1].started, reverse=True)


def panels_over_time(documents):
    """A panel for each workload with its parameters and each core count; a case that failed leaves a gap."""
    panels = {}
    for place, document in enumerate(documents):
        for case in document.cases:
            title = f"{case['title']}, {count(case['cores'], 'core')}"
            panel = panels.setdefault(title, Panel(title, case["workload"]))
            panel.add(case, place, date_words(document))
    return [panel for panel in panels.values() if len(panel.places) > 1]


def date_words(document):
    return document.started[:16].replace("T", " ")


def results_table(documents):
    rows = [[document.run["name"], date_words(document), value_text(document.content["tool"].get("revision")) or "-",
             count(len(document.cases), "case"), machine_text(document.content)] for document in documents]
    return table(["Run", "Started (UTC)", "Revision", "Cases", "Machine"], rows)


def figures(documents, looks, first):
    dates = [document.started for document in documents]
    return [element("figure", element("figcaption", panel.title), over_time(panel, looks, dates),
                    data_history=index) for index, panel in enumerate(panels_over_time(documents), first)]


def facts_of(panel, dates):
    """What web/history.js draws the same picture with."""
    return {"title": panel.title, "metric": panel.metric.replace("_", " "), "unit": panel.unit,
            "dates": [date[:16].replace("T", " ") for date in dates],
            "lines": {series: [[point.x, point.median, point.bounds] for point in points]
                      for series, points in panel.lines.items()}}


def for_script(documents):
    """In the order of the figures."""
    return [facts_of(panel, [document.started for document in alike]) for alike in by_machine(documents)
            if len(alike) > 1 for panel in panels_over_time(alike)]


def history(documents, looks):
    parts, count_of_figures = [], 0
    for alike in by_machine(documents):
        parts.append(results_table(alike))
        drawn = figures(alike, looks, count_of_figures) if len(alike) > 1 else []
        count_of_figures += len(drawn)
        parts.append(element("div", drawn, class_="figures") if drawn else
                     element("p", "One result of this machine: no line to draw.", class_="about"))
    return join(parts)
