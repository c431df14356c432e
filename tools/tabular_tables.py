#!/usr/bin/env python3
"""Prints the tables of docs/results_tabular.md, as Markdown, from the report.json of `rove study tabular`.

tools/tabular_tables.py runs/study-tabular/report.json
"""

import json
import sys


def quantile(xs, share):
    """Linear between order statistics, as eval/statistics.h."""
    xs = sorted(xs)
    at = share * (len(xs) - 1)
    low = int(at)
    return xs[low] + (xs[min(low + 1, len(xs) - 1)] - xs[low]) * (at - low)


def fixed(x, decimals):
    text = f"{x:.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.") else text  # no "-0.000"


def median_iqr(xs, decimals):
    return f"{fixed(quantile(xs, 0.5), decimals)} [{fixed(quantile(xs, 0.25), decimals)}, {fixed(quantile(xs, 0.75), decimals)}]"


def difference(x, decimals=3):
    text = fixed(x, decimals)
    return text if text.startswith("-") else "+" + text


def p_value(p):
    return "< 0.0001" if p < 1e-4 else f"{p:.{4 if p < 1e-3 else 3}f}"


def paired(c):
    decimals = 0 if c["family"] == "chain" else 3
    low, high = (difference(x, decimals) for x in c["interval"])
    return f"{difference(c['median'], decimals)} ({low}, {high}); {c['effect']:+.2f}; {p_value(c['p_holm'])}"


def table(title, head, rows):
    print(f"{title}\n\n| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def unique(values):
    return list(dict.fromkeys(values))


def locks(report):
    arms = report["locks"]
    bonuses = unique(a["bonus"] for a in arms)
    cells = unique((a["levels"], a["learner"]) for a in arms)

    def rows(show):
        find = {(a["levels"], a["learner"], a["bonus"]): a for a in arms}
        return [[str(levels), learner] + [show(find[levels, learner, b]) for b in bonuses] for levels, learner in cells]

    head = ["H", "learner"] + bonuses
    table("Score: median [IQR]", head, rows(lambda a: median_iqr(a["score"], 3)))
    table("High end kept, seeds", head, rows(lambda a: str(sum(x >= 0.9 for x in a["high_end"]))))
    table("Episodes to 0.9, kept", head, rows(lambda a: median_iqr(a["to_90"], 0)))
    table("Best settings", head, rows(lambda a: a["settings"] + (" (edge)" if a["at_edge"] else "")))
    found = {(c["where"], c["than"]): c for c in report["comparisons"] if c["family"] == "locks"}
    others = unique(than for _, than in found)
    table(
        "Paired: median difference (95 % interval); effect; Holm's p",
        ["H", "learner"] + ["MADE - " + o for o in others],
        [[str(levels), learner] + [paired(found[f"{learner}, H = {levels}", o]) for o in others] for levels, learner in cells],
    )


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: tools/tabular_tables.py REPORT.json, that of rove study tabular", file=sys.stderr)
        sys.exit(2)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(f"tabular_tables: {sys.argv[1]}: cannot be read: {getattr(error, 'strerror', None) or error}")
    if "claims" not in report:
        sys.exit(f"tabular_tables: {sys.argv[1]}: is no report.json of rove study tabular")
    table(
        "Claims",
        ["claim", "whose", "here", "cells"],
        [[c["claim"], "paper" if c["of_paper"] else "ours", f"**{c['verdict']}**", c["summary"]] for c in report["claims"]],
    )
    locks(report)
    table(
        "Maps against Bernstein's",
        ["H", "bonus", "rank correlation", "mean absolute difference"],
        [[str(m["levels"]), m["bonus"], median_iqr(m["like_bernstein"], 3), median_iqr(m["off_bernstein"], 3)]
         for m in report["maps"] if m["bonus"] != "Bernstein"],
    )
    chain = {(f"{a['parametrisation']}, steps to {a['largest_step']:g}", a["regulariser"]): a for a in report["chain"]}
    regularisers = unique(r for _, r in chain)
    table(
        "Chain: iterations to 0.99, kept",
        [""] + regularisers,
        [[where] + [f"{median_iqr(chain[where, r]['to_99'], 0)}; {chain[where, r]['settings']}" for r in regularisers]
         for where in unique(w for w, _ in chain)],
    )
    for family in ("maps", "chain"):
        table(
            f"Paired, {family}",
            ["where", "first", "than", "median (95 % interval); effect; Holm's p"],
            [[c["where"], c["better"], c["than"], paired(c)] for c in report["comparisons"] if c["family"] == family],
        )


if __name__ == "__main__":
    main()
