"""The scalability fit as `heddle fit` says it: curves for the pictures, and a table. Nothing is fitted here."""
from heddle_plot.fits import ask, program, read_entry

from .html import details, element, join, section, table
from .words import quantity


class Fits:
    """By title and series; `missing` says why there are none at all."""

    def __init__(self, found=None, missing=None):
        self.found, self.missing = found or {}, missing

    def of(self, panel, series):
        fit = self.found.get((panel.title, series))
        return fit if fit and not fit.reason else None

    def for_script(self):
        return [{"title": title, "series": series, "rate": fit.rate, "contention": fit.contention,
                 "coherence": fit.coherence} for (title, series), fit in self.found.items() if not fit.reason]


def fits_of(document):
    heddle = program()
    if not heddle:
        return Fits(missing="there is no heddle in $HEDDLE, build/release or PATH to ask")
    try:
        entries = ask(heddle, document.text.encode())["fits"]
        found = {(entry["title"], entry["series"]): read_entry(entry) for entry in entries}
    except ValueError as error:
        return Fits(missing=str(error))
    except (KeyError, TypeError, AttributeError):
        return Fits(missing="heddle fit says what is no fit")
    return Fits({key: fit for key, fit in found.items() if fit})


def peak_words(fit):
    value, low, high = fit.peak
    if value is None:
        return "none in sight"
    cores = f"{value:.3g}"
    return f"{cores} {'core' if cores == '1' else 'cores'}" + (f" [{low:.3g}, {'∞' if high is None else format(high, '.3g')}]" if low is not None else "")


def rows(panels, fits, looks):
    for panel in panels:
        for series in panel.lines:
            fit = fits.of(panel, series)
            if fit:
                yield [panel.title, element("td", element("span", series, class_="key " + looks.class_of(series))),
                       quantity(fit.rate, panel.unit), f"{fit.contention:.3g}", f"{fit.coherence:.3g}", peak_words(fit)]


def reasons(fits):
    told = {}
    for (title, series), fit in fits.found.items():
        if fit.reason:
            told.setdefault(fit.reason, []).append(f"{title}, {series}")
    return [element("p", f"{reason}: ", "; ".join(names)) for reason, names in told.items()]


def fit_section(panels, fits, looks):
    if fits.missing:
        return section("scaling", "How it scales", element("p", f"The scalability fit is missing: {fits.missing}."))
    known, without = list(rows(panels, fits, looks)), reasons(fits)
    about = ("Universal Scalability Law: X(N) = λN / (1 + α(N-1) + βN(N-1)); α is what must wait its turn, β what "
             "the cores cost each other. Dashed in the pictures.")
    return section("scaling", "How it scales", table(
        ["Workload", "Model", "λ, one core", "α", "β", "Peak [95 % interval]"], known, class_="numbers") if known else None,
        details("No fit, and why", join(without)) if without else None, about=about if known else None)
