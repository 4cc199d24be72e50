# SPDX-License-Identifier: MIT
"""The rows of all contests as a table and as Markdown: both from the same document."""

import textwrap

WIDTH, NAMES = 80, 22


def number(value):
    """Three digits, with the suffix that leaves at most three before the point."""
    if value is None:
        return "-"
    rounded = float(f"{value:.3g}")
    for limit, divisor, suffix in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(rounded) >= limit:
            return f"{rounded / divisor:.4g}{suffix}"
    return f"{value:.3g}" if abs(rounded) < 1000 else f"{value:.0f}"


def interval(row):
    return f"{number(row['ci95'][0])} ... {number(row['ci95'][1])}" if row["ci95"] else "-"


def pairs_of(document):
    counts = sorted({row["pairs"] for row in document["rows"] if row["pairs"]})
    return " to ".join(str(count) for count in dict.fromkeys(counts[:1] + counts[-1:])) or "no"


def heading(document):
    machine = document["machine"]
    tool = machine.get("tool", {})
    facts = [document["date"], machine.get("cpu_model"), f"{machine.get('cores_usable')} cores",
             machine.get("virtualisation"), f"Linux {machine.get('kernel')}", tool.get("compiler"),
             tool.get("build_type"), f"medians of {pairs_of(document)} pairs with 95 % intervals"]
    return ", ".join(fact for fact in facts if fact)


def against(row):
    return f"{row['subject']} : {row['reference']}" if row["reference"] else row["subject"]


def told(document):
    """Rows that have no bound, a line each with their columns: (names of the columns, {row: {column: text}})."""
    columns, lines = [], {}
    for row in document["rows"]:
        if not row["column"]:
            continue
        if row["column"] not in columns:
            columns.append(row["column"])
        text = f"{number(row['value'])} ({interval(row)})" if row["value"] is not None else row["reason"]
        lines.setdefault(row["row"], {})[row["column"]] = text
    return columns, lines


def table(document):
    """At most 80 columns wide, but for long names."""
    lines = [*textwrap.wrap(heading(document), WIDTH), "",
             f"{'number : over':<{NAMES}} {'bound':>9} {'found':>7}  {'interval':<16}  verdict"]
    last = None
    for row in document["rows"]:
        if row["column"]:
            continue
        if row["row"] != last:
            lines.append(row["row"])
            last = row["row"]
        name = "  " + against(row)
        if len(name) > NAMES:
            lines.append(name)
            name = ""
        lines.append(f"{name:<{NAMES}} {row['bound']:>9} {number(row['value']):>7}  {interval(row):<16}  {row['verdict']}")
        if row["reason"]:
            lines += textwrap.wrap(row["reason"], WIDTH, initial_indent=6 * " ", subsequent_indent=6 * " ")
    columns, rows = told(document)
    for row, cells in rows.items():
        lines.append(row)
        lines += [f"  {column:<20} {cells.get(column, '-')}" for column in columns]
    return "\n".join(lines)


def markdown(document):
    lines = [heading(document) + ".", "",
             "| what | number : over | bound | found | 95 % interval | ours | theirs | verdict |",
             "|---|---|---|---|---|---|---|---|"]
    for row in document["rows"]:
        if row["column"]:
            continue
        verdict = row["verdict"] + (f": {row['reason']}" if row["reason"] else "")
        lines.append(f"| {row['row']} | {against(row)} | {row['bound']} | {number(row['value'])} | {interval(row)} | "
                     f"{number(row['subject_median'])} | {number(row['reference_median'])} | {verdict} |")
    columns, rows = told(document)
    if rows:
        lines += ["", "| what | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [f"| {row} | " + " | ".join(cells.get(column, "-") for column in columns) + " |"
                  for row, cells in rows.items()]
    return "\n".join(lines)
