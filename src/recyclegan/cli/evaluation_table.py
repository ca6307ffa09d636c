"""What `recyclegan evaluate` shows: figures with intervals, and where no difference is clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from recyclegan.evaluation.registry import Metric, describe

TITLES = {
    "identity": "identity",
    "colour_transfer": "colour transfer",
    "dark_channel": "dark channel",
    "real_halves": "real halves",
}
# Said of the row in whose column it stands, so that nobody takes it for the row's praise.
VERDICTS = {
    "better": Text("beaten", style="green"),
    "worse": Text("ahead", style="red"),
    "unclear": Text("no clear difference", style="yellow"),
}
CAPTION = (
    "95 % intervals over pictures. Beaten, ahead, no clear difference: how that row stands to the "
    "translation, paired by picture."
)
SHOWN = 10
"""Files of each kind that are listed on the screen; the record lists all."""


def print_evaluation(console: Console, record: Mapping[str, Any]) -> None:
    """Print the record of an evaluation."""
    rows = {name: row for name, row in record["rows"].items() if row}
    columns = [Column("figure", ratio=6, overflow="fold"), Column("translation", ratio=4)]
    columns += [Column(TITLES[name], ratio=4) for name in rows]
    table = Table(*columns, expand=True, show_lines=True, caption_justify="left")
    table.title, table.title_justify = _title(record), "left"
    table.caption = CAPTION
    num = record["sets"]["fake"]["num"]
    for name, figure in record["metrics"].items():
        metric = describe(name)
        cells = [_cell(metric, figure, num)]
        for row, figures in rows.items():
            gap = record["differences"].get(row, {}).get(name)
            cells.append(_cell(metric, figures[name], num, gap) if name in figures else Text(""))
        table.add_row(_heading(metric), *cells)
    console.print(table)
    for sentence in record["warnings"]:
        console.print(Text(sentence, style="yellow"))
    _print_files(console, record)
    for reason, names in _by_reason(record["skipped"]).items():
        console.print(Text(f"Not measured: {', '.join(names)} ({reason})", style="dim"))


def number(metric: Metric, value: float | None) -> str:
    """Return a figure with its metric's decimals and a true minus sign; a dash where none is."""
    return "–" if value is None else f"{value:,.{metric.digits}f}".replace("-", "−")


def _title(record: Mapping[str, Any]) -> Text:
    parts = (f"{flag} {part['num']:,}" for flag, part in record["sets"].items())
    figure: Mapping[str, Any] = next(iter(record["metrics"].values()), {})
    made = figure.get("recipe", {}).get("measured", {})
    title = f"{made['from']} → {made['to']}" if {"from", "to"} <= made.keys() else "Pictures"
    return Text(f"{title}: {', '.join(parts)}")


def _heading(metric: Metric) -> Text:
    better = {"higher": "higher is better", "lower": "lower is better", None: "neither is better"}
    unit = f"{metric.unit}, " if metric.unit else ""
    title = metric.title.removesuffix(f", {metric.extractor}")
    extractor = f"\n{metric.extractor}" if metric.extractor else ""
    return Text.assemble((title, "bold"), extractor, "\n", (unit + better[metric.better], "dim"))


def _cell(
    metric: Metric, figure: Mapping[str, Any], num: int, gap: Mapping[str, Any] | None = None
) -> Text:
    text = Text(number(metric, figure["value"]), style="bold")
    lines = []
    if figure["interval"] is not None:
        low, high = (number(metric, end) for end in figure["interval"])
        lines.append(Text(f"{low} to {high}", style="not bold"))
    if figure["num"] != num:
        lines.append(Text(f"{figure['num']:,} pictures", style="not bold dim"))
    if figure.get("num_infinite"):
        lines.append(Text(f"{figure['num_infinite']:,} equal, apart", style="not bold dim"))
    if gap is not None and metric.better is not None:
        lines.append(VERDICTS[gap["verdict"]])
    for line in lines:
        text.append("\n").append_text(line)
    return text


def _print_files(console: Console, record: Mapping[str, Any]) -> None:
    left_out = [f"{item['path']}: {item['reason']}" for item in record["left_out"]]
    _print_list(console, "left out", left_out)
    for flag, names in record["unmatched"].items():
        _print_list(console, f"of --{flag} without a partner", names)


def _print_list(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(Text(f"{len(lines):,} {title}", style="yellow"))
    for line in lines[:SHOWN]:
        console.print(Text(f"  {line}"), soft_wrap=True)
    if len(lines) > SHOWN:
        console.print(f"  … and {len(lines) - SHOWN:,} more in the record")


def _by_reason(skipped: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for item in skipped:
        groups.setdefault(item["reason"], []).append(item["metric"])
    return groups
