"""How long until something happens? Seconds from the start of a process to its end.

    .venv/bin/python -m benchmarks.start_up

Each command runs several times in turn with the others, on small seeded pictures with an untrained
model; figures are medians. `python -c pass` says what the interpreter itself takes, `import torch`
what nothing here can be faster than. Writes start_up.json and start_up.png.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import torch

from benchmarks.translate import write_model, write_pictures
from recyclegan.atomic import write_json
from recyclegan.data.scenes.dataset import write_scenes

RESULT = Path(__file__).with_suffix(".json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = make_commands(Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            run(command)
        for _ in range(args.turns):
            for name, command in commands.items():
                seconds[name].append(run(command))
    medians = {name: round(statistics.median(times), 2) for name, times in seconds.items()}
    machine = f"{platform.node()}, {os.cpu_count()} cores, torch {torch.__version__}"
    write_json(RESULT, {"machine": machine, "turns": args.turns, "seconds": medians})
    for name, median in medians.items():
        print(f"{median:6.2f}  {name}")
    draw(medians, RESULT.with_suffix(".png"))


def make_commands(work: Path) -> dict[str, list[str]]:
    """Return what is timed, by name; `run` has been once before, so nothing is measured anew."""
    write_scenes(work / "scenes", num=8, num_test=4, size=64)
    write_pictures(work / "pictures", 1, (256, 256))
    model = write_model(work / "generators.safetensors", "recyclegan")
    ours = [sys.executable, "-m", "recyclegan"]
    train = ["train", "recyclegan", "--data", work / "scenes", "--out", work / "run", "--overwrite"]
    train += ["--images.size", "64", "--train.steps", "1", "--train.extractor", "none"]
    translate = ["translate", model, work / "pictures", work / "out", "--direction", "a2b"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import torch": [sys.executable, "-c", "import torch"],
        "import recyclegan": [sys.executable, "-c", "import recyclegan"],
        "recyclegan --help": [*ours, "--help"],
        "recyclegan variants": [*ours, "variants"],
        "recyclegan train, one step, saved and evaluated": [*ours, *train],
        "recyclegan translate, one picture": [*ours, *translate, "--overwrite"],
    }
    return {name: [str(word) for word in command] for name, command in commands.items()}


def run(command: list[str]) -> float:
    """Return the seconds that a command takes."""
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def draw(medians: dict[str, float], path: Path) -> None:
    """Draw a bar for each command."""
    figure, axis = plt.subplots(figsize=(8, 0.4 * len(medians) + 0.8))
    bars = axis.barh([*reversed(medians)], [*reversed(medians.values())], color="#0072b2")
    axis.bar_label(bars, fmt="%.2f s", padding=3, fontsize=8)
    axis.set_xlabel("seconds")
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
