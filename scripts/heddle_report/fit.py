"""The scalability fit as `heddle fit` says it: curves for the pictures, and a table. Nothing is fitted here."""
from heddle_plot.fits import ask, program, read_entry

from .html import details, element, join, section, table
from .words import number, quantity


class Fits:
    """By title and series: the law, and the entry that it was read from; `missing` says why there are none at all."""

    def __init__(self, found=None, missing=None):
        self.found, self.missing = found or {}, missing

    def entry_of(self, panel, series):
        fit, entry = self.found.get((panel.title, series), (None, None))
        return (fit, entry) if fit and not fit.reason else (None, None)

    def of(self, panel, series):
        return self.entry_of(panel, series)[0]

    def for_script(self):
        return [{"title": title, "series": series, "rate": fit.rate, "contention": fit.contention,
                 "coherence": fit.coherence} for (title, series), (fit, _) in self.found.items() if not fit.reason]


def fits_of(document):
    heddle = program()
    if not heddle:
        return Fits(missing="there is no heddle in $HEDDLE, build/release or PATH to ask")
    try:
        entries = ask(heddle, document.text.encode())["fits"]
        found = {(entry["title"], entry["series"]): (read_entry(entry), entry) for entry in entries}
    except ValueError as error:
        return Fits(missing=str(error))
    except (KeyError, TypeError, AttributeError):
        return Fits(missing="heddle fit says what is no fit")
    return Fits({key: told for key, told in found.items() if told[0]})


def with_interval(value, estimate):
    low, high = number(estimate.get("low")), number(estimate.get("high"))
    return f"{value:.2g}" + (f" [{low:.2g}, {high:.2g}]" if None not in (low, high) else "")


def law_words(fit, entry):
    """What the curve comes to, and whether the simpler law would do."""
    return fit.peak_words() + ("; Amdahl’s law tells it as well" if entry.get("law") == "amdahl" else "")


def rows(panels, fits, looks):
    for panel in panels:
        for series in panel.lines:
            fit, entry = fits.entry_of(panel, series)
            if fit:
                yield [panel.title, element("td", element("span", series, class_="key " + looks.class_of(series))),
                       quantity(fit.rate, panel.unit), with_interval(fit.contention, entry["alpha"]),
                       with_interval(fit.coherence, entry["beta"]), law_words(fit, entry)]


def reasons(fits):
    told = {}
    for (title, series), (fit, _) in fits.found.items():
        if fit.reason:
            told.setdefault(fit.reason, []).append(f"{title}, {series}")
    return [element("p", f"{reason}: ", "; ".join(names)) for reason, names in told.items()]


def fit_section(panels, fits, looks):
    if fits.missing:
        return section("scaling", "How it scales", element("p", f"The scalability fit is missing: {fits.missing}."))
    known, without = list(rows(panels, fits, looks)), reasons(fits)
    about = ("Universal Scalability Law: X(N) = λN / (1 + α(N-1) + βN(N-1)); α is what must wait its turn, β what "
             "the cores cost each other; Amdahl's law is the same with β = 0. Dashed in the pictures.")
    heading = ["Workload", "Model", "λ, one core", "α [95 % interval]", "β [95 % interval]", "Peak in cores [95 % interval]"]
    return section("scaling", "How it scales", table(heading, known, class_="numbers") if known else None,
                   details("No fit, and why", join(without)) if without else None, about=about if known else None)
