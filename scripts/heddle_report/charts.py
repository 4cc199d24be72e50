"""The pictures that stand without a script: throughput over cores, a panel a workload."""
from .axis import Linear, Log, at, axis_title, line, picture, scale_for, spread, text, ticks_of
from .html import element
from .words import count, interval, quantity

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 460, 48, 118, 24, 34
LABEL_GAP, LONGEST = 12, 20


def shortened(words):
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def told(point, series, unit):
    around = f" ({interval(point.bounds, unit, point.median)})" if point.bounds else ""
    return f"{series}, {point.words}: {quantity(point.median, unit)}{around}"


def steps(places):
    """Of dots: lines without a length, whose ends are round."""
    return "".join(f"M{at(x, y)}h0" for x, y in places)


def way(points, places, unbroken):
    """A line through the points; `unbroken` are the places that it must not pass over, where it has no point."""
    parts = []
    for nth, (point, place) in enumerate(zip(points, places)):
        passed = nth and any(points[nth - 1].x < one < point.x for one in unbroken)
        parts.append(("L" if nth and not passed else "M") + at(*place))
    return "".join(parts)


def series_group(points, x_of, y_of, class_, unbroken=()):
    """A line, its intervals, and its dots, which are hollow where the load generator had a share of the cores."""
    places = [(x_of(point.x), y_of(point.median)) for point in points]
    hollow = [place for point, place in zip(points, places) if point.shared]
    bars = "".join(f"M{at(x, y_of(point.bounds[0]))}V{at(y_of(point.bounds[1]))}"
                   for (x, _), point in zip(places, points) if point.bounds)
    line_of = element("path", d=way(points, places, unbroken), class_="way") if len(places) > 1 else None
    return element("g", line_of,
                   element("path", d=bars) if bars else None, element("path", d=steps(places), class_="dots"),
                   element("path", d=steps(hollow), class_="holes") if hollow else None, class_=class_)


def labels(panel, x_of, y_of, looks, bottom):
    """The name of each line beside its end, so that no legend has to be looked up."""
    ends = {series: points[-1] for series, points in panel.lines.items()}
    heights = spread([y_of(point.median) for point in ends.values()], LABEL_GAP, TOP + 4, bottom)
    edge = WIDTH - RIGHT
    return [(line(x_of(point.x) + 4, y_of(point.median), edge + 8, height, class_="lead " + looks.class_of(series)),
             text(edge + 10, height + 3.5, shortened(series), class_="name " + looks.class_of(series)))
            for (series, point), height in zip(ends.items(), heights)]


def lines(panel, looks, x_of, ticks, x_name, fits=None, y_scale=scale_for, unbroken=()):
    """A line a model over what `x_of` places; ticks are pairs of a value and its word."""
    height = max(250, LABEL_GAP * len(panel.lines) + TOP + BOTTOM + 10)
    bottom = height - BOTTOM
    y_of = y_scale([value for point in panel.points for value in point.extent], bottom, TOP + 4)
    values, unit = ticks_of(y_of, panel.unit)
    marks = [(line(LEFT, y_of(value), WIDTH - RIGHT, y_of(value), class_="grid"),
              text(LEFT - 5, y_of(value) + 3.5, word, class_="right")) for value, word in values]
    drawn = [series_group(points, x_of, y_of, looks.class_of(series) + thin, unbroken) for of, thin in
             ((panel.beside, " beside"), (panel.lines, "")) for series, points in of.items()]
    curves = [curve(fits.of(panel, series), points, x_of, y_of, looks.class_of(series))
              for series, points in panel.lines.items()] if fits else []
    words = f"{panel.title}: {panel.metric} over {x_name} of {count(len(panel.lines), 'model')}"
    return picture(WIDTH, height, words, marks, text(4, 11, axis_title(panel.metric, unit, y_of), class_="axis"),
                   [text(x_of(place), bottom + 14, word, class_="middle") for place, word in ticks],
                   text((LEFT + WIDTH - RIGHT) / 2, height - 4, x_name, class_="middle axis"),
                   labels(panel, x_of, y_of, looks, bottom), curves, drawn)


def curve(fit, points, x_of, y_of, look):
    """The fitted law, within what was measured."""
    if not fit:
        return None
    first, last = points[0].x, points[-1].x
    through = [first * (last / first) ** (step / 16) for step in range(17)]
    way = "L".join(at(x_of(cores), y_of(fit.at(cores))) for cores in through)
    return element("path", d=f"M{way}", class_=f"fit {look}")


def over_cores(panel, looks, fits=None):
    places = panel.places
    x_of = Log(places[0], places[-1], LEFT + 10, WIDTH - RIGHT - 6)
    shown = places if len(places) <= 10 else [place for place in places if place & (place - 1) == 0]
    return lines(panel, looks, x_of, [(place, place) for place in shown], "cores", fits)


def in_powers(values, start, end):
    positive = [value for value in values if value > 0]
    return Log(min(positive) / 1.2, max(positive) * 1.2, start, end) if positive else scale_for(values, start, end)


def by_percentile(panel, looks, names):
    """`names` are of places: how rare a wait is, so that each nine has as much room."""
    places = sorted(names)
    x_of = Log(places[0], places[-1], LEFT + 10, WIDTH - RIGHT - 6)
    return lines(panel, looks, x_of, [(place, names[place]) for place in places], "percentile", y_scale=in_powers,
                 unbroken=places)


def over_time(panel, looks, dates):
    x_of = Linear(0, len(dates) - 1, LEFT + 10, WIDTH - RIGHT - 6)
    shown = sorted({0, len(dates) // 2, len(dates) - 1} if len(dates) > 2 else {0, len(dates) - 1})
    return lines(panel, looks, x_of, [(place, dates[place][5:16].replace("T", " ")) for place in shown], "time")


def as_list(panel, looks):
    """One core count: a row for each model, longest first."""
    left, rows = 150, sorted(panel.lines.items(), key=lambda row: -row[1][0].median)
    height = TOP + 18 * len(rows) + BOTTOM
    bottom = height - BOTTOM
    values = [value for point in panel.points for value in point.extent]
    scale = scale_for(values, left, WIDTH - 20)
    ticks, unit = ticks_of(scale, panel.unit)
    marks = [(line(scale(value), TOP - 4, scale(value), bottom, class_="grid"),
              text(scale(value), bottom + 14, word, class_="middle")) for value, word in ticks]
    drawn = []
    for index, (series, points) in enumerate(rows):
        point, y = points[0], TOP + 18 * index + 8
        low, high = (scale(bound) for bound in point.bounds or (point.median, point.median))
        drawn.append(element("g", text(left - 8, y + 3.5, shortened(series), class_="right name"),
                             element("path", d=f"M{at(low, y)}H{at(high)}"),
                             element("circle", element("title", told(point, series, panel.unit)),
                                     cx=at(scale(point.median)), cy=at(y), r=3.5,
                                     class_="hollow" if point.shared else None),
                             class_=looks.class_of(series)))
    return picture(WIDTH, height, f"{panel.title}: {panel.metric} of {count(len(rows), 'model')}", marks,
                   text(WIDTH - 20, height - 4, axis_title(panel.metric, unit, scale), class_="right axis"), drawn)
