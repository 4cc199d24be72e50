# SPDX-License-Identifier: MIT
"""The rows of all contests as a table of 100 columns and as Markdown: both from the same document."""


def number(value):
    if value is None:
        return "-"
    for limit, divisor, suffix in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(value) >= limit:
            return f"{value / divisor:.3g}{suffix}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def interval(row):
    return f"{number(row['ci95'][0])} ... {number(row['ci95'][1])}" if row["ci95"] else "-"


def heading(document):
    machine = document["machine"]
    tool = machine.get("tool", {})
    facts = [document["date"], machine.get("cpu_model"), f"{machine.get('cores_usable')} cores",
             machine.get("virtualisation"), f"Linux {machine.get('kernel')}", tool.get("compiler"),
             tool.get("build_type"), f"medians of {document['pairs']} pairs with 95 % intervals"]
    return ", ".join(fact for fact in facts if fact)


def against(row):
    return row["reference"] or "-"


def table(document):
    lines = [heading(document), "", f"{'what / reference':<58} {'bound':>11} {'found':>8}  {'interval':<17} verdict"]
    last = None
    for row in document["rows"]:
        if row["row"] != last:
            lines.append(row["row"])
            last = row["row"]
        lines.append(f"{'  ' + against(row):<58} {row['bound']:>11} {number(row['value']):>8}  {interval(row):<17} "
                     f"{row['verdict']}")
        if row["reason"]:
            lines.append(f"      {row['reason']}")
    return "\n".join(lines)


def markdown(document):
    lines = [heading(document) + ".", "", "| what | reference | bound | found | 95 % interval | ours | theirs | verdict |",
             "|---|---|---|---|---|---|---|---|"]
    for row in document["rows"]:
        verdict = row["verdict"] + (f": {row['reason']}" if row["reason"] else "")
        lines.append(f"| {row['row']} | {against(row)} | {row['bound']} | {number(row['value'])} | {interval(row)} | "
                     f"{number(row['subject_median'])} | {number(row['reference_median'])} | {verdict} |")
    return "\n".join(lines)
