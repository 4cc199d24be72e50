"""Scales and the parts of a picture that every chart has. An SVG of ours holds classes and no colours: the page's
style gives them, so that it is dark where the page is."""
import math

from .html import element
from .words import LONG, UNITS, digits, scaled


def at(*coordinates):
    """In a path, to a tenth."""
    return " ".join(f"{value:.1f}".removesuffix(".0") for value in coordinates)


def text(x, y, words, **attributes):
    return element("text", words, x=at(x), y=at(y), **attributes)


def line(x1, y1, x2, y2, **attributes):
    return element("path", d=f"M{at(x1, y1)}L{at(x2, y2)}", **attributes)


def picture(width, height, label, *parts, **attributes):
    return element("svg", element("title", label), *parts, viewBox=f"0 0 {width:g} {height:g}", role="img",
                   width=f"{width:g}", height=f"{height:g}", **attributes)


class Linear:
    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high if high > low else low + (abs(low) or 1), start, end

    def __call__(self, value):
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most=5):
        raw = (self.high - self.low) / most
        size = 10 ** math.floor(math.log10(raw))
        step = next((size * factor for factor in (1, 2, 5) if size * factor >= raw), size * 10)
        first = math.ceil(self.low / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


class Log:
    def __init__(self, low, high, start, end):
        if not high > low:
            low, high = low / 1.5, high * 1.5
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value):
        share = math.log(max(value, self.low * 1e-3) / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most=6):
        low, high = math.log10(self.low), math.log10(self.high)
        steps = (1, 2, 5) if high - low < 2 else (1,)
        stride = max(1, math.ceil((high - low) / most))
        ticks = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1, stride)
                 for factor in steps]
        return [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]


def scale_for(values, start, end):
    """From zero where the values can be told apart so; else in powers."""
    positive = [value for value in values if value > 0]
    if positive and len(positive) == len(values) and max(positive) > 30 * min(positive):
        return Log(min(positive) / 1.2, max(positive) * 1.2, start, end)
    return Linear(min(0, *values), max(*values, 0) * 1.05, start, end)


def ticks_of(scale, unit):
    """Pairs of a value and its word, and the unit that all words share."""
    ticks = scale.ticks()
    most = max(map(abs, ticks), default=1) or 1
    base, factor, words = scaled(most, unit, {**UNITS, **LONG})
    ratio = base / most / factor
    return [(tick, tick_text(tick * ratio)) for tick in ticks], words


def axis_title(name, unit, scale):
    return ", ".join(filter(None, [name.replace("_", " "), unit, "log scale" if isinstance(scale, Log) else ""]))


def tick_text(value):
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else digits(value).rstrip("0")


def spread(wanted, gap, low, high):
    """Places near those that are wanted, in their order, at least `gap` apart."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places = dict.fromkeys(order, 0.0)
    last = low - gap
    for index in order:
        last = places[index] = max(wanted[index], last + gap)
    limit = high + gap
    for index in reversed(order):
        limit = places[index] = min(places[index], limit - gap)
    return [places[index] for index in range(len(wanted))]
