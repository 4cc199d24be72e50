"""Documents from files: read, looked over, told apart. What the page counts on is checked here, once."""
import json
import os

from heddle_plot.words import Trouble, clean

from .words import TOO_LARGE, number


class Document:
    def __init__(self, path, text, content):
        self.path, self.text, self.content = path, text, content

    @property
    def is_verdict(self):
        return self.content["format"] == "heddle-verdict"

    @property
    def cases(self):
        return self.content["cases"]

    @property
    def run(self):
        return self.content.get("run") or {}

    @property
    def machine(self):
        return self.content["machine"]

    @property
    def started(self):
        return self.run.get("started") or ""


def kind(words, holds):
    return words, holds


TEXT = kind("a text", lambda value: isinstance(value, str))
MAYBE_TEXT = kind("a text or null", lambda value: value is None or isinstance(value, str))


def whole_from(least):
    return kind(f"a whole number from {least}", lambda value: isinstance(value, int) and not isinstance(value, bool)
                and least <= value < 1 << 63)


WHOLE, COUNT = whole_from(0), whole_from(1)
FLAG = kind("true or false", lambda value: isinstance(value, bool))
MAYBE_NUMBER = kind(f"a number nearer to zero than {TOO_LARGE:g}, or null",
                    lambda value: value is None or number(value) is not None)
OBJECT = kind("an object", lambda value: isinstance(value, dict))
MAYBE_OBJECT = kind("an object or null", lambda value: value is None or isinstance(value, dict))
MAYBE_LIST = kind("a list or null", lambda value: value is None or isinstance(value, list))
STATUSES = ("ok", "skipped", "failed", "timed-out", "crashed", "wrong-result")
STATUS = kind(f"one of {' '.join(STATUSES)}", lambda value: value in STATUSES)
VERDICTS = ("regression", "improvement", "same", "inconclusive", "contaminated")
VERDICT = kind(f"one of {' '.join(VERDICTS)}", lambda value: value in VERDICTS)
INTERVAL = kind(f"two numbers nearer to zero than {TOO_LARGE:g}, or null", lambda value: value is None
                or isinstance(value, list) and len(value) == 2 and None not in map(number, value))

# A key with "?" may be missing.
FRAME = {"object": MAYBE_TEXT, "function": MAYBE_TEXT, "offset": MAYBE_NUMBER, "address": MAYBE_NUMBER}
STACK = {"thread": WHOLE, "name": TEXT, "does": TEXT, "call": MAYBE_TEXT, "lock": MAYBE_TEXT, "holder": MAYBE_NUMBER,
         "frames": MAYBE_LIST}
TRIAL = {"round": WHOLE, "order": WHOLE, "status": STATUS, "reason?": MAYBE_TEXT, "output?": MAYBE_TEXT,
         "window_ns": [MAYBE_NUMBER], "window_ops": [MAYBE_NUMBER], "gauges": OBJECT, "backtrace?": [FRAME],
         "standstill?": {"stacks": [STACK], "frames_unknown": MAYBE_TEXT, "calls_unknown": MAYBE_TEXT, "not_told?": WHOLE}}
METRIC = {"unit": TEXT, "better": MAYBE_TEXT, "median": MAYBE_NUMBER, "ci95": INTERVAL, "mad": MAYBE_NUMBER,
          "trials": [MAYBE_NUMBER]}
CASE = {"name": TEXT, "title": TEXT, "series": TEXT, "key": TEXT, "workload": TEXT, "params": OBJECT, "model": TEXT,
        "options": OBJECT, "cores": COUNT, "shared": FLAG, "baseline?": FLAG, "expect?": MAYBE_TEXT, "spread?": MAYBE_OBJECT,
        "status": STATUS, "reason": MAYBE_TEXT, "notes": [TEXT], "metrics": MAYBE_OBJECT,
        "versus_baseline": MAYBE_OBJECT, "warnings?": [TEXT], "trials": [TRIAL]}
WARNING = {"id": TEXT, "text": TEXT, "cases?": COUNT}
RUN = {"name": TEXT, "status": TEXT, "started": TEXT, "seed": WHOLE, "config": OBJECT, "warnings?": [WARNING]}
RESULT = {"run": RUN, "tool": OBJECT, "machine": OBJECT, "cases": [CASE]}
SIDE = {"place?": MAYBE_TEXT, "cases?": [CASE], "results?": [{"path": TEXT}]}
ESTIMATE = {"pairs": WHOLE, "ratio": MAYBE_NUMBER, "ci95": INTERVAL, "q": MAYBE_NUMBER}
JUDGED = dict(ESTIMATE, case=TEXT, workload=TEXT, model=TEXT, cores=COUNT, metric=TEXT, unit=TEXT, verdict=VERDICT,
              reason=MAYBE_TEXT, base=MAYBE_NUMBER, new=MAYBE_NUMBER, margin_percent=MAYBE_NUMBER,
              confirmation=MAYBE_OBJECT, pairs_needed=MAYBE_NUMBER, smallest_change_percent=MAYBE_NUMBER)
