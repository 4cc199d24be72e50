"""What a reader sees first: whether all went well, and who was fastest where."""
from .html import Html, element, join, table
from .panels import gate, median_of
from .words import bounds_of, count, digits, interval, quantity, unit_note

TONES = {"bad": "✗", "doubtful": "!", "good": "✓", "plain": "·"}


def banner(tone, sentence, *more):
    return element("div", element("p", element("span", TONES[tone], class_="tone", aria_hidden="true"), sentence,
                                  class_="verdict"), *more, class_=f"banner {tone}", role="status", id="banner")


def is_unexpected(case):
    return case["status"] not in ("ok", "skipped", case.get("expect"))


def of_result(document):
    cases, warnings = document.cases, document.run.get("warnings") or []
    bad = [case for case in cases if is_unexpected(case)]
    lost = [case for case in cases if case["status"] not in ("ok", "skipped") and not is_unexpected(case)]
    skipped = [case for case in cases if case["status"] == "skipped"]
    good = [case for case in cases if case["status"] == "ok"]
    parts = [f"{len(bad)} failed" if bad else None, f"{len(lost)} failed as expected" if lost else None,
             f"{len(skipped)} skipped" if skipped else None]
    sentence = f"{len(good)} of {count(len(cases), 'case')} measured and verified"
    sentence = "; ".join(filter(None, [sentence, *parts]))
    interrupted = document.run["status"] != "complete"
    if interrupted:
        sentence += ". The run was interrupted: rounds or cases are missing"
    tone = "bad" if bad or not good else "doubtful" if warnings or interrupted else "good"
    told = [element("li", element("strong", warning["id"]), " ", warning["text"],
                    f" ({count(warning['cases'], 'case')})" if warning.get("cases") else None)
            for warning in warnings]
    simulated = document.machine.get("simulated")
    return banner(tone, sentence + ".",
                  element("p", "Simulated, not measured: ", simulated, class_="simulated") if simulated else None,
                  element("ul", told, class_="warnings", aria_label="Warnings") if told else None)


def apart(first, second):
    """Whether two medians' intervals do not meet."""
    pairs = [bounds_of(gate(case)[1]["ci95"]) for case in (first, second)]
    if None in pairs:
        return None
    return pairs[0][0] > pairs[1][1] or pairs[1][0] > pairs[0][1]


def ranked(cases):
    """Those with a number, the best first."""
    known = [case for case in cases if median_of(case) is not None and case["model"] != "empty"]
    return sorted(known, key=median_of, reverse=not known or gate(known[0])[1].get("better") != "lower")


def fewest_cores(first, cases):
    """Of the same model the case of the fewest cores whose interval meets that of the best: more gained nothing sure."""
    as_good = [case for case in cases if case["series"] == first["series"] and apart(first, case) is False]
    return min([first, *as_good], key=lambda case: case["cores"])


def factor(first, second):
    values = sorted([median_of(first), median_of(second)])
    return f"{digits(values[1] / values[0])} times" if values[0] > 0 else "-"


def lead_words(ahead, first, rest):
    if not rest:
        return "the only one"
    clear = apart(first, rest[0])
    if clear is None:
        return f"{ahead} {rest[0]['series']}; too few trials to be sure"
    return f"{ahead} {rest[0]['series']}" + ("" if clear else ": within the noise")


def winner_row(title, cases, looks):
    best, *rest = ranked(cases)
    first = fewest_cores(best, [best, *rest])
    rival = next((case for case in rest if case["series"] != first["series"]), None)
    metric = gate(first)[1]
    lead = "the only one" if rival is None else lead_words(factor(best, rival), best, [rival])
    return [title, element("td", element("span", first["series"], class_="key " + looks.class_of(first["series"]))),
            count(first["cores"], "core"), element("td", quantity(metric["median"], metric["unit"]), class_="number"),
            element("td", interval(metric["ci95"], metric["unit"], metric["median"]), class_="number"), lead]


def winners(panels, looks):
    """For each workload the best case of any core count, and how sure that is."""
    rows = []
    for panel in panels:
        cases = [point.case for point in panel.points]
        if ranked(cases):
            rows.append(winner_row(panel.title, cases, looks))
    if not rows:
        return Html("")
    return join(table(["Workload", "Fastest", "On", "Median", "95 % interval", "Ahead of the next model by"], rows,
                      class_="winners"),
                element("p", unit_note(gate(point.case)[1]["unit"] for panel in panels for point in panel.points),
                        " “On”: the fewest cores whose interval meets that of the model's best. “Within the noise”:"
                        " the two intervals meet, so another run may put them the other way round.", class_="about"))
