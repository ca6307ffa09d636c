"""How does `recyclegan compare` grow with the number of pictures and of sets?

    .venv/bin/python -m benchmarks.growth --weights DIRECTORY

The sets are the same night scenes, changed each in a way of its own, at 128 px; the features are
EfficientNet-Lite0's, LPIPS looks through AlexNet, and DIRECTORY holds both. Every comparison is
the command, in a process of its own with one thread: once with an empty cache of features and once
more with a full one. Seconds are the processor's, so that other work on the machine does not count.
Writes growth.json (what is there is not measured again) and growth.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from benchmarks.compare_sets import change
from recyclegan.atomic import write_json
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.images.decoding import decode

RESULT = Path(__file__).with_suffix(".json")
SIZE, MOST_PICTURES, MOST_SETS = 128, 400, 24
GRID = [(num, 6) for num in (50, 100, 200, MOST_PICTURES)]
GRID += [(100, sets) for sets in (3, 12, MOST_SETS)]
"""Pictures a set, and sets."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True)
    args = parser.parse_args()
    result = json.loads(RESULT.read_text()) if RESULT.is_file() else {"rows": {}}
    result["machine"] = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    wanted = {f"{num} pictures, {sets} sets": (num, sets) for num, sets in GRID}
    missing = {key: cell for key, cell in wanted.items() if key not in result["rows"]}
    if missing:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            write_scenes(work / "scenes", num=MOST_PICTURES, num_test=1, size=SIZE)
            for key, cell in missing.items():
                result["rows"][key] = measure(*cell, work, args.weights.absolute())
                write_json(RESULT, result)
                print(key, json.dumps(result["rows"][key]), flush=True)
    draw(result["rows"], RESULT.with_suffix(".png"))


def measure(num: int, num_sets: int, work: Path, weights: Path) -> dict[str, object]:
    """Compare sets twice; return the seconds of both, and the peak of memory."""
    root = work / f"{num}-{num_sets}"
    scenes = sorted((work / "scenes" / "trainB").iterdir())[:num]
    for number in range(num_sets + 1):
        folder = root / (f"set-{number:02d}" if number else "real")
        folder.mkdir(parents=True)
        for place, path in enumerate(scenes):
            picture = decode(path)
            (change(picture, number, place) if number else picture).save(folder / path.name)
    sets = [f"{folder.name}={folder}" for folder in sorted(root.glob("set-*"))]
    command = [sys.executable, "-m", "recyclegan", "compare", "--real", str(root / "real")]
    command += ["--sets", *sets, "--extractor", "efficientnet_lite0", "--weights", str(weights)]
    command += ["--cache", str(root / "cache"), "--overwrite", "--out", str(root / "out")]
    first, peak = processor_time(command)
    again, _ = processor_time(command)
    return {
        "seconds": round(first, 1),
        "seconds_again": round(again, 1),
        "peak_megabytes": round(peak / 1e6),
    }


def processor_time(command: list[str]) -> tuple[float, int]:
    """Run a command on one thread; return its processor seconds and its peak in bytes."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def draw(rows: dict[str, dict[str, float]], path: Path) -> None:
    """Draw seconds against pictures at six sets, and against sets at a hundred pictures."""
    cells = {tuple(int(w) for w in key.split() if w.isdigit()): row for key, row in rows.items()}
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
    for axis, place, fixed, label in (
        (axes[0], 0, 6, "pictures a set, with 6 sets"),
        (axes[1], 1, 100, "sets of 100 pictures"),
    ):
        line = sorted((cell[place], row) for cell, row in cells.items() if cell[1 - place] == fixed)
        numbers = [number for number, _ in line]
        for name, colour in (("seconds", "#0072b2"), ("seconds_again", "#d55e00")):
            values = [row[name] for _, row in line]
            axis.plot(numbers, values, marker="o", color=colour, label=name.replace("_", " "))
        axis.set_xlabel(label)
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("processor seconds")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
