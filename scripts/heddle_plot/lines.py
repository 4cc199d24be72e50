"""Lines over cores, or over any other field: medians with their intervals, an ideal, a fit. One place: dots."""
from dataclasses import dataclass, field

from . import axes as scales
from .sheet import FAINT, Panel, line_look, marker_look
from .words import plural

SHARED = "load generator on the same cores"
IDEAL = {"color": "#666666", "linestyle": (0, (6, 2, 1, 2))}
FAINTER = 0.4


@dataclass
class Point:
    place: float
    value: float
    low: float
    high: float
    shared: bool = False
    has_interval: bool = True


def point_of(place, metric, shared, factor=1.0):
    low, high = metric["ci95"] or (metric["median"], metric["median"])
    value = metric["median"] * factor
    return Point(place, value, min(value, low * factor), max(value, high * factor), shared, metric["ci95"] is not None)


@dataclass
class LinesPanel(Panel):
    points: dict = field(default_factory=dict)  # of a line: its points
    x_label: str = "cores"
    y_label: str = ""
    names: list = field(default_factory=list)  # in place of numbers: places count from 0
    ideal: object = None  # at a place, the best that could be: a function
    curves: dict = field(default_factory=dict)  # of a line: a function that was fitted to its points
    best: float = None  # the most that a value can be
    family: list = field(default_factory=list)  # panels that have the same axis of values

    def places(self):
        return sorted({point.place for points in self.points.values() for point in points})

    def is_list(self):
        return len(self.places()) == 1 and not self.names

    def lines(self):
        return [] if self.is_list() else list(self.points)

    def medians(self):
        return [point.value for panel in self.family or [self] for points in panel.points.values() for point in points]

    def all_values(self):
        return [value for panel in self.family or [self] for points in panel.points.values() for point in points
                for value in (point.low, point.value, point.high)]

    def tall(self, sheet):
        rows = len(self.points) if self.is_list() else 0
        return max(sheet.tall, rows * sheet.leading(sheet.tick) * 1.9 + sheet.leading(sheet.tick))

    def below(self, sheet):
        slanted = self.names and sum(min(len(name), 14) for name in self.names) > 22
        return super().below(sheet) + (sheet.leading(sheet.tick) * 3 if slanted else 0)

    def draw(self, axes, sheet, looks):
        order = [line for line in looks if line in self.points]
        if not order:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.text(0.5, 0.5, "no case has a number", transform=axes.transAxes, ha="center", va="center",
                      color="#777777", fontsize=sheet.tick)
        elif self.is_list():
            self.draw_list(axes, sheet, looks, order)
        else:
            self.draw_lines(axes, sheet, looks, order)
        scales.write_labels(axes, sheet)

    # ---- One place only: a row a line, its name above its dot ----

    def draw_list(self, axes, sheet, looks, order):
        scales.scale_values(axes.xaxis, self.medians(), self.all_values(), self.y_label, best=self.best)
        for row, line in enumerate(order):
            axes.axhline(row, color=FAINT, linewidth=0.6, zorder=0)
            for point in self.points[line]:
                mark(axes, [point], [row], looks[line], sheet, line, across=True)
            axes.annotate(line, (0, row), (4, 2.5), xycoords=("axes fraction", "data"), textcoords="offset points",
                          fontsize=sheet.tick * 0.95, color="#333333", va="bottom", ha="left")
        axes.set_ylim(len(order) - 0.5, -0.85)
        axes.set_yticks([])
        where = self.places()[0]
        place = f"on {plural(int(where), 'core')}" if self.x_label == "cores" else f"{self.x_label} {where:g}"
        axes.set_xlabel(f"{axes.get_xlabel()}, {place}")

    # ---- Several ----

    def draw_lines(self, axes, sheet, looks, order):
        places = self.places()
        if self.names:
            scales.scale_names(axes, self.names, self.x_label, 14)
        else:
            scales.scale_counts(axes, places, self.x_label)
        scales.scale_values(axes.yaxis, self.medians(), self.all_values(), self.y_label, best=self.best)
        for line, shift in zip(order, shifts(axes, sheet, len(order), len(self.names) or len(places))):
            self.draw_line(axes, sheet, looks[line], line, shift)
        if self.ideal:
            draw_function(axes, self.ideal, places, "ideal", zorder=1.5, linewidth=sheet.line * 0.6, **IDEAL)

    def draw_line(self, axes, sheet, look, line, shift):
        transform = moved(axes, shift)
        points = sorted(self.points[line], key=lambda point: point.place)
        if line in self.curves:
            draw_function(axes, self.curves[line], [point.place for point in points], f"fit:{line}",
                          transform=transform, **line_look(look, sheet))
        elif not self.names:
            connect(axes, points, transform, line_look(look, sheet), line)
        for hollow in (False, True):
            of_kind = [point for point in points if point.shared is hollow]
            if of_kind:
                mark(axes, of_kind, [point.place for point in of_kind], look, sheet, line, hollow, transform)


def shifts(axes, sheet, lines, places):
    """How many points of paper each line stands aside, so that intervals do not hide one another."""
    room = axes.get_position().width * axes.figure.get_figwidth() * 72 / places
    step = min(room * 0.45 / lines, sheet.mark * (1.2 if places < 4 else 0.5))
    return [(rank - (lines - 1) / 2) * step for rank in range(lines)]


def moved(axes, points):
    """Data, so many points of paper to the right."""
    from matplotlib import transforms

    return axes.transData + transforms.ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)


def connect(axes, points, transform, look, line):
    """Paler to where the load generator was in the way."""
    for one, other in zip(points, points[1:]):
        axes.plot([one.place, other.place], [one.value, other.value], transform=transform, gid=f"line:{line}",
                  alpha=FAINTER if other.shared else None, **look)


def mark(axes, points, places, look, sheet, line, hollow=False, transform=None, across=False):
    """Medians, and their intervals as bars; one container a line, so that 500 cases are quick."""
    values = [point.value for point in points]
    off = [[point.value - point.low for point in points], [point.high - point.value for point in points]]
    shape = {**marker_look(look, sheet, hollow or any(point.shared for point in points)), "linestyle": "none",
             "ecolor": look.colour, "elinewidth": sheet.line * 0.8, "zorder": 3,
             "capsize": sheet.mark * 0.45 if any(point.has_interval for point in points) else 0}
    if transform is not None:
        shape["transform"] = transform
    if across:
        drawn = axes.errorbar(values, places, xerr=off, **shape)
    else:
        drawn = axes.errorbar(places, values, yerr=off, **shape)
    drawn.lines[0].set_gid(f"median:{line}")
    for bars in drawn.lines[2]:
        bars.set_gid(f"interval:{line}")
    for artist in (drawn.lines[0], *drawn.lines[1], *drawn.lines[2]):
        artist.set_clip_on(False)  # a mark on the axis is whole


def draw_function(axes, function, places, gid, **look):
    """From the least place to the most, in steps that look even on either scale."""
    first, last, steps = places[0], places[-1], 80
    if axes.get_xscale() == "log":
        xs = [first * (last / first) ** (step / steps) for step in range(steps + 1)]
    else:
        xs = [first + (last - first) * step / steps for step in range(steps + 1)]
    axes.plot(xs, [function(x) for x in xs], gid=gid, **look)
