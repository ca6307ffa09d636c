"""A made comparison with pictures, of the schema of comparison.json."""

from __future__ import annotations

import itertools
import math

import numpy as np
from PIL import Image

METRICS = {
    "kid_resnet18": ("KID, resnet18", "", "lower"),
    "lpips_alex": ("LPIPS to truth, AlexNet", "", "lower"),
    "psnr": ("PSNR to truth", "dB", "higher"),
    "structure": ("Structure kept", "", "higher"),
    "colour_share": ("Mere colour", "", None),
}
BASE = {
    "kid_resnet18": 0.02,
    "lpips_alex": 0.3,
    "psnr": 20.0,
    "structure": 0.7,
    "colour_share": 0.5,
}
STEP = {
    "kid_resnet18": 0.01,
    "lpips_alex": 0.05,
    "psnr": -2.0,
    "structure": -0.1,
    "colour_share": 0.1,
}
BASELINES = ("identity", "colour_transfer")


def make_comparison(folder, names=("small", "large", "odd"), num_pictures=4, size=48, truth=True):
    """Sets get worse from the first to the last; the first two do not differ clearly."""
    num = num_pictures
    paths = {
        name: [draw(folder / f"set{index}", i, index, size) for i in range(num)]
        for index, name in enumerate((*names, "source", "truth"))
    }
    rows = [*names, *BASELINES]
    figures = {"real": {"kid_resnet18": {"value": 0.0003, "interval": [-0.001, 0.002]}}}
    for rank, name in enumerate(rows):
        figures[name] = {metric: estimate(metric, max(rank, 1)) for metric in METRICS}
    figures[rows[-1]]["psnr"] = {"value": None, "interval": None}
    labels = ["real", *names]
    return {
        "kind": "comparison",
        "version": 1,
        "title": "Day to night",
        "sets": [
            make_set("real", "real", num),
            *(make_set(name, "set", num, rank) for rank, name in enumerate(names)),
            *(make_set(name, "baseline", num) for name in BASELINES),
        ],
        "metrics": {
            metric: {"title": title, "unit": unit, "better": better, "recipe": {"num_fake": num}}
            for metric, (title, unit, better) in METRICS.items()
        },
        "figures": figures,
        "differences": {metric: make_differences(metric, rows) for metric in METRICS},
        "matrices": {
            "kid_resnet18": make_matrix("KID, resnet18", labels),
            "lpips_alex": make_matrix("Mean LPIPS, pictures of one name", list(names)),
        },
        "distributions": {label: make_distribution(i) for i, label in enumerate(labels)},
        "maps": {
            "kid_resnet18": make_maps(labels),
            "lpips_alex": make_maps(list(names)),
        },
        "samples": {
            "by": "mean LPIPS to the real pictures",
            "percentiles": {
                name: [
                    {
                        "percentile": p, "name": f"{i % num}", "value": 0.2 + p / 200,
                        "path": paths[name][i % num], "source": paths["source"][i % num],
                    }
                    for i, p in enumerate((5, 25, 50, 75, 95))
                ]
                for name in names
            },
            "grid": [
                {
                    "name": f"{i}",
                    "source": paths["source"][i],
                    "truth": paths["truth"][i] if truth else None,
                    "sets": {name: paths[name][i] for name in names},
                }
                for i in range(num)
            ],
        },
        "curves": {names[0]: make_events(1.0), names[1]: make_events(2.0)},
        "skipped": [{"metric": "fid", "reason": "no Inception weights at hand"}],
        "left_out": [{"path": "odd/9.png", "reason": "the file is truncated"}],
        "warnings": [f"Only {num} pictures a set."],
        "recipe": {"seed": 0, "num_resamples": 1000},
        "command": "recyclegan compare --real real --sets small=small --out comparison",
    }  # fmt: skip


def draw(folder, index, hue, size):
    """A plain picture whose colour tells set and picture, on soft noise as photographs have."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(index)
    small = rng.integers(-60, 60, (max(size // 8, 2), max(size // 8, 2), 3)).astype(np.float32)
    noise = np.kron(small, np.ones((8, 8, 1)))[:size, :size]
    colour = 128 + 110 * np.cos(np.array([0, 2, 4]) + 2.4 * hue)
    pixels = np.clip(colour + noise[: size * 3 // 4], 0, 255).astype(np.uint8)
    path = folder / f"{index}.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def estimate(metric, rank):
    value, width = BASE[metric] + rank * STEP[metric], abs(STEP[metric]) / 3
    return {"value": value, "interval": [value - width, value + width]}


def make_set(name, role, num, rank=None):
    cost = {
        "parameters": 1_669_891 * (1 + (rank or 0)),
        "multiply_adds": 7_900_000_000,
        "seconds_per_image": 0.12,
        "source": dict.fromkeys(("parameters", "multiply_adds", "seconds_per_image"), "model.json"),
    }
    flags = (
        [f"{name} holds 3 pictures and small 4: they are not ranked against each other."]
        if rank == 2
        else []
    )
    return {
        "name": name, "role": role, "path": f"sets/{name}", "num": num, "digest": "0" * 64,
        "cost": cost if rank is not None and rank != 1 else None, "flags": flags,
    }  # fmt: skip


def make_differences(metric, rows):
    differences = []
    for (i, first), (j, second) in itertools.combinations(enumerate(rows), 2):
        value = (max(i, 1) - max(j, 1)) * STEP[metric]
        width = abs(STEP[metric]) / 2
        verdict = "unclear" if value == 0 or METRICS[metric][2] is None else "first"
        differences.append(
            {
                "first": first, "second": second, "value": value,
                "interval": [value - width, value + width], "verdict": verdict,
            }
        )  # fmt: skip
    return differences


def make_matrix(title, labels):
    values = [[abs(i - j) * 0.1 for j in range(len(labels))] for i in range(len(labels))]
    return {"title": title, "labels": labels, "values": values}


def make_maps(labels):
    def points(dimensions):
        angles = [2.4 * i for i in range(len(labels))]
        return [
            [math.cos(a) * (1 + i / 9), math.sin(a), 0.3 * i][:dimensions]
            for i, a in enumerate(angles)
        ]

    maps = {"labels": labels, "of": "the values as they are"}
    for dimensions in (2, 3):
        maps[f"mds{dimensions}"] = {"points": points(dimensions), "stress": 0.12 / dimensions}
        maps[f"tsne{dimensions}"] = {"points": points(dimensions), "perplexity": 2.0, "seed": 0}
    return maps


def make_distribution(shift):
    edges = [round(0.3 + 0.05 * i, 3) for i in range(11)]
    counts = [int(100 * math.exp(-((i - 4 - shift / 2) ** 2) / 4)) for i in range(10)]
    return {
        "mean": 0.5 + shift / 40,
        "std": 0.06,
        "num": sum(counts),
        "edges": edges,
        "counts": counts,
    }


def make_events(speed):
    for_steps = range(0, 401, 20)
    return [
        {
            "event": "evaluation", "step": step, "time": step / speed,
            "swd_a2b": 0.1 + math.exp(-step * speed / 100), "swd_b2a": 0.2,
        }
        for step in for_steps
    ] + [{"event": "train", "step": 1, "losses/cycle_a": 0.4}]  # fmt: skip
