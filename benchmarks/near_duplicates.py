"""Precision and recall of near-duplicate groups on pictures whose camera is known.

    python benchmarks/near_duplicates.py PICTURES LABELS.csv [--weights EFFICIENTNET_LITE0]

PICTURES holds the folders named in LABELS.csv (columns file_name, camera). For each method the
groups are connected components at a threshold; of all pairs of pictures, precision is the share of
grouped pairs that have one camera, recall the share of one camera's pairs that are grouped. The
threshold printed first is the method's best by F1 on these very pictures (an upper bound), then,
for the method that is used, the two thresholds that it is used with.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from recyclegan.data.edge_directions import edge_directions
from recyclegan.data.near_duplicates import NEAR, SAME_CAMERA, linked_groups
from recyclegan.images.decoding import decode

RESULT = Path(__file__).with_suffix(".json")


def unit(rows):
    rows = np.stack(rows).reshape(len(rows), -1).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)


def perceptual_hash(pictures):
    return unit([np.where(imagehash.phash(image, 16).hash, 1, -1) for image in pictures])


def luminance(pictures):
    """Grey at 32 x 32, less its local mean, over its local deviation."""
    rows = []
    for image in pictures:
        small = image.convert("L").resize((32, 32), Image.Resampling.BICUBIC)
        grey = np.log(np.asarray(small, np.float32) / 255 + 0.02)
        deviation = grey - gaussian_filter(grey, 2)
        rows.append(deviation / (np.sqrt(gaussian_filter(deviation**2, 2)) + 0.02))
    return unit(rows)


def pretrained(pictures, weights):
    import timm
    import torch
    from safetensors.torch import load_file

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    model.load_state_dict(load_file(weights))
    rows = []
    for image in pictures:
        pixels = np.asarray(image.resize((224, 224), Image.Resampling.BICUBIC), np.float32)
        tensor = torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)[None]
        with torch.inference_mode():
            rows.append(model.forward_features(tensor).mean((2, 3)).numpy())
    features = unit(rows)
    return unit(features - features.mean(0))


def precision_and_recall(groups, cameras):
    above = np.triu_indices(len(cameras), 1)
    grouped = (groups[:, None] == groups)[above]
    same = (cameras[:, None] == cameras)[above]
    both = (grouped & same).sum()
    return float(both / max(1, grouped.sum())), float(both / same.sum())


def scored(features, threshold, cameras):
    precision, recall = precision_and_recall(linked_groups(features, threshold), cameras)
    return {"threshold": round(float(threshold), 2), "precision": precision, "recall": recall}


def best(features, cameras):
    rows = [scored(features, threshold, cameras) for threshold in np.arange(0.02, 0.99, 0.01)]
    return max(rows, key=lambda row: 2 / (1 / max(row["precision"], 1e-9) + 1 / row["recall"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--weights", type=Path)
    given = parser.parse_args()
    with given.labels.open(newline="") as lines:
        labels = {row["file_name"]: row["camera"] for row in csv.DictReader(lines)}
    cameras = np.array(list(labels.values()))
    day = np.array([name.startswith("day") for name in labels])
    pictures = [decode(given.pictures / name) for name in labels]
    methods = {
        "edge directions": np.stack([edge_directions(image) for image in pictures]),
        "perceptual hash": perceptual_hash(pictures),
        "normalised luminance": luminance(pictures),
    }
    if given.weights:
        methods["EfficientNet-Lite0"] = pretrained(pictures, given.weights)
    subsets = {"day": day, "night": ~day, "both": day | ~day}
    results = {}
    for method, features in methods.items():
        for subset, chosen in subsets.items():
            rows = [best(features[chosen], cameras[chosen])]
            if method == "edge directions":
                rows += [scored(features[chosen], t, cameras[chosen]) for t in (NEAR, SAME_CAMERA)]
            results[f"{method}, {subset}"] = rows
            print(f"{method:22} {subset:6}", *(
                "{threshold:.2f}: P {precision:.3f} R {recall:.3f}  ".format(**row) for row in rows
            ))  # fmt: skip
    RESULT.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
