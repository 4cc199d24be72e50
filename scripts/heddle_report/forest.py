"""The forest plot of a comparison: for each verdict the change with its interval, against the margin."""
from .axis import Log, line, picture, text
from .html import element
from .words import bounds_of, number, percent_of_ratio

WIDTH, NAME, RIGHT, ROW, TOP = 900, 330, 150, 20, 26
LONGEST = 46


def ratios(verdicts):
    known = []
    for verdict in verdicts:
        known += [number(verdict["ratio"]), *(bounds_of(verdict["ci95"]) or ())]
    return [value for value in known if value and value > 0]


def scale_of(verdicts, margin):
    """Around 1, as far as the intervals reach; ratios twice and half are equally far from it."""
    away = max([max(value, 1 / value) for value in ratios(verdicts)] + [1 + 2.5 * margin / 100])
    away = min(away * 1.03, 64)
    return Log(1 / away, away, NAME, WIDTH - RIGHT)


def ticks(scale):
    percents = (-90, -75, -50, -30, -20, -10, -5, -2, 0, 2, 5, 10, 20, 40, 100, 300, 900)
    places = []
    for percent in sorted(percents, key=abs):
        x = scale(1 + percent / 100)
        if NAME <= x <= WIDTH - RIGHT and all(abs(x - other) > 38 for _, other in places):
            places.append((percent, x))
    return places


def shortened(words):
    return words if len(words) <= LONGEST else words[: LONGEST // 2 - 1] + "…" + words[-LONGEST // 2 :]


def name_of(verdict):
    return verdict["case"] if verdict.get("gates", True) else f"{verdict['case']}, {verdict['metric']}"


def told(verdict):
    pair = bounds_of(verdict["ci95"])
    around = f" [{percent_of_ratio(pair[0])}, {percent_of_ratio(pair[1])}]" if pair else ""
    change = f"{percent_of_ratio(verdict['ratio'])} %" if number(verdict["ratio"]) else "no ratio"
    return f"{name_of(verdict)}: {verdict['verdict']}, {change}{around}"


def bound(scale, value):
    return min(max(scale(max(value, 1e-6)), NAME), WIDTH - RIGHT)


def band(margin, y, scale):
    """What lies within the margin of this row."""
    low, high = bound(scale, 1 - margin / 100), bound(scale, 1 + margin / 100)
    return element("rect", x=f"{low:.1f}", y=y - ROW // 2, width=f"{high - low:.1f}", height=ROW, class_="band")


def row(verdict, y, scale):
    pair, ratio, parts = bounds_of(verdict["ci95"]), number(verdict["ratio"]), []
    if pair:
        parts.append(line(bound(scale, pair[0]), y, bound(scale, pair[1]), y))
    if ratio and ratio > 0:
        x = bound(scale, ratio)
        parts.append(element("path", element("title", told(verdict)),
                             d=f"M{x - 5:.1f} {y}L{x:.1f} {y - 5}L{x + 5:.1f} {y}L{x:.1f} {y + 5}Z", class_="diamond"))
    words = f"{percent_of_ratio(ratio)} %" if ratio else "-"
    return element("g", text(NAME - 10, y + 4, shortened(name_of(verdict)), class_="right name"), parts,
                   text(WIDTH - RIGHT + 10, y + 4, f"{words}  {verdict['verdict']}", class_="name"),
                   class_=f"v-{verdict['verdict']}")


def forest(verdicts, margin):
    margin = margin or 5
    height = TOP + ROW * len(verdicts) + 30
    bottom, scale = height - 30, scale_of(verdicts, margin)
    heights = [TOP + ROW * index + 6 for index in range(len(verdicts))]
    bands = [band(number(verdict["margin_percent"]) or margin, y, scale) for verdict, y in zip(verdicts, heights)]
    grid = [(line(x, TOP - 8, x, bottom, class_="grid one" if percent == 0 else "grid"),
             text(x, bottom + 14, f"{percent:+d} %" if percent else "0", class_="middle")) for percent, x in ticks(scale)]
    title = text(NAME, 11, "change of the metric, new against base; shaded: within the margin", class_="axis")
    label = f"Forest plot: change from base to new of {len(verdicts)} verdicts, with intervals and margins"
    return picture(WIDTH, height, label, bands, grid, title,
                   [row(verdict, y, scale) for verdict, y in zip(verdicts, heights)], class_="forest")
