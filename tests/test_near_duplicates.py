"""Near-duplicates: what light does not change, links in blocks, and the labelled cameras."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy.sparse.csgraph import connected_components

from recyclegan.data import near_duplicates
from recyclegan.data.edge_directions import NUM_FEATURES, edge_directions
from recyclegan.data.near_duplicates import (
    NEAR,
    SAME_CAMERA,
    linked_groups,
    near_duplicate_groups,
)
from recyclegan.data.splitting import split_folders, split_groups

LABELS = Path(__file__).parent / "data" / "webcam_cameras.csv"


def view(seed, side=128):
    coarse = np.random.default_rng(seed).integers(30, 226, (12, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def likeness(a, b):
    return float(edge_directions(a).astype(np.float32) @ edge_directions(b).astype(np.float32))


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image,
        lambda image: image.point(lambda level: level // 2),
        lambda image: image.point(lambda level: round(255 * (level / 255) ** 2)),
        ImageOps.invert,
        ImageOps.grayscale,
        lambda image: image.resize((301, 211), Image.Resampling.BICUBIC),
    ],
    ids=["itself", "half the light", "gamma", "negative", "grey", "another size"],
)
def test_light_and_size_change_little(changed):
    for seed in range(4):
        assert likeness(view(seed), changed(view(seed)).convert("RGB")) > 0.8


def test_other_pictures_and_mirrored_ones_are_unlike():
    for seed in range(4):
        assert abs(likeness(view(seed), view(seed + 10))) < NEAR
        assert abs(likeness(view(seed), ImageOps.mirror(view(seed)))) < NEAR


@pytest.mark.parametrize("level", [0, 7, 128, 255])
def test_a_flat_picture_is_like_nothing(level):
    features = edge_directions(Image.new("RGB", (50, 40), (level,) * 3))
    assert features.shape == (NUM_FEATURES,) and not features.any()


def test_features_have_unit_length():
    assert np.linalg.norm(edge_directions(view(3)).astype(np.float64)) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_give_the_components_of_the_whole_matrix(block, monkeypatch):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 12))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    features = features.astype(np.float16)
    monkeypatch.setattr(near_duplicates, "BLOCK", block)
    for threshold in (0.5, 0.6, 0.7, 0.9):
        whole = features.astype(np.float32) @ features.astype(np.float32).T >= threshold
        expected = connected_components(whole, directed=False)[1]
        found = linked_groups(features, threshold)
        assert ((found[:, None] == found) == (expected[:, None] == expected)).all()


def test_group_numbers_begin_at_zero_and_leave_no_gap(tmp_path):
    paths = []
    for number, seed in enumerate((1, 2, 1, 3, 2)):
        paths.append(tmp_path / f"{number}.png")
        view(seed).save(paths[-1])
    seen = []
    groups = near_duplicate_groups(
        paths, on_progress=lambda done, total: seen.append((done, total))
    )
    assert sorted(set(groups.tolist())) == [0, 1, 2]
    assert groups[0] == groups[2] and groups[1] == groups[4]
    assert seen[-1] == (5, 5)


def test_given_groups_stay_together(tmp_path):
    a = [tmp_path / f"a{i}" for i in range(20)]
    b = [tmp_path / f"b{i}" for i in range(20)]
    groups = [i // 4 for i in range(20)] * 2
    for seed in range(5):
        parts = split_groups([(tmp_path, a), (tmp_path, b)], groups, seed=seed, test_fraction=0.2)
        assert [len(part.test) for part in parts] == [4, 4]
        held = {int(path.name[1:]) // 4 for part in parts for path in part.test}
        assert len(held) == 1


@pytest.fixture
def labelled(shared_dir):
    with LABELS.open(newline="") as lines:
        cameras = {row["file_name"]: row["camera"] for row in csv.DictReader(lines)}
    root = shared_dir / "data" / "daynight_webcams"
    return [root / name for name in cameras], np.array(list(cameras.values()))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("domain", "threshold"), [("day", NEAR), ("night", NEAR), ("", SAME_CAMERA)]
)
def test_the_cameras_of_real_pictures_are_found(labelled, domain, threshold):
    paths, cameras = labelled
    chosen = [i for i, path in enumerate(paths) if domain in path.parts or not domain]
    groups = near_duplicate_groups([paths[i] for i in chosen], likeness=threshold)
    same_group = groups[:, None] == groups
    same_camera = cameras[chosen][:, None] == cameras[chosen]
    assert (same_group & same_camera).sum() / same_group.sum() >= 0.99
    assert (same_group & same_camera).sum() / same_camera.sum() >= 0.99


@pytest.mark.shared
def test_no_camera_is_on_both_sides_of_a_split_by_cameras(labelled):
    paths, cameras = labelled
    camera = dict(zip(paths, cameras, strict=True))
    folders = [
        (paths[0].parents[1], [path for path in paths if domain in path.parts])
        for domain in ("day", "night")
    ]
    for seed in (0, 1):
        parts = split_folders(folders, seed=seed, test_fraction=0.2, likeness=SAME_CAMERA)
        sides = [
            {camera[path] for part in parts for path in getattr(part, side)}
            for side in ("train", "test")
        ]
        assert sides[0].isdisjoint(sides[1])
        assert all(part.test for part in parts)
