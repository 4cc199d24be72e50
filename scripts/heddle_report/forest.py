"""The forest plot of a comparison: for each verdict the change with its interval, against the margin."""
from typing import NamedTuple

from .axis import Log, line, picture, text
from .html import element
from .words import bounds_of, number, percent_of_ratio

TOP = 14


class Sheet(NamedTuple):
    """Where a row's parts lie; the name stands before its interval, or above it where there is little room."""

    class_: str
    width: int
    start: int
    end: int
    row: int
    above: int  # from the interval to the words
    longest: int


WIDE = Sheet("forest", 900, 330, 750, 20, 0, 46)
NARROW = Sheet("forest narrow", 360, 18, 342, 38, 17, 31)


def ratios(verdicts):
    known = []
    for verdict in verdicts:
        known += [number(verdict["ratio"]), *(bounds_of(verdict["ci95"]) or ())]
    return [value for value in known if value and value > 0]


def scale_of(verdicts, margin, sheet):
    """Around 1, as far as the intervals reach; ratios twice and half are equally far from it."""
    away = max([max(value, 1 / value) for value in ratios(verdicts)] + [1 + 2.5 * margin / 100])
    away = min(away * 1.03, 64)
    return Log(1 / away, away, sheet.start, sheet.end)


def ticks(scale):
    percents = (-90, -75, -50, -30, -20, -10, -5, -2, 0, 2, 5, 10, 20, 40, 100, 300, 900)
    places = []
    for percent in sorted(percents, key=abs):
        x = scale(1 + percent / 100)
        if scale.start <= x <= scale.end and all(abs(x - other) > 38 for _, other in places):
            places.append((percent, x))
    return places


def shortened(words, longest):
    return words if len(words) <= longest else words[: longest // 2 - 1] + "…" + words[-longest // 2 :]


def name_of(verdict):
    return verdict["case"] if verdict.get("gates", True) else f"{verdict['case']}, {verdict['metric']}"


def told(verdict):
    pair = bounds_of(verdict["ci95"])
    around = f" [{percent_of_ratio(pair[0])}, {percent_of_ratio(pair[1])}]" if pair else ""
    change = f"{percent_of_ratio(verdict['ratio'])} %" if number(verdict["ratio"]) else "no ratio"
    return f"{name_of(verdict)}: {verdict['verdict']}, {change}{around}"


def bound(scale, value):
    return min(max(scale(max(value, 1e-6)), scale.start), scale.end)


def band(margin, y, scale, row_height):
    """What lies within the margin of this row."""
    low, high = bound(scale, 1 - margin / 100), bound(scale, 1 + margin / 100)
    return element("rect", x=f"{low:.1f}", y=y - row_height // 2, width=f"{high - low:.1f}", height=row_height, class_="band")


def row(verdict, y, scale, sheet):
    pair, ratio, parts = bounds_of(verdict["ci95"]), number(verdict["ratio"]), []
    if pair:
        parts.append(line(bound(scale, pair[0]), y, bound(scale, pair[1]), y))
    if ratio and ratio > 0:
        x = bound(scale, ratio)
        parts.append(element("path", element("title", told(verdict)),
                             d=f"M{x - 5:.1f} {y}L{x:.1f} {y - 5}L{x + 5:.1f} {y}L{x:.1f} {y + 5}Z", class_="diamond"))
    words = f"{percent_of_ratio(ratio)} %" if ratio else "-"
    name, said = shortened(name_of(verdict), sheet.longest), f"{words}  {verdict['verdict']}"
    if sheet.above:
        told_beside = text(sheet.start, y - sheet.above + 6, name), text(sheet.end, y - sheet.above + 6, said, class_="right")
    else:
        told_beside = text(sheet.start - 10, y + 4, name, class_="right"), text(sheet.end + 10, y + 4, said)
    return element("g", told_beside, parts, class_=f"v-{verdict['verdict']}")


def drawn(verdicts, margin, sheet):
    height = TOP + sheet.row * len(verdicts) + 30
    bottom, scale = height - 30, scale_of(verdicts, margin, sheet)
    heights = [TOP + sheet.row * index + 6 + sheet.above for index in range(len(verdicts))]
    bands = [band(number(verdict["margin_percent"]) or margin, y, scale, sheet.row if not sheet.above else 12)
             for verdict, y in zip(verdicts, heights)]
    grid = [(line(x, TOP - 8, x, bottom, class_="grid one" if percent == 0 else "grid"),
             text(x, bottom + 14, f"{percent:+d} %" if percent else "0", class_="middle")) for percent, x in ticks(scale)]
    label = f"Forest plot: change from base to new of {len(verdicts)} verdicts, with intervals and margins"
    return picture(sheet.width, height, label, bands, grid,
                   [row(verdict, y, scale, sheet) for verdict, y in zip(verdicts, heights)], class_=sheet.class_)


def forest(verdicts, margin):
    """Two of them: the page's style shows the one that there is room for."""
    return [drawn(verdicts, margin or 5, sheet) for sheet in (WIDE, NARROW)]
