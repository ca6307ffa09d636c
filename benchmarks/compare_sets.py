"""How long 12 sets of 200 pictures take to be compared, beside doing it pair by pair.

    python benchmarks/compare_sets.py PICTURES --weights DIRECTORY

PICTURES holds 200 or more pictures; their central squares of 256 pixels are the real set, and 12
changes of them (darker, blurred, noisy, tinted ...) the sets. What is worked out is the same either
way: KID with EfficientNet-Lite0 between every two of the 13 sets, LPIPS (AlexNet) of each picture
to each real one, and of pictures of one name between every two sets.

Ours is timed as it is. The obvious way, in which every pair of sets has its features extracted
again and every pair of pictures goes through the network, would take days: it is timed on a few
pairs, whose figures must be ours, and multiplied by their number. One thread; seconds of the
processor, so that other work on the machine does not count. What is done is written down at once,
and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from recyclegan.atomic import write_json
from recyclegan.comparison.perceptual import measure_perceptual
from recyclegan.evaluation.instruments import Instruments
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.features.loading import load_extractor
from recyclegan.features.lpips import load_lpips
from recyclegan.images.decoding import decode
from recyclegan.images.resizing import centre_square
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.kernel import kid, kid_matrix

RESULT = Path(__file__).with_suffix(".json")
EXTRACTOR = "efficientnet_lite0"
NUM_SETS, NUM, SIZE = 12, 200, 256
TIMED_SET_PAIRS, TIMED_PICTURE_PAIRS = 2, 100
NAMES = [f"set-{index:02d}" for index in range(NUM_SETS)]


def change(picture, index, seed):
    """The picture as the set of this number has it; the same for the same seed."""
    if index % 3 == 0:
        picture = picture.filter(ImageFilter.GaussianBlur(0.4 + index / 4))
    pixels = np.asarray(picture, np.float32) * (1 - index / 20)
    if index % 3 == 1:
        pixels = pixels * (1, 1 - index / 25, 1 + index / 25)
    if index % 3 == 2:
        pixels = pixels + np.random.default_rng(seed).normal(0, 2 * index, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def draw_sets(source, work):
    """Write the sets as PNGs, unless they are there."""
    paths = sorted(source.rglob("*.jpg"))[:NUM]
    assert len(paths) == NUM, f"{source} has {len(paths)} of {NUM} pictures"
    for place, path in enumerate(paths):
        whole = centre_square(decode(path), SIZE)
        for index, name in enumerate(["real", *NAMES]):
            result = work / name / f"{place:03d}.png"
            if not result.exists():
                result.parent.mkdir(parents=True, exist_ok=True)
                changed = change(whole, index, place) if index else whole
                changed.save(result, compress_level=1)
    return {name: read_set(name, find_files("sets", work / name)) for name in ("real", *NAMES)}


class Notes:
    """Results by stage, on disk as soon as there are any."""

    def __init__(self):
        self.stages = json.loads(RESULT.read_text()) if RESULT.exists() else {}

    def do(self, stage, work):
        """Do what is not done yet, and note its seconds and what it found."""
        if stage not in self.stages:
            begin = time.process_time()
            found = work()
            self.stages[stage] = {"seconds": time.process_time() - begin, **found}
            write_json(RESULT, self.stages)
            print(stage, f"{self.stages[stage]['seconds']:.1f} s", flush=True)
        return self.stages[stage]


def ours(sets, extractor, lpips, work, notes):
    """Compare all sets as `recyclegan compare` does."""
    instruments = Instruments({EXTRACTOR: extractor}, cache_dir=work / "cache")
    for name, pictures in sets.items():

        def extract(pictures=pictures):
            return {"num": len(instruments.features(pictures, EXTRACTOR))}

        notes.do(f"ours: features of {name}", extract)
    features = [instruments.features(pictures, EXTRACTOR) for pictures in sets.values()]
    notes.do("ours: KID of all pairs", lambda: {"matrix": kid_matrix(features).tolist()})

    def look():
        translated = {name: pictures for name, pictures in sets.items() if name != "real"}
        found = measure_perceptual(
            lpips.embed, sets["real"], translated, on_progress=lambda done, total: None
        )
        ordered = sorted(picture.sha256 for picture in sets["real"].pictures.values())
        sample = found.to_real["set-05"][
            :TIMED_PICTURE_PAIRS, ordered.index(first_real(sets).sha256)
        ]
        return {"matrix": found.between.tolist(), "sample": sample.tolist()}

    notes.do("ours: LPIPS of all pairs", look)


def first_real(sets):
    return next(iter(sets["real"].pictures.values()))


def obvious(sets, extractor, lpips, notes):
    """Do the same for a few pairs, each from the start."""
    for second in NAMES[:TIMED_SET_PAIRS]:

        def extract(second=second):
            both = []
            for pictures in (sets["real"], sets[second]):
                prepared = [extractor.prepare(decode(path)) for path in pictures.paths]
                batches = (np.stack(prepared[at : at + 32]) for at in range(0, NUM, 32))
                both.append(np.concatenate([extractor.features(batch) for batch in batches]))
            return {"kid": kid(*both).value}

        notes.do(f"obvious: features and KID of real and {second}", extract)

    def look():
        real = to_tensor(decode(first_real(sets).path))[None]
        paths = sets["set-05"].paths[:TIMED_PICTURE_PAIRS]
        return {"sample": [float(lpips.distance(to_tensor(decode(p))[None], real)) for p in paths]}

    notes.do("obvious: LPIPS of 100 pairs of pictures", look)


def sum_up(notes):
    """Add up ours, multiply the obvious way, and check that both found the same."""
    stages = notes.stages
    mine = {key: row["seconds"] for key, row in stages.items() if key.startswith("ours")}
    pairs = (NUM_SETS + 1) * NUM_SETS // 2
    timed = [row for key, row in stages.items() if key.startswith("obvious: features")]
    by_pairs = pairs * float(np.mean([row["seconds"] for row in timed]))
    matrix = stages["ours: KID of all pairs"]["matrix"]
    kid_gap = max(abs(matrix[0][1 + at] - row["kid"]) for at, row in enumerate(timed))
    # Each set to the real one, the real pairs once, and pictures of one name in each two sets.
    looks = NUM_SETS * NUM**2 + NUM * (NUM - 1) // 2 + NUM_SETS * (NUM_SETS - 1) // 2 * NUM
    one_by_one = stages["obvious: LPIPS of 100 pairs of pictures"]
    lpips_seconds = looks * one_by_one["seconds"] / TIMED_PICTURE_PAIRS
    gaps = np.subtract(one_by_one["sample"], stages["ours: LPIPS of all pairs"]["sample"])
    return {
        "sets": NUM_SETS + 1,
        "pictures_in_each": NUM,
        "pairs_of_sets": pairs,
        "pairs_of_pictures": looks,
        "ours_seconds": sum(mine.values()),
        "ours_lpips_seconds": mine["ours: LPIPS of all pairs"],
        "obvious_seconds": by_pairs + lpips_seconds,
        "obvious_lpips_seconds": lpips_seconds,
        "obvious_is": f"from {len(timed)} pairs of sets and {TIMED_PICTURE_PAIRS} of pictures",
        "largest_kid_difference": kid_gap,
        "largest_lpips_difference": float(np.abs(gaps).max()),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "compare-sets"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    sets = draw_sets(given.pictures, given.work)
    extractor = load_extractor(f"tf_{EXTRACTOR}", given.weights)
    lpips = load_lpips("alex", given.weights)
    notes = Notes()
    ours(sets, extractor, lpips, given.work, notes)
    obvious(sets, extractor, lpips, notes)
    notes.stages["summary"] = sum_up(notes)
    write_json(RESULT, notes.stages)
    print(json.dumps(notes.stages["summary"], indent=2))


if __name__ == "__main__":
    main()
