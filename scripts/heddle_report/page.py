"""The page: its parts put together in one file that asks nobody for anything."""
import base64
import hashlib
import json
import os

from heddle_plot.documents import machine_text

from . import banner, verdicts
from .cases import about, cases_table
from .charts import as_list, over_cores
from .drawings import efficiency_and_fairness, heat_css, heat_section, latency_section, rows, trials_section
from .fit import Fits, fit_section, fits_of
from .history import by_machine, for_script, history
from .html import Html, element, escape, join, section
from .machine import machine_facts
from .method import method
from .pack import pack
from .panels import Looks, panels_of
from .troubles import failures_of, troubles
from .words import count, duration, number

HERE = os.path.dirname(os.path.abspath(__file__))
MANY_ROWS = 150


def part(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def figure(index, panel, looks, fits):
    """A panel with its picture, or with why it has none."""
    absent = [f"{case['series']}, {count(case['cores'], 'core')}: {case['status']}" for case in panel.absent]
    missing = element("p", "No number: ", "; ".join(absent), ".", class_="about") if absent else None
    drawn = None
    if panel.points:
        drawn = as_list(panel, looks) if len(panel.places) == 1 else over_cores(panel, looks, fits)
    return element("figure", element("figcaption", panel.title), drawn, missing, data_panel=index)


def pictures(panels, looks, fits, more):
    figures = [figure(index, panel, looks, fits) for index, panel in enumerate(panels)]
    shared = any(point.shared for panel in panels for point in panel.points)
    hint = "Median of the trials and its 95 % interval."
    if shared:
        hint += " Hollow: the load generator ran on the same cores."
    return section("pictures", "Throughput over cores", element("div", figures, class_="figures"), more,
                   about=hint)


def failed_section(named):
    return section("failures", "What went wrong", troubles(named)) if named else None


def result_sections(documents, looks, fits):
    newest_of_each = [alike[-1] for alike in by_machine(documents)]
    newest, drawn = newest_of_each[0], rows(newest_of_each)
    panels = panels_of(newest.cases)
    bad = [(f"trouble-{index}", case) for index, case in enumerate(newest.cases) if failures_of(case)]
    over_time = section("history", "Over time", history(documents, looks)) if len(documents) > 1 else None
    return join(
        section("winners", "Fastest for each workload", banner.winners(panels, looks)), failed_section(bad),
        heat_section(drawn, looks), over_time, pictures(panels, looks, fits, efficiency_and_fairness(drawn, looks)),
        fit_section(panels, fits, looks), latency_section(drawn, looks),
        section("cases", "All cases", cases_table(newest.cases, looks), about=about(newest.cases)),
        trials_section(drawn, looks))


def comparison_sections(document):
    sides = [(f"trouble-{side}-{index}", case) for side in ("base", "new")
             for index, case in enumerate(document.content[side].get("cases") or []) if failures_of(case)]
    return join(verdicts.sections(document), failed_section(sides))


def all_cases(documents):
    for document in documents:
        if document.is_verdict:
            yield from (document.content["base"].get("cases") or []) + (document.content["new"].get("cases") or [])
        else:
            yield from document.cases


def heading(document):
    run = document.run
    parts = [document.started[:16].replace("T", " ") + " UTC" if document.started else None,
             machine_text(document.content),
             duration(run["elapsed_s"]) if number(run.get("elapsed_s")) else None]
    return join(element("h1", title_of(document)), element("p", "  ·  ".join(filter(None, parts)), class_="under"))


def title_of(document):
    name = document.run.get("name")
    if not document.is_verdict:
        return name
    return f"{name}: a comparison" if name else "Two results compared"


def raw_section(document):
    name = os.path.basename(document.path)
    return section(
        "raw", "The document itself",
        element("p", element("button", f"Save {name}", type="button", id="save-raw", hidden=True),
                element("span", f"The file {name}, {len(document.text):,} characters, is packed into this page; to get "
                        "it out takes a script and a browser that knows DecompressionStream.", id="raw-words")))


def data_block(name, text, kind):
    """What no browser runs; "<" cannot end it."""
    return element("script", Html(text.replace("<", "\\u003c")), type=kind, id=name)


def facts_for_script(document, documents, looks, fits):
    facts = {"kind": "verdict" if document.is_verdict else "result", "name": os.path.basename(document.path),
             "looks": looks.for_script()}
    if fits.for_script():
        facts["fits"] = fits.for_script()
    if len(documents) > 1:
        facts["history"] = for_script(documents)
    return json.dumps(facts, ensure_ascii=True, separators=(",", ":"))


def policy(styles, scripts):
    """Nothing may be loaded or sent, and only what stands here may run or style."""
    def digests(parts):
        return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in parts)

    return (f"default-src 'none'; script-src {digests(scripts)}; style-src {digests(styles)}; img-src data:; "
            "base-uri 'none'; form-action 'none'")


def unseen_css(document):
    """On a large page, what is out of sight is laid out when it comes near; a small one is not worth the jumps."""
    rows = len(document.content["verdicts"] if document.is_verdict else document.cases)
    if rows < MANY_ROWS:
        return ""
    return ("@media screen{figure,#cases .wide{content-visibility:auto;contain-intrinsic-size:auto 40rem auto 20rem}"
            f"#cases .wide{{contain-intrinsic-height:auto {2.3 * rows:.0f}rem}}}}")


def filled(template, parts):
    """{{NAME}} in the template, each once; what is put in is not looked through again."""
    pieces = template.split("{{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, rest = piece.split("}}", 1)
        out += [parts[name], rest]
    return "".join(out)


def page(documents):
    """The HTML of one comparison, or of results of which the newest is told in full."""
    document = documents[0] if documents[0].is_verdict else by_machine(documents)[0][-1]
    looks = Looks(all_cases(documents))
    fits = Fits() if document.is_verdict else fits_of(document)
    style, script = part("bundle/page.css") + looks.css() + heat_css() + unseen_css(document), part("bundle/page.js").strip()
    sections = comparison_sections(document) if document.is_verdict else result_sections(documents, looks, fits)
    return filled(part("page.html"), {
        "policy": escape(policy([style], [script])), "title": escape(f"{title_of(document)} - heddle report"),
        "style": style, "heading": heading(document),
        "banner": verdicts.of_comparison(document) if document.is_verdict else banner.of_result(document),
        "sections": sections, "machine": section("machine", "The machine", machine_facts(document)),
        "method": section("method", "How it was measured", method(document)), "raw": raw_section(document),
        "facts": data_block("facts", facts_for_script(document, documents, looks, fits), "application/json"),
        "packed": data_block("packed", pack(document.text), "application/octet-stream"), "script": script})
