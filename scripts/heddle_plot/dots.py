"""Dots in rows, a line a row and its name beside it: for one place, or for a few of so many lines that they would cross."""
from . import axes as scales
from .series import NAME
from .sheet import FAINT, LETTER
from .style import PAPER, mixed
from .words import cut_line, listed

MOST_PLACES = 3
IDEAL = {"color": "#666666", "linestyle": (0, (6, 2, 1, 2))}
PALER = {"color": "none", "marker": "o", "markerfacecolor": "#C4C4C4", "markeredgecolor": "#C4C4C4", "linestyle": "none"}


def left_of(lines, sheet):
    return sheet.left * 0.2 + max(len(cut_line(line, NAME)) for line in lines) * sheet.tick * LETTER / 72


def height_of(panel, sheet):
    return (len(panel.points) * (0.9 + 0.3 * len(panel.places())) + 0.5) * sheet.leading(sheet.tick)


def ranked(panel, order):
    """The best at the last place first; behind them what has no value there."""
    last, sign = panel.places()[-1], 1 if panel.lower_is_better else -1

    def rank(line):
        values = {point.place: point.value for point in panel.points[line]}
        place = last if last in values else max(values)
        return (place != last, sign * values[place])

    return sorted(order, key=rank)


def draw(panel, axes, sheet, looks, order, mark):
    scales.scale_values(axes.xaxis, panel.medians(), panel.all_values(), panel.y_label, best=panel.best)
    places, lines = panel.places(), ranked(panel, order)
    for row, line in enumerate(lines):
        axes.axhline(row, color=FAINT, linewidth=0.6, zorder=0)
        for point in panel.points[line]:
            nth = places.index(point.place)
            aside = 0.56 * (nth - (len(places) - 1) / 2) / len(places)
            look = faded(looks[line], 0.9 * (len(places) - 1 - nth) / len(places))
            mark(axes, [point], [row + aside], look, sheet, line, across=True)
    if panel.ideal:
        axes.axvline(panel.ideal(places[-1]), gid="ideal", zorder=1.5, linewidth=sheet.line * 0.6, **IDEAL)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks(range(len(lines)), [cut_line(line, NAME) for line in lines])
    axes.tick_params(axis="y", length=0, labelcolor="#222222")


def faded(look, share):
    return look._replace(colour=mixed(look.colour, PAPER[0], share))


def where(panel):
    """The places that its dots stand for."""
    places = panel.places()
    if panel.x_label == "cores":
        return f"on {listed([f'{place:g}' for place in places])} core{'' if places == [1] else 's'}"
    return f"{panel.x_label} {listed([f'{place:g}' for place in places])}"


def paler(panel):
    """What the legend says of several dots a row."""
    which = "fewer cores" if panel.x_label == "cores" else f"{panel.x_label} is lower"
    return (f"paler and higher up: {which}", PALER)
