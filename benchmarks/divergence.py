r"""Let a training diverge, and see which figures of held-out pictures notice.

    RECYCLEGAN_WEIGHTS=FOLDER .venv/bin/python benchmarks/divergence.py --data DAY NIGHT

Trains case-8 (path-length smoothing) from the identity start at 2.5 times its learning rate, warned
but not stopped, and evaluates it every half minute. The curves go to divergence.json, a drawing of
them beside it. Without --data street scenes are rendered, whose truth is known.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from recyclegan.atomic import write_json
from recyclegan.config import Config
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.runs.events import EventLog
from recyclegan.runs.run_dir import RunDir
from recyclegan.training.start import train
from recyclegan.variants.registry import get_variant

SIZE, RATE = 64, 5e-4
HIGHER = ("psnr", "ssim")
"""Figures that fall when things go wrong; the others rise."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", help="a dataset, or two folders")
    parser.add_argument("--work", type=Path, default=Path("divergence"), help="a new folder")
    parser.add_argument("--minutes", type=float, default=8.0, help="of training")
    parser.add_argument("--json", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    data = args.data or [args.work / "scenes"]
    if not args.data and not data[0].exists():
        write_scenes(data[0], num=400, num_test=40, size=SIZE, seed=0)
    run = RunDir(args.work / "run")
    train(configuration(args.minutes), data, run.path, overwrite=True)
    events = list(EventLog(run.metrics_path).read())
    result = summarise(events)
    write_json(args.json, result | {"minutes": args.minutes, "learning_rate": RATE})
    draw(result, args.json.with_suffix(".png"))
    for name, row in result["figures"].items():
        print(f"{name:<32}best {row['best']:10.4f} at step {row['best_step']:>5}   ", end="")
        print(f"before {row['before']:10.4f}   after {row['after']:10.4f}   ", end="")
        print("noticed" if row["noticed"] else "not noticed")


def configuration(minutes: float) -> Config:
    config = get_variant("case-8")
    return replace(
        config,
        generator=replace(config.generator, head="identity-start"),
        optimizer=replace(config.optimizer, batch=1, lr_generator=RATE, lr_discriminator=RATE),
        images=replace(config.images, size=SIZE, workers=0),
        train=replace(config.train, minutes=minutes, eval_minutes=0.5, eval_images=40),
    )


def summarise(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return each figure's curve, what it said before and after, and the alarms of the monitors.

    A figure noticed where the mean of the three evaluations after the first alarm is worse than the
    one before it.
    """
    evaluations = [event for event in events if event["event"] == "evaluation"]
    alarms = [event for event in events if event["event"] == "alarm"]
    if not alarms:
        raise SystemExit("this training did not diverge: give it more minutes, or other pictures")
    told, figures = alarms[0]["step"], {}
    for name in evaluations[0]:
        if name in ("event", "step", "time"):
            continue
        points = [(e["step"], e[name]) for e in evaluations if e.get(name) is not None]
        sign = -1 if name.startswith(HIGHER) else 1
        best_step, best = min(points, key=lambda point: sign * point[1])
        before = [value for step, value in points if step <= told][-1]
        after = [value for step, value in points if step > told][:3]
        figures[name] = {
            "curve": points,
            "best": best,
            "best_step": best_step,
            "before": before,
            "after": sum(after) / len(after),
            "noticed": sign * (sum(after) / len(after) - before) > 0,
        }
    return {
        "figures": figures,
        "alarms": [{key: alarm[key] for key in ("step", "kind", "sentence")} for alarm in alarms],
    }


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Draw a panel for each figure, both directions in it, with the steps of the alarms."""
    panels: dict[str, list[str]] = {}
    for name in result["figures"]:
        panels.setdefault(name.rpartition("_")[0], []).append(name)
    figure, axes = plt.subplots(
        -(-len(panels) // 3), 3, figsize=(12, 2.6 * -(-len(panels) // 3)), squeeze=False
    )
    for axis, (title, names) in zip(axes.flat, panels.items(), strict=False):
        for name, colour in zip(names, ("#0072b2", "#d55e00"), strict=False):
            steps, values = zip(*result["figures"][name]["curve"], strict=True)
            axis.plot(steps, values, color=colour, label=name.rpartition("_")[2])
        for alarm in result["alarms"]:
            axis.axvline(alarm["step"], color="0.7", linewidth=0.8, linestyle=":")
        axis.set_title(title, fontsize=10)
        axis.legend(frameon=False, fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    figure.supxlabel("step (dotted: alarms of the monitors)", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
