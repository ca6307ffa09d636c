"""The table of all sets, as CSV for programs and as LaTeX for papers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from recyclegan.evaluation.registry import describe
from recyclegan.translation.cost import COSTS

ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", None: ""}
COST_TITLES = {
    "parameters": "Parameters",
    "multiply_adds": "Multiply-adds",
    "seconds_per_image": "s/image",
}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}


def csv_table(comparison: Mapping[str, Any]) -> str:
    """Return a line a set: figures with the ends of their intervals, costs, flags."""
    columns = ["set", "role", "num"]
    for metric in comparison["metrics"]:
        columns += [metric, f"{metric}_low", f"{metric}_high"]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*columns, *COSTS, "flags"])
    for entry in comparison["sets"]:
        row = [entry["name"], entry["role"], entry["num"]]
        for metric in comparison["metrics"]:
            figure = comparison["figures"].get(entry["name"], {}).get(metric) or {}
            low, high = figure.get("interval") or (None, None)
            row += [figure.get("value"), low, high]
        costs = entry["cost"] or {}
        row += [costs.get(name) for name in COSTS]
        table.writerow([*row, " ".join(entry["flags"])])
    return text.getvalue()


def latex_table(comparison: Mapping[str, Any]) -> str:
    """Return a tabular for booktabs; bold is what is clearly better than every other set."""
    metrics = {name: describe(name) for name in comparison["metrics"]}
    costs = [name for name in COSTS if _is_known(comparison, name)]
    titles = [escape(metric.title) + ARROWS[metric.better] for metric in metrics.values()]
    titles += [COST_TITLES[name] for name in costs]
    lines = [
        "% Needs \\usepackage{booktabs}. Below each value its 95 % interval; bold: clearly better",
        "% than every other set. The first row is one half of the real pictures against the other.",
        f"\\begin{{tabular}}{{l{'r' * len(titles)}}}",
        "\\toprule",
        " & ".join(["Set", *titles]) + r" \\",
        "\\midrule",
    ]
    for entry in comparison["sets"]:
        values, spans = [escape(entry["name"])], [""]
        for name, metric in metrics.items():
            figure = comparison["figures"].get(entry["name"], {}).get(name) or {}
            value = _number(figure.get("value"), metric.digits)
            is_best = entry["role"] == "set" and _is_best(comparison, entry["name"], name)
            values.append(f"\\textbf{{{value}}}" if is_best else value)
            ends = [_number(end, metric.digits) for end in figure.get("interval") or ()]
            spans.append(f"\\scriptsize [{', '.join(ends)}]" if ends else "")
        costs_here = entry["cost"] or {}
        values += [
            _number(costs_here.get(name), 3 if name.startswith("s") else 0) for name in costs
        ]
        lines += [" & ".join(values) + r" \\", " & ".join([*spans, *("" for _ in costs)]) + r" \\"]
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def escape(text: str) -> str:
    """Return text as LaTeX prints it."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _is_known(comparison: Mapping[str, Any], name: str) -> bool:
    return any((entry["cost"] or {}).get(name) is not None for entry in comparison["sets"])


def _is_best(comparison: Mapping[str, Any], name: str, metric: str) -> bool:
    """Return whether a set is clearly better than all other sets."""
    roles = {entry["name"]: entry["role"] for entry in comparison["sets"]}
    verdicts = [
        {"first": pair["first"], "second": pair["second"]}.get(pair["verdict"], pair["verdict"])
        for pair in comparison["differences"][metric]
        if name in (pair["first"], pair["second"])
        and roles[pair["first"]] == roles[pair["second"]] == "set"
    ]
    return bool(verdicts) and all(verdict == name for verdict in verdicts)


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "--"
    # A true minus sign, as a table of numbers wants it.
    return f"{value:,.{digits}f}".replace(",", r"\,").replace("-", "$-$")
