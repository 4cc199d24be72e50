"""What is drawn together: the cases of one workload with its parameters, a line for each model with its options."""
from heddle_plot import style

from .words import bounds_of, count, number


def gate(case):
    """Name and value of the metric that verdicts are given on: the first one."""
    return next(iter((case["metrics"] or {}).items()), (None, None))


def median_of(case):
    metric = gate(case)[1]
    return number(metric["median"]) if metric and case["status"] == "ok" else None


class Point:
    """A number at its place; `words` say which place that is, `case` whose it is where there is one."""

    def __init__(self, x, words, median, bounds, shared, case=None):
        self.x, self.words, self.median, self.bounds, self.shared, self.case = x, words, median, bounds, shared, case

    @property
    def extent(self):
        return [self.median, *(self.bounds or ())]


class Panel:
    def __init__(self, title, workload):
        self.title, self.workload = title, workload
        self.lines, self.absent, self.metric, self.unit = {}, [], "throughput", ""
        self.beside = {}  # of a line: a second one, drawn thin

    def add(self, case, x, words):
        if median_of(case) is None:
            self.absent.append(case)
            return
        self.metric, metric = gate(case)
        self.unit = metric["unit"]
        self.lines.setdefault(case["series"], []).append(
            Point(x, words, number(metric["median"]), bounds_of(metric["ci95"]), case["shared"], case))

    @property
    def points(self):
        return [point for lines in (self.lines, self.beside) for line in lines.values() for point in line]

    @property
    def places(self):
        return sorted({point.x for point in self.points})


def panels_of(cases):
    """In the order of the result."""
    panels = {}
    for case in cases:
        panels.setdefault(case["title"], Panel(case["title"], case["workload"])).add(
            case, case["cores"], count(case["cores"], "core"))
    for panel in panels.values():
        for points in panel.lines.values():
            points.sort(key=lambda point: point.x)
    return list(panels.values())


class Looks:
    """Of all lines of a page: a class each, whose colours and dash the page's style has."""

    def __init__(self, cases):
        lines = list(dict.fromkeys((case["series"], case["model"]) for case in cases))
        self.light, self.dark = style.looks(lines, "light"), style.looks(lines, "dark")
        self.numbers = {text: index for index, text in enumerate(self.light)}

    def class_of(self, series):
        return f"k{self.numbers[series]}"

    def css(self):
        rules = [f".k{index}{{--k:{self.light[text].colour};--d:{dash_text(self.light[text])}}}"
                 for text, index in self.numbers.items()]
        dark = [f".k{index}{{--k:{self.dark[text].colour}}}" for text, index in self.numbers.items()]
        return "".join(rules) + "@media screen and (prefers-color-scheme:dark){" + "".join(dark) + "}"

    def for_script(self):
        """What web/charts.js draws lines with."""
        return {text: {"light": self.light[text].colour, "dark": self.dark[text].colour,
                       "dash": list(self.light[text].dash), "marker": self.light[text].marker}
                for text in self.numbers}


def dash_text(look):
    return ",".join(f"{length * 2:g}" for length in look.dash) or "none"
