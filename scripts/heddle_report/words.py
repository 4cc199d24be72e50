"""Numbers in words, as the program's own tables have them (core/format.c)."""
SCALES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
UNITS = {"bytes/s": "B/s", "round trips/s": "/s", "messages/s": "/s", "bytes": "B"}
TOO_LARGE = 1e300  # beyond there is no room for arithmetic
LONG = {"round trips/s": " round trips/s", "messages/s": " messages/s"}  # what UNITS leaves out
PLAIN = {"1": "", "percent": "%"}  # no prefix belongs to them


def number(value):
    """A finite number with room for arithmetic, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if abs(value) < TOO_LARGE else None


def scale_of(value):
    if not value:
        return SCALES[4]
    return next((scale for scale in SCALES if abs(value) >= scale[0] * 0.9995), SCALES[-1])


def digits(value):
    """Three that count."""
    size = abs(value)
    places = 0 if size >= 99.95 or value == 0 else 1 if size >= 9.995 else 2 if size >= 0.0995 else 3
    return f"{value:.{places}f}"


def scaled(value, unit, names=UNITS):
    """The value in its unit, factor of a prefix, the unit with the prefix."""
    if unit in PLAIN:
        return value, 1, PLAIN[unit]
    if unit == "ns":
        factor, prefix = scale_of(value * 1e-9)
        return value * 1e-9, max(factor, 1e-9), (prefix or "") + "s"
    factor, prefix = scale_of(value)
    return value, factor, (prefix + names.get(unit, unit)).strip()


def unit_note(units):
    """What "/s" is of, where it stands alone."""
    told = [unit.removesuffix("/s") for unit in dict.fromkeys(units) if unit in LONG]
    return f"“/s” alone counts {' or '.join(told)}." if told else None


def quantity(value, unit):
    value = number(value)
    if value is None:
        return "-"
    value, factor, unit = scaled(value, unit)
    return f"{digits(value / factor)} {unit}".rstrip()


def interval(pair, unit, like=None):
    """Both bounds in the prefix of `like`."""
    bounds = bounds_of(pair)
    if not bounds:
        return "-"
    _, factor, _ = scaled(bounds[1] if like is None else like, unit)
    base = 1e-9 if unit == "ns" else 1
    return " … ".join(digits(bound * base / factor) for bound in bounds)


def bounds_of(pair):
    if not isinstance(pair, list) or len(pair) != 2 or None in map(number, pair):
        return None
    return [number(bound) for bound in pair]


def percent_of_ratio(ratio):
    """1.05 is +5.0."""
    return f"{(ratio - 1) * 100:+.1f}"


def duration(seconds):
    seconds = round(seconds)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def count(amount, one, many=None):
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def listed(texts):
    texts = [str(text) for text in texts]
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]])) if texts else ""


def value_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def metric_words(name):
    return str(name).replace("_", " ").replace("cpu per", "CPU per")
