"""How long it took, by percentile: the axis as HdrHistogram draws it, which gives each nine as much room."""
import math
import re
from dataclasses import dataclass, field

from . import axes as scales
from .lines import mark, moved, point_of, shifts
from .panels import settings_of, trials_text, with_machine
from .rows import grouped
from .series import SHARED, SeriesPanel, arranged, marks_of
from .sheet import Drawing, line_look
from .words import listed, plural, scale_of

# Of a workload that has both, the first is drawn full, the second hollow and thin.
PAIRS = [("response", "latency"), ("last_byte", "first_byte"), ("last", "first")]
WORDS = {"response": "response time, from the planned send", "latency": "service time",
         "last_byte": "until the last byte", "first_byte": "until the first byte", "last": "until the last ran",
         "first": "until the first ran", "late": "lateness of a sleep's end"}
PARTLY = "; without percentiles that some trials had too few messages for"
PERCENTILE = re.compile(r"(.+)_p(\d\d)(\d*)$")


def trials_with(row, name):
    return sum(value is not None for value in row.metrics[name]["trials"])


def in_all_trials(row, curve):
    """Without those that some trials had too few messages for: the median of the others would be of luckier ones."""
    most = max(trials_with(row, name) for name in curve.values())
    return {percentile: name for percentile, name in curve.items() if trials_with(row, name) == most}


def percentiles_of(row):
    """{what: {percentile: name of the metric}}, 100 being the most that was seen."""
    found = {}
    for name in row.metrics:
        match = PERCENTILE.match(name)
        if match and row.metrics[name]["unit"] == "ns" and row.metric(name) and not name.startswith("generator"):
            what, whole, part = match.groups()
            found.setdefault(what, {})[float(f"{whole}.{part or 0}")] = name
    found = {what: in_all_trials(row, curve) for what, curve in found.items()}
    for what, curve in found.items():
        if row.metrics.get(f"{what}_max") and row.metric(f"{what}_max"):
            curve[100.0] = f"{what}_max"
    return {what: curve for what, curve in found.items() if len(curve) > 1}


def place_of(percentile, last):
    """1 / (1 - p); what was seen most stands one step beyond the last percentile."""
    return 100 / (100 - percentile) if percentile < 100 else last * 6


@dataclass
class LatencyPanel(SeriesPanel):
    """Its keys are pairs: a line, and whether it is the second of two times."""

    percentiles: dict = field(default_factory=dict)  # of a place: what the axis calls it

    @staticmethod
    def line_of(key):
        return key[0]

    def draw(self, axes, sheet, looks):
        axes.set_xscale("log")
        self.scale_percentiles(axes)
        scales.scale_values(axes.yaxis, self.medians(), self.all_values(), self.y_label)
        self.draw_ghosts(axes, sheet)
        order = [line for line in looks if line in self.all_lines()]
        for line, shift in zip(order, shifts(axes, sheet, len(order), len(self.percentiles))):
            for second in (True, False):
                if (line, second) in self.points:
                    self.draw_curve(axes, sheet, looks[line], (line, second), moved(axes, shift))
        self.name_ends(axes, sheet, looks)
        scales.write_labels(axes, sheet)

    def draw_curve(self, axes, sheet, look, key, transform):
        line, second = key
        points = sorted(self.points[key], key=lambda point: point.place)
        shape = line_look(look, sheet)
        if second:
            shape.update(linewidth=sheet.line * 0.6)
        axes.plot(*self.path_of(points), gid=f"{'second' if second else 'first'}:{line}", transform=transform, **shape)
        mark(axes, points, [point.place for point in points], look, sheet, line, hollow=second, transform=transform)

    def path_of(self, points):
        """With a gap where it has no number at a percentile that others have."""
        values = {point.place: point.value for point in points}
        places = [place for place in sorted({*self.percentiles, *values}) if min(values) <= place <= max(values)]
        return places, [values.get(place, math.nan) for place in places]

    def scale_percentiles(self, axes):
        from matplotlib import ticker

        places = sorted(self.percentiles)
        axes.xaxis.set_major_locator(ticker.FixedLocator(places))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: self.name_of(value)))
        crowded = len(places) < 4
        aside = (places[-1] / places[0]) ** (0.13 if crowded else 0.07)
        axes.set_xlim(places[0] / aside, places[-1] * aside)
        axes.set_xlabel("percentile")
        axes.grid(axis="x", color="#EFEFEF", linewidth=0.6)

    def name_of(self, value):
        return min(self.percentiles.items(), key=lambda item: abs(item[0] / value - 1))[1]


def chosen(curves):
    """What is drawn full, and what hollow beside it."""
    for first, second in PAIRS:
        if first in curves:
            return first, second if second in curves else None
    whats = [what for what in curves if not any(what == second for _, second in PAIRS)] or list(curves)
    return whats[0], None


def fill(panel, row, curves, first, second):
    for what in (first, second):
        if what not in curves:
            continue
        last = place_of(max(percentile for percentile in curves[what] if percentile < 100), 0)
        for percentile, name in curves[what].items():
            metric = row.metric(name)
            unit, factor = scale_of(metric["unit"])
            place = place_of(percentile, last)
            panel.percentiles[place] = f"{percentile:g} %" if percentile < 100 else "max"
            panel.y_label = f"time, {unit}"
            panel.points.setdefault((row.line, what == second), []).append(
                point_of(place, metric, False, factor))


def panel_of(rows, all_rows):
    curves = {id(row): percentiles_of(row) for row in rows}
    first, second = chosen(dict.fromkeys(what for of_row in curves.values() for what in of_row))
    settings = [part for part in (settings_of(rows, all_rows), f"on {plural(rows[0].cores, 'core')}") if part]
    panel = LatencyPanel(rows[0].case["workload"], with_machine(rows, "  ".join(settings)))
    panel.title, panel.machine, panel.variant = rows[0].title, rows[0].machine, str(rows[0].cores)
    for row in rows:
        fill(panel, row, curves[id(row)], first, second)
    if any(row.shared for row in rows):
        panel.settings.append(SHARED)
    # The most that was seen has one place, whatever the last percentile of each line is.
    most = [place for place, name in panel.percentiles.items() if name == "max"]
    for points in panel.points.values():
        for point in points:
            if point.place in most:
                point.place = max(most)
    panel.percentiles = {place: name for place, name in panel.percentiles.items()
                         if place not in most or place == max(most)}
    panel.settings.append(" / ".join(WORDS.get(what, what.replace("_", " ")) for what in (first, second) if what)
                          + (" (hollow)" if second else ""))
    return panel


def ends_of(rows):
    """Of more than two core counts the least and the most; the others are a picture of their own."""
    counts = sorted({row.cores for row in rows})
    return counts if len(counts) <= 2 else [counts[0], counts[-1]]


def how_to_see(left_out):
    """The half sentence on core counts that have no panel."""
    return f"; for {listed(sorted(left_out))} cores: --only cores=N" if left_out else ""


def latency(rows, _):
    good = [row for row in rows if percentiles_of(row)]
    panels, left_out = [], set()
    for of_title in grouped(good, lambda row: row.title).values():
        counts = ends_of(of_title)
        left_out |= {row.cores for row in of_title} - set(counts)
        for cores in counts:
            for of_panel in grouped([row for row in of_title if row.cores == cores], lambda row: row.machine).values():
                panels.append(panel_of(of_panel, rows))
    if not panels:
        return None
    panels, columns = arranged(panels, good)
    marks = trials_text(good) + PARTLY + how_to_see(left_out)
    return Drawing("latency", "latency by percentile", "", marks, panels, marks_of(panels), columns)
