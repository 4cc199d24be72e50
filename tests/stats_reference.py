#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""core/stats.c against SciPy and statsmodels over random inputs: stats_reference.py PROGRAM
Exit: 0 equal to 1e-12, 1 not, 77 where a library is missing."""
import math
import random
import subprocess
import sys

try:
    import numpy
    from scipy import stats
    from statsmodels.stats.descriptivestats import sign_test
    from statsmodels.stats.multitest import multipletests
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

CLOSE = 1e-12
random.seed(20)


def close(ours, theirs):
    """Relative, down to the smallest numbers; two NANs are equal."""
    return (math.isnan(ours) and math.isnan(theirs)) or math.isclose(ours, theirs, rel_tol=CLOSE, abs_tol=1e-300)


def rank_questions():
    """The largest k with 2 P(Binomial(n, 1/2) < k) <= miss."""
    sizes = list(range(0, 120)) + [random.randint(120, 5000) for _ in range(150)] + [20000, 100000]
    for n in sizes:
        for miss in (0.05, 0.025, 0.05 / 60, 0.5, random.random()):
            k = int(stats.binom.ppf(miss / 2, n, 0.5)) if n else 0
            while k > 0 and 2 * stats.binom.cdf(k - 1, n, 0.5) > miss:
                k -= 1
            while n and 2 * stats.binom.cdf(k, n, 0.5) <= miss:
                k += 1
            yield f"rank {n} {miss!r}", [float(k)]


def sign_questions():
    """statsmodels' sign test leaves ties out, as ours; SciPy's binomial test gives the same p."""
    for _ in range(400):
        n = random.choice([0, 1, 2, 5, 6, 20, 40, 200, 1000])
        values = [random.choice([0.0, 0.0, random.gauss(random.choice([0, 0.3, 2]), 1)]) for _ in range(n)]
        below, above = sum(v < 0 for v in values), sum(v > 0 for v in values)
        expected = sign_test(numpy.array(values), 0)[1] if below + above else 1.0
        yield f"sign {below} {above}", [float(expected)]
    for below, above in [(0, 6), (0, 20), (3, 17), (10, 10), (0, 900), (450, 550), (9000, 11000), (2, 1021)]:
        yield f"sign {below} {above}", [stats.binomtest(below, below + above, 0.5).pvalue]


def interval_questions():
    """Median by numpy; the interval by the ranks of the binomial distribution."""
    for n in [1, 2, 5, 6, 7, 10, 11, 20, 40, 100, 999] * 8:
        values = [random.choice([random.lognormvariate(0, 1), 1.0, 2.0]) for _ in range(n)]  # ties among them
        k = int(stats.binom.ppf(0.025, n, 0.5))
        k += 2 * stats.binom.cdf(k, n, 0.5) <= 0.05
        ordered = sorted(values)
        ends = [ordered[k - 1], ordered[n - k]] if k else [math.nan, math.nan]
        yield "ci95 " + " ".join(map(repr, values)), [float(numpy.median(values)), *ends]


def discovery_questions():
    """Benjamini and Hochberg by statsmodels; what is NAN was not tested."""
    for _ in range(300):
        n = random.choice([1, 2, 3, 10, 60, 500])
        p = [random.choice([random.random(), random.random() ** 6, 0.0, 1.0, 0.01]) for _ in range(n)]
        untested = [random.random() < 0.1 for _ in p]
        tested = [value for value, skip in zip(p, untested) if not skip]
        adjusted = iter(multipletests(tested, method="fdr_bh")[1] if tested else [])
        yield ("bh " + " ".join("nan" if skip else repr(value) for value, skip in zip(p, untested)),
               [math.nan if skip else float(next(adjusted)) for skip in untested])


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = 0
    for ask in (rank_questions, sign_questions, interval_questions, discovery_questions):
        asked = list(ask())
        answers = subprocess.run([sys.argv[1]], input="\n".join(question for question, _ in asked) + "\n",
                                 stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        different = [(question, answer, expected) for (question, expected), answer in zip(asked, answers)
                     if len(answer.split()) != len(expected)
                     or not all(close(float(a), e) for a, e in zip(answer.split(), expected))]
        for question, answer, expected in different[:5]:
            print(f"{question[:80]}: {answer[:80]} instead of {expected[:4]}")
        print(f"{ask.__name__}: {len(asked)} asked, {len(answers)} answered, {len(different)} different")
        wrong += len(different) + (len(asked) != len(answers))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
