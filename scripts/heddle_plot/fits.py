"""The scalability fit, as `heddle fit --json` says it. Nothing is fitted here."""
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from .documents import number
from .words import clean

PATIENCE_S = 120
MARGIN = 0.05


def program():
    """The heddle that asked for the figures, else that of a build in this tree, else PATH's; None where there is none."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    for path in (os.environ.get("HEDDLE"), os.path.join(top, "build", "release", "bin", "heddle")):
        if path and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return shutil.which("heddle")


@dataclass
class Fit:
    """Of a series of a workload: the law, or the reason why there is none."""

    reason: str = None
    rate: float = 0
    contention: float = 0
    coherence: float = 0
    peak: tuple = (None, None, None)  # cores, and their interval; None: there is no end
    flat: bool = False  # more cores change nothing

    def at(self, cores):
        return self.rate * cores / (1 + self.contention * (cores - 1) + self.coherence * cores * (cores - 1))

    def words(self):
        return f"α {self.contention:.2g}, β {self.coherence:.2g}, {self.peak_words()}"

    def marked_peak(self):
        """Its cores, where the fit tells them from none at all; else None."""
        return None if self.flat or None in self.peak else self.peak[0]

    def peak_words(self):
        value, low, high = self.peak
        if self.flat:
            return "flat"
        if value is None or low is None:
            return "no peak"
        if high is None:
            return f"no peak below {low:.3g}" if low > 1 else "peak unknown"
        return f"peak {value:.3g} [{low:.3g}, {high:.3g}]"


def estimate(entry, key):
    found = entry.get(key)
    return number(found.get("value")) if isinstance(found, dict) else None


def is_flat(entry):
    """Whether over the core counts measured the law changes by less than what verdicts call a change."""
    fitted = [number(point.get("fitted")) for point in entry.get("points") or []]
    return bool(fitted) and None not in fitted and min(fitted) > (1 - MARGIN) * max(fitted)


def misfit(entry):
    """Why no law is drawn though one was fitted; None where it tells the data."""
    if entry.get("law") != "neither":
        return None
    worst = entry.get("worst") or {}
    off, cores, missed = number(worst.get("percent")), number(worst.get("cores")), number(entry.get("missed"))
    most = "" if off is None or cores is None else f", that on {cores:.0f} cores by {off:+.0f} %"
    many = "" if missed is None else f": it misses {missed:.0f} of {len(entry.get('points') or [])} medians{most}"
    return f"no such law{many}"


def read_entry(entry):
    """A Fit; None where the entry says neither a law nor a reason."""
    if misfit(entry):
        return Fit(misfit(entry))
    rate, contention, coherence = (estimate(entry, key) for key in ("lambda", "alpha", "beta"))
    if None not in (rate, contention, coherence):
        cores = (entry.get("peak") or {}).get("cores") or {}
        return Fit(None, rate, contention, coherence, tuple(number(cores.get(key)) for key in ("value", "low", "high")),
                   is_flat(entry))
    return Fit(clean(entry["reason"], 300)) if entry.get("reason") else None


class Fits:
    """Of all results: by document, title and series."""

    def __init__(self):
        self.found = {}

    def add(self, document, answer):
        for entry in answer["fits"]:
            fit = read_entry(entry)
            if fit:
                key = (id(document), clean(entry["title"], 400), clean(entry["series"]))
                self.found[key] = fit

    def of(self, row):
        return self.found.get((id(row.document), row.title, row.series))


def ask(heddle, content):
    """The document of a result, given as bytes; ValueError with the reason where there is none."""
    try:
        done = subprocess.run([heddle, "fit", "--json", "/dev/stdin"], input=content, capture_output=True,
                              timeout=PATIENCE_S, check=False)
    except OSError as error:
        raise ValueError(f"heddle fit: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"heddle fit: took longer than {PATIENCE_S} s") from error
    if done.stdout:
        return answer_in(done.stdout)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit {done.returncode}"]
    raise ValueError(f"heddle fit: {clean(said[0].removeprefix('heddle fit: ').removeprefix('/dev/stdin: '), 200)}")


def answer_in(said):
    try:
        return json.loads(said)
    except ValueError as error:
        raise ValueError("heddle fit: says what is no JSON") from error


def fits_of(paths, documents, contents):
    """Fits of all results; why there are none is told on stderr."""
    fits, heddle = Fits(), program()
    if not heddle:
        print("plot: drawn without the scalability fit: there is no heddle in $HEDDLE, build/release or PATH",
              file=sys.stderr)
        return fits
    for path, document, content in zip(paths, documents, contents):
        try:
            fits.add(document, ask(heddle, content))
        except ValueError as error:
            print(f"plot: {path}: drawn without the scalability fit: {error}", file=sys.stderr)
        except (KeyError, TypeError, AttributeError):
            print(f"plot: {path}: drawn without the scalability fit: heddle fit says what is none", file=sys.stderr)
    return fits
