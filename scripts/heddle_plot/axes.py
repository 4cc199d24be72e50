"""Axes: scales that fit what they show, numbers with the prefixes of their size."""
import math

from .sheet import FAINT
from .words import cut, si, value_text


def number_text(label, best):
    """How an axis writes its numbers: "20 ms", "4 M", and a share as it is."""
    if best is not None:
        return lambda value, _: f"{value:g}"
    if is_time(label):
        return lambda value, _: (si(value) if " " in si(value) else si(value) + " ") + "s"
    return si


def is_time(label):
    """Its unit stands with the numbers, so that 2 m are not taken for minutes."""
    return label.split(",")[-1].split()[:1] == ["s"]


def is_logarithmic(medians, all_values, best=None):
    """Where the least of the medians would otherwise lie on the axis, or a wide interval press all medians down."""
    positive, highest = [value for value in medians if value > 0], max(all_values, default=0)
    if not positive or best is not None and highest <= 3 * best:
        return False
    return max(positive) / min(positive) > 12 or highest > 3 * max(positive)


def scale_values(axis, medians, all_values, label, best=None):
    """The axis of what was measured; the label's last word is the unit, `best` the most that a share can be."""
    from matplotlib import ticker

    axes, name = axis.axes, axis.axis_name
    set_limits = getattr(axes, f"set_{name}lim")
    if is_logarithmic(medians, all_values, best):
        positive = [value for value in all_values if value > 0]
        low, high = min(positive), max(positive)
        decades = math.log10(high / low)
        getattr(axes, f"set_{name}scale")("log")
        marks = (1, 2, 5) if decades < (1.5 if name == "x" else 2.5) else (1,)  # numbers side by side need more room
        axis.set_major_locator(ticker.LogLocator(subs=marks, numticks=8 if decades > 6 else 20))
        set_limits(low / 1.35, high * 1.35)
        label += " (log)"
    else:
        axis.set_major_locator(ticker.MaxNLocator(5, min_n_ticks=3))
        highest = max(all_values, default=0)
        set_limits(min(0, min(all_values, default=0)), max(highest * 1.08, (best or 0) * 1.05) or 1)
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(number_text(label, best)))
    axis.set_label_text(label.replace(", s", "") if is_time(label) else label)
    axes.grid(axis=name, color=FAINT, linewidth=0.6)


def scale_counts(axes, counts, label):
    """The axis of cores, or of another whole number: as powers of two where they are few and far between."""
    from matplotlib import ticker

    counts = sorted(counts)
    low, high = counts[0], counts[-1]
    doublings = math.log2(high / low) if low > 0 else 0
    if doublings >= 3 and len(counts) <= 2 * doublings + 2:
        axes.set_xscale("log", base=2)
        aside = 2 ** (max(0.04, 0.3 / len(counts)) * doublings)  # lines stand side by side at each count
        axes.set_xlim(low / aside, high * aside)
        spacing = [math.log2(count) for count in counts]
    else:
        margin = max(0.25, (high - low) * max(0.07, 0.3 / len(counts)))
        axes.set_xlim(low - margin, high + margin)
        spacing = counts
    # The counts themselves are the ticks, those left out that would touch their neighbour; never the last.
    wide = 0.25 + 0.75 * max(len(value_text(si(count))) for count in counts)
    room = (spacing[-1] - spacing[0]) * wide / 34
    labels = [counts[-1]]
    for count, place in zip(reversed(counts[:-1]), reversed(spacing[:-1])):
        if spacing[counts.index(labels[-1])] - place >= room:
            labels.append(count)
    axes.xaxis.set_major_locator(ticker.FixedLocator(labels))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: count_text(value)))
    axes.xaxis.set_minor_locator(ticker.FixedLocator([count for count in counts if count not in labels]))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_xlabel(label)


def count_text(value):
    return f"{value:.0f}" if abs(value) < 1e5 and value == int(value) else si(value)


def scale_names(axes, names, label, letters):
    """The axis of words, which stand slanted where there are many."""
    from matplotlib import ticker

    axes.xaxis.set_major_locator(ticker.FixedLocator(range(len(names))))
    short = [cut(name, letters) for name in names]
    axes.xaxis.set_major_formatter(ticker.FixedFormatter(short))
    if sum(map(len, short)) > letters * 1.6:
        axes.tick_params(axis="x", labelrotation=30)
        for text in axes.get_xticklabels():
            text.set_horizontalalignment("right")
    axes.set_xlim(-0.4, len(names) - 0.6)
    axes.set_xlabel(label)


def write_labels(axes, sheet):
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_size(sheet.small)
        axis.label.set_color("#333333")
        axis.labelpad = 2.5
