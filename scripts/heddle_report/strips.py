"""A strip of trials for each case, each trial at its place in the run."""
from heddle_plot.trials import LIMIT, offset

from .axis import Linear, at, line, picture, text
from .charts import steps
from .html import element
from .words import count

WIDTH, LEFT, RIGHT, TOP, BOTTOM, STRIP = 460, 158, 12, 4, 34, 15


def cross(x, y):
    return f"M{at(x - 3, y - 3)}l6 6m-6 0l6 -6"


class Marks:
    """Of the strips of one line: dots, those that lie beyond their strip, and crosses where there is no number: of a case with
    a failed trial none counts."""

    def __init__(self):
        self.dots, self.beyond, self.absent = [], [], []

    def add(self, strip, y, x_of):
        for order, value in zip(strip.orders, strip.values):
            x, away = x_of(order), 0 if value is None else offset(value)
            kind = self.absent if value is None else self.beyond if abs(away) >= LIMIT else self.dots
            kind.append((x, y - away * STRIP))

    def drawn(self, class_):
        yield element("path", d=steps(self.dots + self.beyond), class_=f"dots small {class_}")
        if self.beyond:
            yield element("path", d=steps(self.beyond), class_="holes small")
        if self.absent:
            yield element("path", d="".join(cross(*place) for place in self.absent), class_="absent")


def marks(panel, heights, x_of, looks):
    of_lines = {}
    for strip, y in zip(panel.strips, heights):
        of_lines.setdefault(strip.line, Marks()).add(strip, y, x_of)
    return [list(found.drawn(looks.class_of(line))) for line, found in of_lines.items()]


def strips(panel, looks):
    height = TOP + STRIP * len(panel.strips) + BOTTOM
    bottom, edge = height - BOTTOM, WIDTH - RIGHT
    x_of = Linear(0, panel.last, LEFT + 6, edge)
    heights = [TOP + STRIP * (row + 0.5) for row in range(len(panel.strips))]
    middles = "".join(f"M{at(LEFT, y)}H{edge}" for y in heights)
    ticks = [(line(x_of(tick), TOP, x_of(tick), bottom, class_="grid"),
              text(x_of(tick), bottom + 14, f"{tick:g}", class_="middle")) for tick in x_of.ticks() if tick == int(tick)]
    names = [text(LEFT - 6, y + 3.5, strip.text) for strip, y in zip(panel.strips, heights)]
    return picture(WIDTH, height, f"{panel.head}: trials of {count(len(panel.strips), 'case')} in the order they ran", ticks,
                   element("path", d=middles, class_="grid"), element("g", names, class_="rights"),
                   text((LEFT + edge) / 2, height - 4, "place among all trials of the run", class_="middle axis"),
                   marks(panel, heights, x_of, looks))
