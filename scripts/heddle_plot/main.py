"""Draws results: what a person wants to see of them, or one figure of one's own.

Without --x, --y and --series: throughput over cores with the ideal and the scalability fit, efficiency, CPU time per
operation, latency by percentile, fairness, a map of all cases, and the trials in their order; what has nothing to show
is left out, and that is said. With one of them one figure: a metric over a field, a line for each value of another.
Of a folder of results, throughput over time (or --y): from the results of the machine that made the newest. Several
results of one machine are lines of one panel, several machines panels side by side. Everything comes from the
results' content. The paths of what was drawn are printed, the main figure's first. Exit: 0, 2 where something is
wrong, and nothing is drawn then, 6 where the script itself could not go on.
"""
import argparse
import logging
import os
import sys
import tempfile
import traceback
import warnings

from . import custom
from .documents import content_of, parse, read_history, refuse_twins
from .rows import filtered, metrics_of, demand, rows_of
from .words import Trouble

FORMATS = ("png", "svg", "pdf")


def arguments():
    parser = argparse.ArgumentParser(prog="heddle plot", description=__doc__.splitlines()[0],
                                     epilog=__doc__.partition("\n\n")[2], allow_abbrev=False)
    parser.add_argument("results", metavar="RESULT", nargs="+", help="a result of heddle run, or one folder of them")
    parser.add_argument("-o", "--output", metavar="DIR", help="where the figures go; else beside the first result")
    parser.add_argument("--format", choices=FORMATS, default="png", help="png (default), svg or pdf")
    parser.add_argument("--x", metavar="FIELD", help="cores, or a parameter, option or other field of the cases")
    parser.add_argument("--y", metavar="METRIC", help="else the one that verdicts are given on")
    parser.add_argument("--series", metavar="FIELD", help="a line for each of its values; else for each model")
    parser.add_argument("--only", metavar="KEY=VALUE", action="append", default=[],
                        help="leaves cases out; values of one key are alternatives")
    parser.add_argument("--paper", action="store_true", help="sizes for a printed page, 7 inches wide")
    return parser.parse_args()


def matplotlib_is_there():
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib
    except ImportError as error:
        raise Trouble(f"cannot draw: {error}; it is in the package python3-matplotlib") from error
    if "text.parse_math" not in matplotlib.rcParams:
        raise Trouble(f"cannot draw: needs matplotlib 3.6 or later, and this is {matplotlib.__version__}")
    matplotlib.use("Agg")
    # Names are taken as they stand: no formulas. Text in SVG stays text.
    matplotlib.rcParams.update({"font.family": "DejaVu Sans", "svg.hashsalt": "heddle", "axes.unicode_minus": False,
                                "text.parse_math": False, "pdf.fonttype": 42, "axes.linewidth": 0.7})
    warnings.filterwarnings("ignore", message="Glyph .* missing")


def make(options):
    """{suffix: figure}, and what is left out."""
    from . import figures
    from .fits import fits_of

    if any(map(os.path.isdir, options.results)):
        if len(options.results) > 1:
            raise Trouble("a folder is a history; give it alone")
        if options.x or options.series:
            raise Trouble("--x and --series are for results; of a folder, --y METRIC over time")
        documents = read_history(options.results[0])
        rows = filtered(rows_of(documents), options.only)
        if options.y:
            demand(options.y, metrics_of(rows), "--y")
        return lambda: figures.over_time(documents, rows, options.y, options.paper)
    contents = [content_of(path) for path in options.results]
    documents = [parse(path, content) for path, content in zip(options.results, contents)]
    refuse_twins(documents, options.results)
    rows = filtered(rows_of(documents), options.only)
    if options.x or options.y or options.series:
        custom.check(rows, options.x, options.y, options.series)
        return lambda: figures.own(documents, rows, options.x, options.y, options.series, options.paper)
    fits = fits_of(options.results, documents, contents)
    return lambda: figures.standard(documents, rows, fits, options.paper)


def refuse_no_place(options):
    """Beside a pipe there is no place for figures, nor beside what only stands for an open file."""
    first = options.results[0]
    folder = os.path.realpath(os.path.dirname(first) or ".")
    stands_for = folder == "/dev" or folder.startswith("/proc/")
    if not options.output and not os.path.isdir(first) and os.path.exists(first) and \
            (stands_for or not os.path.isfile(first)):
        raise Trouble(f"{first}: no regular file, beside which figures could lie; say where with -o DIR")


def base_of(options):
    """Folder and the first part of the names."""
    first = options.results[0]
    is_folder = os.path.isdir(first)
    folder = options.output or (first if is_folder else os.path.dirname(first)) or "."
    if is_folder:
        return folder, ""
    name = os.path.basename(first)
    name = name[: -len(".json")] if name.endswith(".json") else name
    more = f"+{len(options.results) - 1}" if len(options.results) > 1 else ""
    return folder, f"{name}{more}-"


def save(figures, options):
    folder, base = base_of(options)
    how = {"png": {}, "svg": {"metadata": {"Date": None}}, "pdf": {"metadata": {"CreationDate": None}}}[options.format]
    names = {f"{base}{suffix}.{options.format}": figure for suffix, figure in figures.items()}
    paths = [os.path.join(folder, name) for name in names]
    try:
        os.makedirs(folder, exist_ok=True)
        for path in filter(os.path.isdir, paths):
            raise Trouble(f"{path}: is a folder; nothing is drawn")
        with tempfile.TemporaryDirectory(prefix=".heddle-plot-", dir=folder) as aside:  # all of them or none
            for name, figure in names.items():
                figure.savefig(os.path.join(aside, name), dpi=figures_dpi(options), **how)
            for name, path in zip(names, paths):
                os.replace(os.path.join(aside, name), path)
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}") from error
    print(*paths, sep="\n", flush=True)


def figures_dpi(options):
    from .sheet import PAPER, SCREEN

    return (PAPER if options.paper else SCREEN).dpi


def main():
    options = arguments()
    try:
        refuse_no_place(options)
        matplotlib_is_there()
        figures, left_out = make(options)()
        if left_out:
            print(f"plot: nothing to show, left out: {'; '.join(left_out)}", file=sys.stderr)
        if figures:
            save(figures, options)
    except Trouble as trouble:
        print(f"plot: {trouble}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads the paths has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"plot: standard output: {error.strerror}", file=sys.stderr)
        return 6
    except Exception:  # exit 1 means a regression, never this
        traceback.print_exc()
        return 6
    return 0
