"""What did not go well, with all that was seen of it: reasons, backtraces, stacks, the last words of processes."""
from .html import details, element, join
from .words import count

MOST_BYTES = 300_000  # of traces on the page; the rest is in the result itself


def frame_words(frame):
    place = frame["function"] or "?"
    if frame["function"] and frame["offset"] is not None:
        place += f"+{frame['offset']:#x}"
    return f"{place}  {frame['object'] or 'no file'} {int(frame['address'] or 0):#x}"


def backtrace(frames):
    lines = "\n".join(f"#{depth} {frame_words(frame)}" for depth, frame in enumerate(frames))
    return join(element("p", "Where it died, the innermost frame first:"), element("pre", lines, tabindex=0))


def stack(of_thread):
    facts = [of_thread["does"], f"in {of_thread['call']}()" if of_thread["call"] else None,
             f"at lock {of_thread['lock']}" if of_thread["lock"] else None,
             f"waits for thread {of_thread['holder']}" if of_thread["holder"] is not None else None]
    frames = of_thread["frames"]
    return details(f"Thread {of_thread['thread']}, {of_thread['name']}: {'; '.join(filter(None, facts))}",
                   element("pre", "\n".join(map(str, frames)) if frames else "no stack", tabindex=0))


def standstill(of_trial):
    unknown = [of_trial[key] for key in ("calls_unknown", "frames_unknown") if of_trial[key]]
    more = of_trial.get("not_told") or 0
    return join(element("p", f"Its {count(len(of_trial['stacks']), 'thread')} when it was given up:"),
                [stack(one) for one in of_trial["stacks"]],
                element("p", f"{count(more, 'more thread')} not told.") if more else None,
                element("p", "Not known: " + "; ".join(unknown)) if unknown else None)


def of_trial(trial):
    parts = [element("p", element("strong", f"Round {trial['round']}: {trial['status']}"),
                     f": {trial['reason']}" if trial.get("reason") else None)]
    if trial.get("backtrace"):
        parts.append(backtrace(trial["backtrace"]))
    if trial.get("standstill"):
        parts.append(standstill(trial["standstill"]))
    if trial.get("output"):
        parts.append(join(element("p", "The last that its processes printed:"),
                          element("pre", trial["output"], tabindex=0)))
    return join(parts)


def failures_of(case):
    return [trial for trial in case["trials"] if trial["status"] not in ("ok", "skipped")]


def troubles(named_cases):
    """Pairs of an id and a case; a part for each that has no number though it was tried."""
    parts, room = [], MOST_BYTES
    for name, case in named_cases:
        body = join([of_trial(trial) for trial in failures_of(case)])
        if len(body) > room:
            body = element("p", "This page has no room for its traces; they are in the result itself.")
        room -= len(body)
        expected = " (as expected)" if case.get("expect") == case["status"] else ""
        parts.append(details(element("span", element("strong", case["status"], expected, class_="bad"),
                                     f" {case['name']}: {case['reason']}"), body, class_="trouble", id=name))
    return parts