UNJUDGED = {"case": TEXT, "state": TEXT, "side": TEXT, "reason": MAYBE_TEXT}
COMPARISON = {"kind": TEXT, "run": MAYBE_OBJECT, "margin_percent": MAYBE_NUMBER, "tool": OBJECT, "machine": OBJECT,
              "base": SIDE, "new": SIDE, "ruler": MAYBE_OBJECT, "groups": MAYBE_LIST, "summary": OBJECT,
              "verdicts": [JUDGED], "unjudged": [UNJUDGED], "notes?": [TEXT]}


def found(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return json.dumps(value)[:60]
    return "a list" if isinstance(value, list) else "an object"


def wrong(place, value, allowed):
    raise Trouble(f"{place or 'the document'}: found {found(value)}; allowed is {allowed}")


def look_over(value, shape, place):
    if isinstance(shape, tuple):
        words, holds = shape
        if not holds(value):
            wrong(place, value, words)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            wrong(place, value, "a list")
        for index, item in enumerate(value):
            look_over(item, shape[0], f"{place}[{index}]")
    else:
        if not isinstance(value, dict):
            wrong(place, value, "an object")
        for key, part in shape.items():
            name = key.rstrip("?")
            if name in value:
                look_over(value[name], part, f"{place}.{name}".lstrip("."))
            elif not key.endswith("?"):
                raise Trouble(f"{place}.{name}: is missing".lstrip("."))


def look_over_metrics(cases, place):
    for index, case in enumerate(cases):
        for name, metric in (case["metrics"] or {}).items():
            look_over(metric, METRIC, f"{place}[{index}].metrics.{clean(name)}")
        versus = case["versus_baseline"]
        if versus is not None:
            look_over(versus, {"ratio": MAYBE_NUMBER, "ci95": INTERVAL}, f"{place}[{index}].versus_baseline")


def look_over_comparison(content):
    look_over(content, COMPARISON, "")
    if content["run"] is not None:
        look_over(content["run"], dict(RUN, pairs=WHOLE), "run")
    if content["ruler"] is not None:
        look_over(content["ruler"], {"rounds": WHOLE, "ratio": MAYBE_NUMBER, "ci95": INTERVAL}, "ruler")
    for index, verdict in enumerate(content["verdicts"]):
        if verdict["confirmation"] is not None:
            look_over(verdict["confirmation"], ESTIMATE, f"verdicts[{index}].confirmation")
    for side in ("base", "new"):
        look_over_metrics(content[side].get("cases") or [], f"{side}.cases")


def refuse_constant(text):
    raise ValueError(f"{text} is no JSON")


def parse(path, text):
    """The document in the text, or Trouble that begins with the path."""
    try:
        content = json.loads(text, parse_constant=refuse_constant)
    except ValueError as error:
        raise Trouble(f"{path}: not a result: {error}") from error
    except RecursionError as error:
        raise Trouble(f"{path}: not a result: nested too deeply") from error
    name = content.get("format") if isinstance(content, dict) else None
    if name not in ("heddle-result", "heddle-verdict"):
        raise Trouble(f'{path}: not a result: format: found {found(name)}; allowed are "heddle-result" and "heddle-verdict"')
    if content.get("version") != 1:
        raise Trouble(f"{path}: version: found {found(content.get('version'))}; this report is of version 1")
    try:
        if name == "heddle-verdict":
            look_over_comparison(content)
        else:
            look_over(content, RESULT, "")
            look_over_metrics(content["cases"], "cases")
            if not content["cases"]:
                raise Trouble("cases: the result has none")
    except Trouble as trouble:
        raise Trouble(f"{path}: {trouble}") from trouble
    return Document(path, text, content)


def load(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Trouble(f"{path}: not a result: byte {error.start} is not UTF-8") from error
    return parse(path, text)


def load_folder(folder):
    """The results in it and how many other files; comparisons are other files here."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}") from error
    results, others = [], 0
    for name in names:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):  # a pipe would be waited for
            others += 1
            continue
        try:
            document = load(path)
        except Trouble:
            others += 1
            continue
        if document.is_verdict:
            others += 1
        else:
            results.append(document)
    if not results:
        raise Trouble(f"{folder}: no results are in it ({others} other files that end in .json)")
    return results, others
