"""Lines over cores, or over any other field: medians with their intervals, an ideal, a fit. One place: dots."""
from dataclasses import dataclass, field

from . import axes as scales
from . import dots
from .series import SeriesPanel
from .sheet import line_look, marker_look

PEAK = ("peak of the fit", {"color": "#777777", "marker": 6, "linestyle": (0, (1, 2))})
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
class LinesPanel(SeriesPanel):
    x_label: str = "cores"
    names: list = field(default_factory=list)  # in place of numbers: places count from 0
    ideal: object = None  # at a place, the best that could be: a function
    curves: dict = field(default_factory=dict)  # of a line: a function that was fitted to its points
    peaks: dict = field(default_factory=dict)  # of a line: the place where its curve is highest
    best: float = None  # the most that a value can be
    lower_is_better: bool = False

    def places(self):
        return sorted({point.place for points in self.points.values() for point in points})

    def is_list(self):
        few = 1 if not super().is_crowded() else dots.MOST_PLACES
        return not self.names and not self.ghosts and 0 < len(self.places()) <= few

    def is_crowded(self):
        return super().is_crowded() and not self.is_list()

    def lines(self):
        return [] if self.is_list() else super().lines()

    def left(self, sheet):
        return dots.left_of(self.all_lines(), sheet) if self.is_list() else super().left(sheet)

    def tall(self, sheet):
        return max(sheet.tall, dots.height_of(self, sheet)) if self.is_list() else super().tall(sheet)

    def below(self, sheet):
        slanted = self.names and sum(min(len(name), 14) for name in self.names) > 22
        return super().below(sheet) + (sheet.leading(sheet.tick) * 3 if slanted else 0)

    def all_settings(self):
        return [*self.settings, dots.where(self)] if self.is_list() else self.settings

    def all_notes(self):
        return super().all_notes() + self.off_the_axis()

    def marks(self):
        paler = [dots.paler(self)] if self.is_list() and len(self.places()) > 1 else []
        return super().marks() + paler + [PEAK] * any(line in self.points for line in self.peaks)

    def off_the_axis(self):
        """A value of 0 has no place on a logarithmic axis."""
        zero = [line for line, points in self.points.items() if any(point.value <= 0 for point in points)]
        if not zero or not scales.is_logarithmic(self.medians(), self.all_values(), self.best):
            return []
        return [(f"0, which has no place here: {', '.join(zero)}", False)]

    def draw(self, axes, sheet, looks):
        order = [line for line in looks if line in self.points]
        if not order:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.text(0.5, 0.5, "no case has a number", transform=axes.transAxes, ha="center", va="center",
                      color="#777777", fontsize=sheet.tick)
        elif self.is_list():
            dots.draw(self, axes, sheet, looks, order, mark)
        else:
            self.draw_lines(axes, sheet, looks, order)
        scales.write_labels(axes, sheet)

    def draw_lines(self, axes, sheet, looks, order):
        places = sorted({point.place for point in self.every_point()} if self.ghosts else self.places())
        if self.names:
            scales.scale_names(axes, self.names, self.x_label, 14)
        else:
            scales.scale_counts(axes, places, self.x_label)
        scales.scale_values(axes.yaxis, self.medians(), self.all_values(), self.y_label, best=self.best)
        for line, shift in zip(order, shifts(axes, sheet, len(order), len(self.names) or len(places))):
            self.draw_line(axes, sheet, looks[line], line, shift)
        if self.ideal:
            draw_function(axes, self.ideal, places, "ideal", zorder=1.5, linewidth=sheet.line * 0.6, **dots.IDEAL)
        self.draw_ghosts(axes, sheet)
        self.name_ends(axes, sheet, looks)

    def draw_line(self, axes, sheet, look, line, shift):
        transform = moved(axes, shift)
        points = sorted(self.points[line], key=lambda point: point.place)
        if line in self.curves:
            draw_function(axes, self.curves[line], [point.place for point in points], f"fit:{line}",
                          transform=transform, **line_look(look, sheet))
            if line in self.peaks:
                mark_peak(axes, self.peaks[line], self.curves[line], look, sheet, line, transform)
        elif not self.names:
            connect(axes, points, transform, line_look(look, sheet), line)
        for hollow in (False, True):
            of_kind = [point for point in points if point.shared is hollow]
            if of_kind:
                mark(axes, of_kind, [point.place for point in of_kind], look, sheet, line, hollow, transform)


def mark_peak(axes, place, curve, look, sheet, line, transform):
    """A thread from there down to the axis, where its core count is read."""
    axes.plot([place, place], [curve(place), axes.get_ylim()[0]], transform=transform, linestyle=(0, (1, 2)), marker=6,
              markevery=[1], markersize=sheet.mark * 1.3, linewidth=sheet.line * 0.6, color=look.colour, zorder=1.2,
              clip_on=False, gid=f"peak:{line}")


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
    axis = axes.xaxis if across else axes.yaxis
    least = min(axis.get_view_interval()) if axis.get_scale() == "log" else float("-inf")  # 0 is infinitely far down
    there = [(point, place) for point, place in zip(points, places) if point.value >= least]
    points, places = [point for point, _ in there], [place for _, place in there]
    values = [point.value for point in points]
    off = [[max(0.0, point.value - max(point.low, least)) for point in points], [point.high - point.value for point in points]]
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
