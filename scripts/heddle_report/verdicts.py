"""A comparison: its banner, what was judged as a forest plot and a table, and what could not be."""
from .banner import banner
from .document import VERDICTS
from .forest import forest, name_of
from .html import element, join, section, table
from .words import bounds_of, count, digits, listed, number, percent_of_ratio, quantity

ORDER = ("regression", "contaminated", "inconclusive", "improvement", "same")
ACTS = {"ab": "Two builds in interleaved pairs", "aa": "One build against itself: the noise floor",
        "compare": "Two results, a weaker verdict than pairs"}


def sentence(content):
    summary = {key: number(value) or 0 for key, value in content["summary"].items()}
    words = [f"{summary.get(key, 0):g} {key}" for key in VERDICTS if summary.get(key)]
    others = [f"{summary.get(key, 0):g} {key}" for key in ("failed", "skipped", "new", "removed") if summary.get(key)]
    judged = f"{summary.get('judged', 0):g} of {count(int(summary.get('cases', 0)), 'case')} judged"
    return f"{judged}: {listed(words) or 'no verdict'}" + (f"; without a verdict {listed(others)}" if others else "") + "."


def of_comparison(document):
    content, summary = document.content, document.content["summary"]
    bad = any(number(summary.get(key)) for key in ("regression", "failed"))
    doubtful = any(number(summary.get(key)) for key in ("inconclusive", "contaminated"))
    run = document.run
    told = [element("li", element("strong", warning["id"]), " ", warning["text"]) for warning in run.get("warnings") or []]
    told += [element("li", note) for note in content.get("notes") or []]
    interrupted = run.get("status") == "interrupted"
    return banner("bad" if bad else "doubtful" if doubtful or interrupted else "good", sentence(content),
                  element("p", ACTS.get(content["kind"], content["kind"]), ". ", sides(content)),
                  element("p", "Interrupted: some pairs are missing.") if interrupted else None,
                  element("ul", told, class_="warnings", aria_label="Warnings") if told else None)


def side_words(side):
    results = side.get("results") or []
    if results:
        return count(len(results), "result") if len(results) > 1 else results[0]["path"]
    return side.get("place") or "as installed"


def sides(content):
    return f"Base: {side_words(content['base'])}. New: {side_words(content['new'])}."


def ruler_words(ruler):
    if not ruler:
        return None
    pair = bounds_of(ruler["ci95"])
    moved = f"moved by {percent_of_ratio(pair[0])} to {percent_of_ratio(pair[1])} %" if pair else "has no interval"
    taken = number(ruler.get("taken_percent"))
    others = f"; others took {taken:.2g} % of a processor" if taken is not None else ""
    return element("p", f"Ruler: the same work, timed in each of {ruler['rounds']} rounds, {moved}{others}.")


def cell(words, value=None, class_=None):
    return element("td", words, data_v=float(f"{value:.5g}") if value is not None else None, class_=class_)


def change_cell(verdict):
    ratio, pair = number(verdict["ratio"]), bounds_of(verdict["ci95"])
    if ratio is None:
        return cell("-")
    around = f" [{percent_of_ratio(pair[0])}, {percent_of_ratio(pair[1])}]" if pair else ""
    return cell(f"{percent_of_ratio(ratio)} %{around}", ratio)


def remarks(verdict):
    confirmation = verdict["confirmation"]
    parts = [verdict["reason"]]
    if confirmation and number(confirmation["ratio"]):
        parts.append(f"second block of {confirmation['pairs']}: {percent_of_ratio(confirmation['ratio'])} %")
    if verdict["verdict"] == "inconclusive" and number(verdict["pairs_needed"]):
        parts.append(f"about {verdict['pairs_needed']:g} pairs would settle it")
    if number(verdict["smallest_change_percent"]) is not None:
        parts.append(f"smallest change seen {digits(verdict['smallest_change_percent'])} %")
    return "; ".join(filter(None, parts))


def q_words(q):
    return "-" if q is None else "<.001" if q < 0.001 else f"{q:.3f}"


def row(index, verdict):
    return element(
        "tr", element("th", name_of(verdict), scope="row"),
        element("td", element("strong", verdict["verdict"], class_=f"v-{verdict['verdict']}")),
        cell(quantity(verdict["base"], verdict["unit"]), number(verdict["base"])),
        cell(quantity(verdict["new"], verdict["unit"]), number(verdict["new"])), change_cell(verdict),
        cell(q_words(number(verdict["q"])), number(verdict["q"])), cell(verdict["pairs"], verdict["pairs"]),
        element("td", remarks(verdict)), data_case=index, data_s=verdict["verdict"])


def verdicts_table(verdicts, kind):
    heading = (("Case", "text"), ("Verdict", "text"), ("Base", "number"), ("New", "number"), ("Change", "number"),
               ("q", "number"), ("Trials" if kind == "compare" else "Pairs", "number"), ("Remarks", "text"))
    cells = [element("th", words, scope="col", data_kind=kind) for words, kind in heading]
    return element("div", element("table", element("thead", element("tr", cells)),
                                  element("tbody", [row(index, verdict) for index, verdict in verdicts]),
                                  id="cases-table", class_="sortable numbers"), class_="wide", tabindex=0,
                   role="region", aria_label="Table of verdicts")


def sections(document):
    content = document.content
    judged = sorted(enumerate(content["verdicts"]), key=lambda pair: ORDER.index(pair[1]["verdict"]))
    parts = [section("forest", "What changed", element("figure", forest([one for _, one in judged],
                                                                        content["margin_percent"])),
                     ruler_words(content["ruler"]), about="Change of the metric, new against base, with its 95 % interval; "
                     "shaded: within the margin.")] if judged else []
    if judged:
        parts.append(section("cases", "Verdicts", verdicts_table(judged, content["kind"])))
    if content["unjudged"]:
        rows = [[one["case"], one["state"], one["side"], one["reason"] or ""] for one in content["unjudged"]]
        parts.append(section("unjudged", "Not judged", table(["Case", "State", "Side", "Why"], rows)))
    groups = [group for group in content["groups"] or [] if isinstance(group, dict)]
    if groups:
        rows = [[group.get("name"), f"{percent_of_ratio(number(group.get('ratio')) or 1)} %", group.get("cases")]
                for group in groups]
        parts.append(section("groups", "Geometric means", table(["Group", "Change", "Cases"], rows)))
    return join(parts)
