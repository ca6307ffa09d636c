"""Features of a folder of pictures: one by one, in batches, and again with what is kept.

    .venv/bin/python benchmarks/feature_extraction.py PICTURES --weights WEIGHTS

The ways take turns on the same files with the same network: `one_by_one` decodes a picture and
gives it to the network, then the next; `batched` is what every command does, with an empty cache;
`cached` is the same when everything is known, reading and hashing the files included. With
OMP_NUM_THREADS=1 the figures depend less on what else the machine does. Adds the result to
feature_extraction.json beside this script, under the extractor and torch's threads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from recyclegan.features.cache import FeatureCache
from recyclegan.features.extractor import Extractor
from recyclegan.features.loading import load_extractor
from recyclegan.features.reading import read_features
from recyclegan.images.decoding import decode
from recyclegan.images.listing import list_images

RESULT = Path(__file__).with_suffix(".json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--extractor", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    paths = list_images(args.pictures).paths
    extractor = load_extractor(args.extractor, args.weights)
    one_by_one(paths[:20], extractor)  # The first use of a network is slower.
    seconds: dict[str, list[float]] = {"one_by_one": [], "batched": [], "cached": []}
    cpu_seconds: dict[str, list[float]] = {way: [] for way in seconds}
    for _ in range(args.repeats):
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for way, times in seconds.items():
                start, cpu_start = time.perf_counter(), time.process_time()
                if way == "one_by_one":
                    results.append(one_by_one(paths, extractor))
                else:
                    cache = FeatureCache(Path(folder), extractor.identity)
                    results.append(read_features(paths, extractor, cache).features)
                times.append(time.perf_counter() - start)
                cpu_seconds[way].append(time.process_time() - cpu_start)
                print(f"{way}: {times[-1]:.2f} s, of a core {cpu_seconds[way][-1]:.2f}", flush=True)
    first, *others = results
    median = {way: statistics.median(times) for way, times in seconds.items()}
    row = {
        "pictures": len(paths),
        "extractor": extractor.identity,
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "seconds": {way: [round(value, 3) for value in times] for way, times in seconds.items()},
        "cpu_ms_per_picture": {
            way: round(statistics.median(times) / len(paths) * 1000, 2)
            for way, times in cpu_seconds.items()
        },
        "pictures_per_second": {way: round(len(paths) / value, 1) for way, value in median.items()},
        "times_faster_than_one_by_one": {
            way: round(median["one_by_one"] / value, 2) for way, value in median.items()
        },
        "largest_difference": float(max(abs(other - first).max() for other in others)),
        "largest_feature": float(abs(first).max()),
    }
    print(json.dumps(row, indent=2))
    rows = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    rows[f"{extractor.name}, threads {torch.get_num_threads()}"] = row
    RESULT.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def one_by_one(paths: Sequence[Path], extractor: Extractor) -> np.ndarray:
    """Return features (N,D) the obvious way."""
    return np.concatenate(
        [extractor.features(extractor.prepare(decode(path))[None]) for path in paths]
    )


if __name__ == "__main__":
    main()
