#!/usr/bin/python3
"""same_run.py RESULT RESULT: whether two results are those of one run but for their numbers.

Kept are names, texts, the order of everything, and round and order of each trial. Not compared is what numbers give
rise to: notes and warnings. Exit: 0, or 2 with the first difference.
"""
import json
import sys

BY_NUMBERS = {'notes', 'warnings', 'started'}
EXACT = {'round', 'order', 'seed', 'cores', 'rounds', 'rounds_planned'}


def fail(place, what):
    print(f'{place}: {what}', file=sys.stderr)
    sys.exit(2)


def is_number(value):
    return value is None or isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(place, one, two, key=None):
    if isinstance(one, dict) and isinstance(two, dict):
        if list(one) != list(two):
            fail(place, f'{sorted(set(one) ^ set(two)) or "another order of keys"}')
        for name in one:
            if name not in BY_NUMBERS:
                compare(f'{place}.{name}', one[name], two[name], name)
    elif isinstance(one, list) and isinstance(two, list):
        if len(one) != len(two):
            fail(place, f'{len(one)} and {len(two)} values')
        for i, (first, second) in enumerate(zip(one, two)):
            compare(f'{place}[{i}]', first, second)
    elif is_number(one) and is_number(two) and key not in EXACT:
        return
    elif one != two and not (place.endswith(('.ci95', '.spread', '.versus_baseline')) and None in (one, two)):
        fail(place, f'{one!r} and {two!r}')


def main():
    documents = []
    for path in sys.argv[1:3]:
        with open(path, encoding='utf-8') as file:
            documents.append(json.load(file))
    compare('', *documents)


main()
