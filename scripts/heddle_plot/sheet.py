"""Paper or screen, a panel on it, and a drawing: what kinds of figures are made of."""
from dataclasses import dataclass, field

LETTER = 0.56  # the usual width of one, in sizes of the font

GROUND, INK, QUIET, FAINT, ALARM = "#FFFFFF", "#1A1A1A", "#555555", "#E4E4E4", "#8B1A1A"


@dataclass(frozen=True)
class Sheet:
    """Lengths in inches, sizes of letters in points."""

    panel: tuple  # width of a panel where columns are 1, 2 or 3
    tall: float
    left: float
    right: float
    margin: float
    most: float  # height of a page
    dpi: int
    title: float
    head: float
    small: float
    tick: float
    note: float
    line: float  # width of one
    mark: float  # size of a marker

    def letters(self, inches, size):
        """How many fit."""
        return max(12, int(inches * 72 / (LETTER * size)))

    def full(self):
        """The width of a sheet with three columns."""
        return 3 * (self.panel[2] + self.left + self.right)

    def leading(self, size):
        return size * 1.5 / 72


SCREEN = Sheet(panel=(6.4, 4.7, 3.3), tall=2.5, left=0.8, right=0.25, margin=0.25, most=17, dpi=144,
               title=14, head=11, small=8.5, tick=8, note=7.2, line=1.5, mark=5.2)
PAPER = Sheet(panel=(2.85, 2.88, 1.74), tall=1.55, left=0.52, right=0.1, margin=0.06, most=9.4, dpi=300,
              title=8.5, head=7.5, small=6.2, tick=6, note=5.6, line=0.9, mark=3)


@dataclass
class Panel:
    """One pair of axes and what stands around it, nothing where it has no head. Each kind of figure has its own kind."""

    head: str
    settings: list = field(default_factory=list)  # texts below the head
    notes: list = field(default_factory=list)  # pairs: a text, whether something failed
    title: str = ""  # of its cases, the machine they ran on, and what else tells panels of one title apart
    machine: str = ""
    variant: str = ""

    def all_settings(self):
        return self.settings

    def all_notes(self):
        return self.notes

    def tall(self, sheet):
        return sheet.tall

    def left(self, sheet):
        return sheet.left

    def right(self, sheet):
        return sheet.right

    def wide(self, sheet, left, right, columns):
        """More beside the axes takes from them, so that a sheet stays as wide as it is."""
        return sheet.panel[columns - 1] - (left - sheet.left) - (right - sheet.right)

    def below(self, sheet):
        """Room for what stands under the axes: the numbers and the label."""
        return sheet.leading(sheet.tick) * 2.9

    def lines(self):
        """Those that the legend has to tell."""
        return []

    def draw(self, axes, sheet, looks):
        raise NotImplementedError


@dataclass
class Drawing:
    """A figure before it is laid out."""

    suffix: str
    title: str
    facts: str
    marks: str  # what the marks mean
    panels: list
    extra: list = field(default_factory=list)  # more of the legend: pairs of a text and what a Line2D takes
    columns: int = 0  # 0: as many as fit


def line_look(look, sheet):
    return {"color": look.colour, "linewidth": sheet.line, "linestyle": (0, look.dash) if look.dash else "-"}


def marker_look(look, sheet, hollow=False):
    size = sheet.mark * (1.35 if look.marker == "*" else 1.1 if look.marker in "PXd" else 1)
    return {"marker": look.marker, "markersize": size, "markeredgewidth": sheet.line * 0.75,
            "markerfacecolor": GROUND if hollow else look.colour, "markeredgecolor": look.colour}
