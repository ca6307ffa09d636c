"""What `recyclegan doctor` prints for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from recyclegan.doctor.speed import SIZE
from recyclegan.training.progress import duration

STEPS = 10_000
Row = tuple[str, str]


def print_report(report: Mapping[str, Any]) -> None:
    """Print a report, and what is wrong at its end."""
    console = Console()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for part in (_machine, _packages, _weights, _speed, _data):
        for name, words in part(report):
            table.add_row(Text(name), Text(words))
    console.print(table)
    if not report["wrong"]:
        console.print("\nNothing is wrong.", style="green")
        return
    console.print("\nWrong:", style="bold red")
    for one in report["wrong"]:
        console.print(f"  {one['wrong']}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"    Mend: {one['mend']}", highlight=False, markup=False, soft_wrap=True)


def _machine(report: Mapping[str, Any]) -> Iterator[Row]:
    has = report["machine"]
    bf16 = "bf16 native" if has["native_bf16"] else "no native bf16"
    cores = f"{has['cores']} cores, {has['threads']} threads"
    yield "processor", f"{has['processor']}, {cores}, {has['simd']}, {bf16}"
    for one in has["accelerators"]:
        yield "accelerator", one["name"] + (f", {_size(one['memory'])}" if one["memory"] else "")
    if not has["accelerators"]:
        yield "accelerator", "none: the processor computes"
    free = f", {_size(has['memory_free'])} free" if has["memory_free"] is not None else ""
    yield "memory", (_size(has["memory"]) if has["memory"] else "unknown") + free
    yield "disk", f"{_size(has['disk_free'])} free here"
    compiler = has["compiler"] or "none, so --train.compile does not work on the processor"
    yield "compiler", compiler


def _packages(report: Mapping[str, Any]) -> Iterator[Row]:
    yield "versions", ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    whole = [name for name, extra in report["extras"].items() if not extra["missing"]]
    yield "extras", ", ".join(whole) or "none"
    for name, extra in report["extras"].items():
        if extra["missing"]:
            yield "", f"without {name} ({', '.join(extra['missing'])}): {extra['command']}"


def _weights(report: Mapping[str, Any]) -> Iterator[Row]:
    yield "weights", f"looked for in {', then '.join(report['weights_places'])}"
    for one in report["weights"]:
        where = one["path"] or f"not at hand ({one['wanted']})"
        yield "", f"{one['name']}, for {one['enables']}: {where}"


def _speed(report: Mapping[str, Any]) -> Iterator[Row]:
    speed = report["speed"]
    if speed is None:
        return
    took = speed["seconds_a_step"]
    words = (
        f"a step of recyclegan at {SIZE} px takes {took * 1000:.0f} ms on {speed['device']} "
        f"({speed['arithmetic']} maps), so {STEPS:,} steps take about {duration(took * STEPS)}"
    )
    if speed["busy"] is not None:
        words += f"; other programs kept the cores busy meanwhile (load {speed['busy']:.1f})"
    yield "speed", words


def _data(report: Mapping[str, Any]) -> Iterator[Row]:
    data = report["data"]
    if data and data["counts"]:
        counts = " and ".join(f"{num:,} of {name}" for name, num in data["counts"].items())
        small = f"; the smallest seen is {data['smallest'][0]}x{data['smallest'][1]}"
        yield "data", f"{data['layout']}: {counts}{small if data['smallest'] else ''}"


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 2**30:.1f} GB"
