"""The one table of what models look like, for figures and for the page; matplotlib is not needed for it.

A model has the same colour, marker and dash everywhere. Eleven hues are as many as people tell apart, those who are
colour-blind among them (`tests/plot/test_style.py` computes that), so hues come again: what stands together in a
config of ours differs in hue, and models of one hue differ in marker and dash.
"""
import math
import zlib
from typing import NamedTuple

# hue: on a light ground, on a dark one
HUES = {
    "grey": ("#828285", "#EBEAEA"),
    "blue": ("#004284", "#3D89BE"),
    "orange": ("#CA7100", "#E88A22"),
    "green": ("#69BB93", "#54B787"),
    "vermilion": ("#AB3116", "#E03D18"),
    "sky": ("#048BC4", "#63C5FC"),
    "purple": ("#AC9DED", "#A280FD"),
    "pink": ("#914D80", "#FF90BF"),
    "wine": ("#742C46", "#B4657D"),
    "brown": ("#473300", "#E3CB8A"),
    "yellow": ("#BBAA2E", "#F8F24C"),
}

# Lengths of strokes and gaps, in widths of the line; none is a line without gaps.
SOLID, DASHED, DOTTED, DASH_DOT = (), (4, 1.8), (1, 1.4), (5, 1.5, 1, 1.5)
DASHES = (SOLID, DASHED, DOTTED, DASH_DOT)

# As matplotlib names them.
MARKERS = "osD^vPX*hd<>p8"

# Threads, processes and loops are solid, locks dashed, other languages dotted, what is wrong on purpose dash-dotted.
MODELS = {
    "serial": ("grey", "o", SOLID),
    "thread-mutex": ("blue", "s", SOLID),
    "semaphore": ("orange", "D", SOLID),
    "process-pool": ("green", "^", SOLID),
    "coroutine": ("vermilion", "v", SOLID),
    "thread-pool": ("sky", "P", SOLID),
    "thread-per-job": ("yellow", "X", SOLID),
    "openmp": ("purple", "*", SOLID),
    "event-loop": ("pink", "h", SOLID),
    "io-uring": ("wine", "d", SOLID),
    "fork-pipe": ("brown", ">", SOLID),
    "process-per-job": ("green", "<", DASHED),
    "spinlock": ("wine", "p", DASHED),
    "ticket-lock": ("brown", "8", DASHED),
    "mcs-lock": ("pink", "X", DASHED),
    "rwlock": ("sky", "<", DASHED),
    "futex": ("yellow", "h", DASHED),
    "atomic": ("grey", "*", DASHED),
    "cxx-threads": ("sky", "o", DOTTED),
    "cxx-coroutines": ("purple", "v", DOTTED),
    "rust-threads": ("brown", "s", DOTTED),
    "rust-executor": ("wine", "D", DOTTED),
    "go-goroutines": ("pink", "^", DOTTED),
    "empty": ("grey", "d", DOTTED),
    "hazard-race": ("vermilion", "X", DASH_DOT),
    "hazard-deadlock": ("orange", "P", DASH_DOT),
}

# Of a map, from a hundredth of the best or less to the best: matplotlib's cividis in equal steps.
HEAT = ("#00224E", "#1A386F", "#434E6C", "#61656F", "#7D7C78", "#9B9476", "#BCAE6C", "#DEC958", "#FEE838")
LEAST_SHARE = 0.01

GROUNDS = {"light": 0, "dark": 1}
PAPER = ("#FFFFFF", "#16181D")  # what is drawn on


class Look(NamedTuple):
    colour: str
    marker: str
    dash: tuple


def heat_of(share):
    """Where a share of the best lies among the colours of a map, from 0 to 1."""
    return 1 - math.log(max(share, LEAST_SHARE)) / math.log(LEAST_SHARE)


def mixed(colour, with_colour, share):
    """The colour with so much of the other in it; both as #RRGGBB."""
    pairs = [(int(colour[i : i + 2], 16), int(with_colour[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(own + (other - own) * share):02X}" for own, other in pairs)


def first_look(model):
    """Hue, marker and dash; those of a model that is not in the table come from its name alone."""
    if model in MODELS:
        return MODELS[model]
    digest = zlib.crc32(model.encode("utf-8", "replace"))
    hues = [hue for hue in HUES if hue != "grey"]
    return hues[digest % len(hues)], MARKERS[digest // 11 % len(MARKERS)], DASHES[digest // 157 % len(DASHES)]


def look(model, nth=0, ground="light"):
    """Of a model; of its second, third … line (other options, another label) a paler one with another marker."""
    hue, marker, dash = first_look(model)
    index = GROUNDS[ground]
    colour = mixed(HUES[hue][index], PAPER[index], min(0.25 * nth, 0.55))
    return Look(colour, MARKERS[(MARKERS.index(marker) + 5 * nth) % len(MARKERS)], dash)


def looks(lines, ground="light"):
    """{text: look} of what one picture shows: `lines` are pairs of a text and its model. No two are the same."""
    seen, taken, chosen = {}, set(), {}
    for text, model in lines:
        if text in chosen:
            continue
        nth = seen[model] = seen.get(model, -1) + 1
        one = look(model, nth, ground)
        for step in range(len(MARKERS) * len(DASHES)):
            if one not in taken:
                break
            marker = MARKERS[(MARKERS.index(one.marker) + 1) % len(MARKERS)]
            dash = DASHES[(DASHES.index(one.dash) + 1) % len(DASHES)] if step % len(MARKERS) == 13 else one.dash
            one = one._replace(marker=marker, dash=dash)
        taken.add(one)
        chosen[text] = one
    return chosen
