"""Results as they are read: checked as far as they are drawn, and told apart by what they hold."""
import json
import os
import sys

from .words import Trouble, clean

OK = "ok"
LEAST, MOST = 1e-100, 1e100  # that can be drawn
BETWEEN = "  ·  "  # facts


def content_of(path):
    """Bytes, read once: it may be a pipe."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from error


def read(path):
    return parse(path, content_of(path))


def refuse_constant(text):
    raise ValueError(f"{text} is no JSON")


def parse(path, content):
    """The document; Trouble with its place where it is no result."""
    try:
        document = json.loads(content.decode(), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{path}: not a result: {error}") from error
    if not isinstance(document, dict) or document.get("format") != "heddle-result":
        what = ""
        if isinstance(document, dict) and document.get("format") == "heddle-verdict":
            what = "; it is a comparison, which `heddle show` prints"
        raise Trouble(f'{path}: not a result: "format" is not "heddle-result"{what}')
    if document.get("version") != 1:
        raise Trouble(f"{path}: a result of version {document.get('version')}; this script draws version 1")
    if not isinstance(document.get("cases"), list) or not document["cases"]:
        raise Trouble(f"{path}: the result has no cases")
    try:
        for nth, case in enumerate(document["cases"]):
            refuse_undrawable(expect(dict, case, f"cases[{nth}]", "an object"), f"cases[{nth}]")
        return checked(document)
    except Trouble as trouble:
        raise Trouble(f"{path}: not a valid result: {trouble}") from trouble


# ---- What is drawn, made sure of ----


def expect(kind, value, place, words):
    if not isinstance(value, kind) or isinstance(value, bool) and kind is not bool:
        found = "missing" if value is None else f"{clean(json.dumps(value), 40)}"
        raise Trouble(f"{place}: is {found} where {words} is expected")
    return value


def number(value):
    """None where it was not measured, or is no number that can be drawn."""
    return float(value) if is_number(value) and abs(value) <= sys.float_info.max else None


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def numbers_in(value, place):
    """Pairs of a number and its place."""
    waiting = [(value, place)]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, dict):
            waiting += [(part, f"{place}.{clean(key)}") for key, part in value.items()]
        elif isinstance(value, list):
            waiting += [(part, f"{place}[{nth}]") for nth, part in enumerate(value)]
        elif is_number(value):
            yield value, place


def refuse_undrawable(case, place):
    """Axes cannot hold numbers as large or small as no measurement gives, nor what is computed from them."""
    for key in ("cores", "params", "options", "metrics"):
        for value, where in numbers_in(case.get(key), f"{place}.{key}"):
            if value and not LEAST <= abs(value) <= MOST:
                raise Trouble(f"{where}: is {clean(json.dumps(value), 40)} where 0 or a number from {LEAST:g} to "
                              f"{MOST:g} is expected")


def interval(value):
    bounds = [number(bound) for bound in value] if isinstance(value, list) and len(value) == 2 else [None]
    return None if None in bounds else (min(bounds), max(bounds))


def checked_metric(metric, place):
    metric = expect(dict, metric, place, "an object")
    trials = metric.get("trials")
    return {
        "unit": clean(expect(str, metric.get("unit"), f"{place}.unit", "a text"), 24),
        "better": metric.get("better"),
        "median": number(metric.get("median")),
        "ci95": interval(metric.get("ci95")),
        "trials": [number(value) for value in trials] if isinstance(trials, list) else [],
    }


def checked_case(case, place):
    """The case with every part that is drawn in its place; texts on one line."""
    expect(dict, case, place, "an object")
    metrics = case.get("metrics")
    cores = expect(int, case.get("cores"), f"{place}.cores", "a whole number")
    if cores < 1:
        raise Trouble(f"{place}.cores: is {cores} where 1 or more is expected")
    for key in ("workload", "model", "status"):
        expect(str, case.get(key), f"{place}.{key}", "a text")
    for key in ("params", "options"):
        expect(dict, case.get(key) or {}, f"{place}.{key}", "an object")
    trials = expect(list, case.get("trials") or [], f"{place}.trials", "a list")
    return {
        **case,
        "workload": clean(case["workload"]),
        "model": clean(case["model"]),
        "title": clean(case.get("title") or case["workload"], 400),
        "series": clean(case.get("series") or case["model"]),
        "params": case.get("params") or {},
        "options": case.get("options") or {},
        "reason": clean(case["reason"], 400) if case.get("reason") else None,
        "shared": case.get("shared") is True,
        "trials": [expect(dict, trial, f"{place}.trials[{nth}]", "an object") for nth, trial in enumerate(trials)],
        "metrics": {clean(name): checked_metric(metric, f"{place}.metrics.{clean(name)}")
                    for name, metric in expect(dict, metrics or {}, f"{place}.metrics", "an object").items()},
    }


def checked(document):
    for key in ("run", "machine", "tool"):
        document[key] = expect(dict, document.get(key) or {}, key, "an object")
    document["cases"] = [checked_case(case, f"cases[{nth}]") for nth, case in enumerate(document["cases"])]
    return document


# ---- What tells them apart ----


def fact(document, part, key):
    value = document[part].get(key)
    return clean(value, 80) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def machine_class(document):
    """What has to be the same for numbers to lie on one line."""
    keys = ("simulated", "cpu_model", "topology", "cores_usable", "pus_usable", "cpu_quota", "governor", "smt",
            "virtualisation")
    kernel = fact(document, "machine", "kernel") or ""
    return (*(fact(document, "machine", key) for key in keys), kernel.removeprefix("Linux ").split(".")[0])


def simulated(document):
    return "simulated" if document["machine"].get("simulated") else ""


def cores_text(document):
    cores = document["machine"].get("cores_usable")
    return f"{cores} usable core{'' if cores == 1 else 's'}" if isinstance(cores, int) else ""


def kernel_text(document):
    kernel = fact(document, "machine", "kernel")
    return "Linux " + kernel.removeprefix("Linux ") if kernel else ""


def virtualisation_text(document):
    found = fact(document, "machine", "virtualisation")
    return "not virtualised" if found == "none" else found


MACHINE_FACTS = (simulated, lambda document: fact(document, "machine", "cpu_model"), cores_text,
                 virtualisation_text, kernel_text)


def machine_text(document):
    """The machine in a line, what is most telling first."""
    return BETWEEN.join(filter(None, (of_machine(document) for of_machine in MACHINE_FACTS)))


def started(document):
    return (fact(document, "run", "started") or "").replace("T", " ").replace("Z", " UTC")


def name_of(document):
    return fact(document, "run", "name") or "unnamed"


def telling(documents, facts):
    """For each document a text of the first of `facts` (functions) that differ between them; "" where there is one."""
    if len(documents) == 1:
        return [""]
    texts = [[] for _ in documents]
    for of_document in facts:
        values = [of_document(document) or "?" for document in documents]
        if len(set(values)) > 1:
            for text, value in zip(texts, values):
                text.append(value)
        if len(set(map(tuple, texts))) == len(documents):
            break
    return [", ".join(text) for text in texts]


def refuse_twins(documents, paths):
    seen = {}
    for document, path in zip(documents, paths):
        run = document["run"]
        identity = json.dumps([run.get("started"), run.get("seed"), run.get("name"), machine_class(document),
                               [case.get("key") for case in document["cases"]]])
        if identity in seen:
            raise Trouble(f"{path}: the same run as {seen[identity]}")
        seen[identity] = path


def read_history(folder):
    """The results in it that were made by the machine of the newest, oldest first; tells what is left out."""
    results, others = [], 0
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}") from error
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):  # a pipe would be waited for
            others += 1
            continue
        try:
            results.append(read(path))
        except Trouble:
            others += 1
    results.sort(key=started)
    alike = [document for document in results if machine_class(document) == machine_class(results[-1])]
    if len(alike) < 2:
        raise Trouble(f"{folder}: a history needs 2 results of one machine; {len(results)} results, {others} other files")
    if len(alike) < len(results) or others:
        print(f"plot: left out: {len(results) - len(alike)} results of other machines, {others} files that are none",
              file=sys.stderr)
    return alike
