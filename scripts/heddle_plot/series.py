"""What panels of lines share. More lines than one can follow are drawn in groups: a panel each, before all others in grey."""
from dataclasses import dataclass, field, replace

from .rows import grouped
from .sheet import LETTER, Panel
from .words import cut_line

MANY = 8  # lines that can be followed in one panel
GROUP, MOST_GROUPS = 6, 3
GHOST = "#CFCFCF"
NAME = 26  # letters of one that stands beside axes
SHARED = "load generator on the same cores"
HOLLOW = (SHARED, {"color": "#777777", "marker": "o", "markerfacecolor": "#FFFFFF", "linestyle": "-", "alpha": 0.6})
OTHERS = ("lines of the panels beside", {"color": GHOST})


@dataclass
class SeriesPanel(Panel):
    points: dict = field(default_factory=dict)  # of a key, which is a line or holds it: its points
    ghosts: dict = field(default_factory=dict)  # likewise, of the other groups
    words: dict = field(default_factory=dict)  # of a line: a note on it
    family: list = field(default_factory=list)  # panels that have the same axis of values
    y_label: str = ""

    @staticmethod
    def line_of(key):
        return key

    def all_lines(self):
        return list(dict.fromkeys(map(self.line_of, self.points)))

    def lines(self):
        return [] if self.ghosts else self.all_lines()  # in a group their names stand at their ends

    def marks(self):
        """What else than lines it holds, as a legend tells it."""
        shared = any(point.shared for points in self.points.values() for point in points)
        return [HOLLOW] * shared + [OTHERS] * bool(self.ghosts)

    def is_crowded(self):
        return len(self.all_lines()) > MANY

    def every_point(self):
        return [point for panel in self.family or [self] for points in panel.points.values() for point in points]

    def medians(self):
        return [point.value for point in self.every_point()]

    def all_values(self):
        return [value for point in self.every_point() for value in (point.low, point.value, point.high)]

    def all_notes(self):
        return self.notes + [(f"{line}: {text}", False) for line, text in self.words.items() if line in self.all_lines()]

    def right(self, sheet):
        if not self.ghosts:
            return super().right(sheet)
        return super().right(sheet) + 0.2 + max(len(cut_line(line, NAME)) for line in self.all_lines()) * sheet.tick * LETTER / 72

    def draw_ghosts(self, axes, sheet):
        for points in self.ghosts.values():
            points = sorted(points, key=lambda point: point.place)
            axes.plot(*self.path_of(points), color=GHOST, linewidth=sheet.line * 0.6, zorder=0.5, gid="ghost")

    def path_of(self, points):
        """Places and values that a line of them goes through."""
        return [point.place for point in points], [point.value for point in points]

    def name_ends(self, axes, sheet, looks):
        """The names of a group's lines to the right of their last points, so far apart that all can be read."""
        if not self.ghosts:
            return
        ends = {}
        for key, points in self.points.items():
            ends.setdefault(self.line_of(key), max(points, key=lambda point: point.place))
        to_axes = axes.transData + axes.transAxes.inverted()
        heights = {line: to_axes.transform((end.place, end.value))[1] for line, end in ends.items()}
        wide, tall = (72 * size for size in axes.get_position().size * axes.figure.get_size_inches())
        beside = 1 + sheet.mark * 1.8 / wide
        for line, height in apart(heights, sheet.tick * 1.3 / tall).items():
            axes.annotate(cut_line(line, NAME), (ends[line].place, ends[line].value), (beside, height),
                          textcoords=("axes fraction"), va="center", ha="left", fontsize=sheet.tick, color="#222222",
                          gid=f"name:{line}", annotation_clip=False,
                          arrowprops={"arrowstyle": "-", "color": looks[line].colour, "linewidth": 0.6, "alpha": 0.7,
                                      "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)})


def marks_of(panels):
    """What the legend of all these panels tells beside lines."""
    return list(dict(mark for panel in panels if panel.head for mark in panel.marks()).items())


def apart(heights, least):
    """The same heights, moved as little as a step down and a step up need, so far apart at least."""
    order = sorted(heights, key=heights.get)
    placed = [heights[key] for key in order]
    for place in range(1, len(placed)):
        placed[place] = max(placed[place], placed[place - 1] + least)
    over = max(0.0, placed[-1] - 1) if placed else 0
    placed = [height - over for height in placed]
    for place in range(len(placed) - 2, -1, -1):
        placed[place] = min(placed[place], placed[place + 1] - least)
    return dict(zip(order, placed))


# ---- Groups, and where panels stand ----


def groups_of(lines):
    """Lists of even length, in the same order."""
    count = min(MOST_GROUPS, -(-len(lines) // GROUP))
    return [lines[len(lines) * nth // count : len(lines) * (nth + 1) // count] for nth in range(count)]


def in_groups(panel):
    """The panel, or those of its groups."""
    if not panel.is_crowded():
        return [panel]
    parts = []
    for nth, lines in enumerate(groups_of(panel.all_lines())):
        inside = {key: points for key, points in panel.points.items() if panel.line_of(key) in lines}
        outside = {key: points for key, points in panel.points.items() if panel.line_of(key) not in lines}
        parts.append(replace(panel, points=inside, ghosts=outside, notes=panel.notes if nth == 0 else [],
                             variant=f"{panel.variant} {nth}"))
    for part in parts:
        part.family = parts
    return parts


def settle_families(panels):
    """Panels of one title, of several machines or core counts, have one axis of values."""
    for title, of_title in grouped(panels, lambda panel: panel.title).items():
        if title and len(of_title) > 1:
            for panel in of_title:
                panel.family = of_title


def arranged(panels, rows=()):
    """The panels in rows, and how many columns, 0: as many as fit. Machines stand side by side, else groups; what
    they do not fill is blank."""
    split = [in_groups(panel) for panel in panels]
    panels = [panel for parts in split for panel in parts]
    settle_families(panels)
    machines = list(dict.fromkeys(row.machine for row in rows))
    if 1 < len(machines) <= 3:
        placed = []
        for of_title in grouped(panels, lambda panel: (panel.title, panel.variant)).values():
            by_machine = {panel.machine: panel for panel in of_title}
            placed += [by_machine.get(machine) or Panel("") for machine in machines]
        return placed, len(machines)
    columns = max(map(len, split), default=1)
    if columns == 1:
        return panels, 0
    return [panel for parts in split for panel in parts + [Panel("")] * (-len(parts) % columns)], columns
