r"""Train haze away from rendered streets and measure it beside what learns nothing.

    .venv/bin/python benchmarks/hazy_to_clear.py --work WORK --minutes 10
    .venv/bin/python benchmarks/hazy_to_clear.py --work WORK --steps 2000
    .venv/bin/python benchmarks/hazy_to_clear.py --pairs FOLDER --kind o-haze

The first two render 200 + 30 street scenes, train, translate the held-out hazy ones and print PSNR
and SSIM with their 95 % intervals, and the translator's differences; the figures go to
hazy_to_clear.json. The last says whether the crops of aligned pairs stay aligned: the PSNR of
hazy against clear over the whole pictures and over their crops.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from recyclegan.atomic import write_json
from recyclegan.data.haze import SIDES_OF_CROPS, grid, shrink
from recyclegan.data.haze_pairs import find_pairs
from recyclegan.data.layouts import read_layout
from recyclegan.data.scenes.dataset import write_scenes
from recyclegan.evaluation.baselines import baselines_of
from recyclegan.evaluation.choosing import choose
from recyclegan.evaluation.evaluating import evaluate_sets
from recyclegan.evaluation.pairing import names_below
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.evaluation.verdict import state_verdict
from recyclegan.images.decoding import decode
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.colour_transfer import colour_statistics
from recyclegan.training.start import train
from recyclegan.translation.folder import translate_path
from recyclegan.translation.record import MODEL, RECORD
from recyclegan.translation.translator import load_translator
from recyclegan.variants.registry import get_variant

NUM, NUM_TEST, SIZE, SEED = 200, 30, 64, 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("hazy_to_clear"), help="a new folder")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training")
    parser.add_argument("--steps", type=int, help="of training, instead: as good on any machine")
    parser.add_argument("--variant", default="recyclegan")
    parser.add_argument("--json", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--pairs", type=Path, help="compare whole pairs with their crops instead")
    parser.add_argument("--kind", choices=("o-haze", "i-haze"), default="o-haze")
    args = parser.parse_args()
    if args.pairs:
        compare_crops(args.pairs, args.kind)
        return
    minutes = None if args.steps else args.minutes
    evaluation = measure_training(args.work, args.variant, minutes, args.steps)
    write_json(args.json, evaluation)
    print_evaluation(evaluation)


def measure_training(
    work: Path, variant: str, minutes: float | None, steps: int | None
) -> dict[str, Any]:
    """Return the evaluation of hazy to clear, after rendering and training below `work`."""
    scenes, run, fakes_dir = work / "scenes", work / "run", work / "translations"
    if not scenes.exists():
        write_scenes(scenes, task="hazy2clear", num=NUM, num_test=NUM_TEST, size=SIZE, seed=SEED)
    config = get_variant(variant)
    config = replace(
        config,
        images=replace(config.images, size=SIZE, workers=0),
        train=replace(config.train, minutes=minutes, steps=steps, eval_minutes=None),
    )
    if not train(config, [scenes], run, overwrite=True):
        raise SystemExit("the training was stopped")
    # The last state, not the best: that one was chosen on these same pictures.
    translator = load_translator(run / "checkpoints" / "last", "a2b")
    translate_path(translator, scenes / "testA", fakes_dir, overwrite=True)
    folders = read_layout([scenes], seed=SEED, test_fraction=0.2)
    source = names_below(scenes / "testA", folders.a.test)
    made_by = json.loads((fakes_dir / RECORD).read_text())
    sets = {
        "real": read_set("testB", names_below(scenes / "testB", folders.b.test)),
        "fake": read_set("translations", find_files("fake", fakes_dir)),
        "truth": read_set("truthA", {n: folders.a.truth[path] for n, path in source.items()}),
        "source": read_set("testA", source),
    }
    return evaluate_sets(
        sets,
        choose(("psnr", "ssim"), sets),
        baselines=baselines_of(folders.a.name),
        colours=colour_statistics(to_tensor(decode(path)) for path in folders.b.train),
        measured={
            **{key: made_by[key] for key in MODEL},
            "minutes": minutes,
            "scenes": {"num": NUM, "num_test": NUM_TEST, "size": SIZE, "seed": SEED},
            "num_threads": torch.get_num_threads(),
        },
    )


def print_evaluation(evaluation: Mapping[str, Any]) -> None:
    baselines = {name: evaluation["rows"][name] for name in evaluation["differences"]}
    parts = {"rows": baselines | {"translator": evaluation["metrics"]}}
    parts["differences"] = evaluation["differences"]
    for part, rows in parts.items():
        print(f"{part:<18}{'PSNR in dB':<28}SSIM")
        for name, metrics in rows.items():
            figures = (
                "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(
                    metrics[metric]["value"], *metrics[metric]["interval"], d=digits
                )
                for metric, digits in (("psnr", 2), ("ssim", 3))
            )
            print(f"{name:<18}" + "".join(f"{figure:<28}" for figure in figures).rstrip())
    print(state_verdict(evaluation))


def compare_crops(folder: Path, kind: str, size: int = 256) -> list[tuple[float, float]]:
    """Print and return the PSNR of hazy against clear of each pair: whole, and over its crops."""
    figures = []
    for name, pair in find_pairs(folder, kind)[0].items():
        hazy, clear = (
            shrink(decode(path), SIDES_OF_CROPS * size) for path in (pair.other, pair.clear)
        )
        error = (to_tensor(hazy) - to_tensor(clear)).square()
        boxes = grid(*hazy.size, size)
        crops = torch.stack([error[:, y:bottom, x:right] for x, y, right, bottom in boxes])
        whole, cut = (float(10 * torch.log10(4 / e.mean())) for e in (error, crops))
        figures.append((whole, cut))
        print(f"{name:<24}whole {whole:6.2f} dB   {len(boxes)} crops {cut:6.2f} dB")
    return figures


if __name__ == "__main__":
    main()
