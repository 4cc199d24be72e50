"""The command line: which documents, and where the page goes."""
import argparse
import os
import sys
import traceback

from heddle_plot.documents import refuse_twins

from .document import Trouble, load, load_folder
from .page import page

MARK = b'<meta name="generator" content="heddle report">'
MOST_HEAD = 8192


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="heddle report",
        description="Writes one HTML file that tells all of a result, needs no network and no other file. Several results, "
        "or a folder of them: the newest in full, and lines over time. A comparison (heddle ab, heddle compare) "
        "stands alone.",
        epilog="Exit: 0, 2 where something is no result or the page cannot be written, 6 where the script itself could "
        "not go on.")
    parser.add_argument("results", nargs="+", metavar="RESULT", help="a result, a comparison or a folder of results")
    parser.add_argument("-o", "--output", metavar="FILE.html",
                        help="where the page goes; else beside the (first) result, or into the folder")
    parser.add_argument("-f", "--force", action="store_true", help="write over a file that is no such page")
    return parser.parse_args(arguments)


def documents_at(paths):
    documents, others = [], 0
    for path in paths:
        if os.path.isdir(path):
            found, left = load_folder(path)
            documents += found
            others += left
        else:
            documents.append(load(path))
    if len(documents) > 1 and any(document.is_verdict for document in documents):
        raise Trouble("a comparison is told alone: give it without other documents")
    if len(documents) > 1:
        refuse_twins([document.content for document in documents], [document.path for document in documents])
    if others:
        print(f"report: left out: {others} files that are no results", file=sys.stderr)
    return documents


def output_for(arguments):
    if arguments.output == "-":
        raise Trouble("-o -: a page goes to a file, not to standard output; -o ./- is a file of that name")
    if arguments.output:
        return arguments.output
    first = arguments.results[0]
    if os.path.isdir(first):
        return os.path.join(first, "report.html")
    return (first[: -len(".json")] if first.endswith(".json") else first) + ".html"


def refuse_others(path):
    """A page of ours is written over, as figures are; a file that holds anything else is not."""
    try:
        with open(path, "rb") as file:
            if os.path.isfile(path) and MARK not in file.read(MOST_HEAD):
                raise Trouble(f"{path} exists and is no page of heddle report; -f writes over it")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from error


def write(path, text):
    """Whole or not at all; what is no regular file, as a pipe, is written to as it is, and a link stays one."""
    path = os.path.realpath(path)
    whole = os.path.exists(path) and not os.path.isfile(path)
    beside = path if whole else path + ".heddle.tmp"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        if not whole:
            os.replace(beside, path)
    except OSError as error:
        if not whole and os.path.exists(beside):
            os.unlink(beside)
        raise Trouble(f"{path}: {error.strerror}") from error


def make(arguments):
    path = output_for(arguments)
    if not arguments.force:
        refuse_others(path)
    write(path, page(documents_at(arguments.results)))
    if os.path.isfile(path):
        print(path, flush=True)


def main(arguments=None):
    arguments = parse(arguments)
    try:
        make(arguments)
    except Trouble as trouble:
        print(f"report: {trouble}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads the path has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"report: standard output: {error.strerror}", file=sys.stderr)
        return 6
    except Exception:  # exit 1 means a regression, never this
        traceback.print_exc()
        return 6
    return 0
