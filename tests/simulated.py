#!/usr/bin/python3
"""simulated.py RESULT MANY: what tests/simulate.py must have made, beyond what the schema asks. Exit 0 or 2."""
import json
import sys

import simulate

faults = []


def expect(true, what):
    if not true:
        faults.append(what)


def main(path, many_path):
    with open(path, encoding="utf-8") as file:
        made = json.load(file)
    with open(many_path, encoding="utf-8") as file:
        many = json.load(file)
    cases = made["cases"]
    trials = [trial for case in cases for trial in case["trials"]]
    expect(made["machine"]["simulated"].startswith("no such machine"), "it does not say that it is made up")
    expect(len(many["cases"]) >= 200, f"{len(many['cases'])} cases in place of 200")
    expect(len({case["key"] for case in many["cases"]}) == len(many["cases"]), "two cases have one key")
    expect(sorted(trial["order"] for trial in trials) == list(range(len(trials))), "the order has gaps")
    rounds = [trial["round"] for trial in sorted(trials, key=lambda trial: trial["order"])]
    expect(rounds == sorted(rounds), "rounds are not one after the other")
    expect([case["status"] for case in cases if case["status"] != "ok"] == ["skipped", "crashed"],
           "not one crashed and one skipped")
    expect(any(trial.get("backtrace") for trial in trials), "no backtrace")
    for case in cases:
        if case["status"] == "ok":
            law = simulate.law(simulate.truth_of(case["title"], case["model"]), case["cores"])
            found = case["metrics"]["throughput"]["median"] / law
            expect(0.93 < found < 1.07, f"{case['name']}: {found:.3f} of what the law says")
    for fault in faults:
        print(fault)
    return 2 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
