"""Words and numbers as a reader meets them."""
import difflib
import math

PREFIXES = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}
SECONDS_OF = {"ns": 1e-9}
SOURCE = " · "  # between the name of a line and what tells its run
MOST_SOURCE = 13


class Trouble(Exception):
    """A sentence for the user."""


def clean(text, most=120):
    """On one line and without what could steer a terminal or cannot be written as UTF-8; cut where it is long."""
    text = "".join(" " if letter.isspace() else letter if letter.isprintable() else "?" for letter in str(text))
    return cut(text, most)


def cut(text, most):
    return text if len(text) <= most else text[: most - 1] + "…"


def cut_middle(text, most):
    """With its end, where the options of a model stand."""
    return text if len(text) <= most else text[: most // 2] + "…" + text[most // 2 + 1 - most :]


def cut_line(text, most):
    """The name of a line, cut before what tells its run, and never so far that models look the same."""
    model, dot, source = text.rpartition(SOURCE)
    if not dot or len(source) > MOST_SOURCE:
        return cut(text, most)
    return cut_middle(model, max(most - len(dot + source), 16)) + dot + source


def cut_apart(texts, most=MOST_SOURCE):
    """The texts, cut where they are long and told apart as before: by their ends, else by number."""
    for shorten in (lambda text: cut(text, most), lambda text: text if len(text) <= most else "…" + text[1 - most :]):
        short = [shorten(text) for text in texts]
        if len(set(short)) == len(set(texts)):
            return short
    return [f"run {number}" for number, _ in enumerate(texts, 1)]


def safe(name):
    """As a part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)[:60]


def value_text(value):
    """Of a parameter or an option."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else clean(value)


def suggest(word, names):
    """Half a sentence: the nearest name, if one is near, and all that are allowed."""
    names = [clean(name, 60) for name in names]
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    allowed = f"(one of: {' '.join(names[:60])}{' …' if len(names) > 60 else ''})"
    return f'; did you mean "{near[0]}"? {allowed}' if near else f" {allowed}"


def plural(count, word):
    return f"{count} {word}{'' if count == 1 else 's'}"


def listed(numbers):
    """"1", "1 and 2", "1, 2 and 4"."""
    words = [str(number) for number in numbers]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def si(value, _=None):
    """With the prefix of its size: 4.1 M. The second argument is what an axis gives."""
    if not math.isfinite(value):
        return ""
    if value == 0:
        return "0"
    power = max(-9, min(15, 3 * math.floor(math.log10(abs(value)) / 3 + 1e-9)))
    return f"{value / 10.0**power:.4g} {PREFIXES[power]}".rstrip()


def short_si(value):
    """The same in three digits and without the blank, for a cell."""
    if value == 0:
        return "0"
    power = max(-9, min(15, 3 * math.floor(math.log10(abs(value) * 1.0005) / 3 + 1e-9)))
    return f"{value / 10.0**power:.3g}{PREFIXES[power]}"


def scale_of(unit):
    """The unit that an axis has, and what values are multiplied by: times in seconds, so that a prefix fits them."""
    return ("s", SECONDS_OF[unit]) if unit in SECONDS_OF else ("" if unit == "1" else unit, 1.0)
