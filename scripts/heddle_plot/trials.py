"""A strip of trials for each case, in the order in which they ran: drift and two modes are seen."""
import math
from dataclasses import dataclass, field

from . import axes as scales
from .panels import by_workload, settings_of, with_machine
from .rows import grouped
from .sheet import FAINT, GROUND, Drawing, Panel, marker_look
from .words import cut_line

HALF = math.log2(1.6)  # of a strip


@dataclass
class Strip:
    line: str
    text: str
    orders: list
    values: list  # over their median, None where a trial failed
    bounds: tuple  # of the interval, over the median


@dataclass
class TrialsPanel(Panel):
    strips: list = field(default_factory=list)
    last: int = 1

    def left(self, sheet):
        longest = max(len(strip.text) for strip in self.strips)
        return sheet.left * 0.25 + longest * sheet.note * 0.57 / 72

    def tall(self, sheet):
        return max(sheet.tall * 0.4, sheet.leading(sheet.tick) * 1.75 * len(self.strips))

    def draw(self, axes, sheet, looks):
        from matplotlib import ticker

        for row, strip in enumerate(self.strips):
            axes.axhline(row, color=FAINT, linewidth=0.6, zorder=0)
            if strip.bounds:
                axes.axhspan(row - offset(strip.bounds[1]), row - offset(strip.bounds[0]), zorder=0,
                             color=looks[strip.line].colour, alpha=0.14, linewidth=0, gid=f"interval:{strip.line}")
            self.draw_strip(axes, sheet, looks[strip.line], row, strip)
        axes.set_yticks(range(len(self.strips)), [strip.text for strip in self.strips])
        axes.tick_params(axis="y", length=0, labelsize=sheet.note, labelcolor="#222222")
        axes.set_ylim(len(self.strips) - 0.4, -0.6)
        axes.set_xlim(-self.last * 0.02, self.last * 1.02)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(5, integer=True))
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("place among all trials of the run")
        scales.write_labels(axes, sheet)

    @staticmethod
    def draw_strip(axes, sheet, look, row, strip):
        good = [(order, value) for order, value in zip(strip.orders, strip.values) if value is not None]
        shape = {**marker_look(look, sheet), "linestyle": "none", "clip_on": False}
        shape["markersize"] *= 0.6
        for beyond in (False, True):
            some = [(order, offset(value)) for order, value in good if (abs(offset(value)) >= LIMIT) is beyond]
            shape["markerfacecolor"] = GROUND if beyond else look.colour
            axes.plot([order for order, _ in some], [row - value for _, value in some], zorder=3,
                      gid=f"{'beyond' if beyond else 'trials'}:{strip.line}", **shape)
        failed = [order for order, value in zip(strip.orders, strip.values) if value is None]
        axes.plot(failed, [row] * len(failed), linestyle="none", marker="x", color="#8B1A1A", markersize=sheet.mark * 0.8,
                  gid=f"failed:{strip.line}")


LIMIT = 0.46


def offset(value):
    """How far from the middle of its strip, in strips; what is beyond lies at its edge."""
    if value <= 0:
        return -LIMIT
    return max(-LIMIT, min(LIMIT, math.log2(value) / HALF * LIMIT))


def places_of(rows):
    """{id of a trial: its place among all trials of its result}, by round and order within."""
    places = {}
    for of_document in grouped(rows, lambda row: id(row.document)).values():
        case_trials = [trial for case in of_document[0].document["cases"] for trial in case["trials"]]
        case_trials.sort(key=lambda trial: (whole(trial.get("round")), whole(trial.get("order"))))
        places.update({id(trial): place for place, trial in enumerate(case_trials)})
    return places


def whole(value):
    return value if isinstance(value, int) else 0


def strip_of(row, texts_have_cores, places):
    metric = row.metric()
    known = metric and metric["median"] > 0
    values, orders = [], []
    for nth, trial in enumerate(row.case["trials"]):
        value = metric["trials"][nth] if known and nth < len(metric["trials"]) else None
        orders.append(places[id(trial)])
        values.append(value / metric["median"] if value is not None else None)
    bounds = tuple(bound / metric["median"] for bound in metric["ci95"]) if known and metric["ci95"] else ()
    text = f"{cut_line(row.line, 26)} {row.cores}" if texts_have_cores else cut_line(row.line, 30)
    return Strip(row.line, text, orders, values, bounds)


def trials(rows, _):
    panels, places = [], places_of(rows)
    for of_panel in by_workload(rows):
        many = len({row.cores for row in of_panel}) > 1
        cores = "" if many else f"on {of_panel[0].cores} core{'' if of_panel[0].cores == 1 else 's'}"
        settings = "  ".join(part for part in (settings_of(of_panel, rows), cores) if part)
        panel = TrialsPanel(of_panel[0].case["workload"], with_machine(of_panel, settings))
        panel.strips = [strip for strip in (strip_of(row, many, places) for row in of_panel)
                        if len(strip.orders) > 1]
        panel.last = max((order for strip in panel.strips for order in strip.orders), default=1)
        if panel.strips:
            panels.append(panel)
    if not panels:
        return None
    last = max(panel.last for panel in panels)
    for panel in panels:
        panel.last = last
    return Drawing("trials", "trials in the order they ran", "",
                   "A strip a case (the number is its cores), from 1/1.6 of its median to 1.6 times; what is "
                   "beyond lies hollow at the edge; shaded: 95 % interval; ×: no number", panels, columns=min(2, len(panels)))
