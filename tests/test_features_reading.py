"""Features do not depend on batches, order or the format of files; nothing is read twice."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan.features import cache as cache_module
from recyclegan.features import reading
from recyclegan.features.cache import FeatureCache
from recyclegan.features.extractor import NetworkFeatures
from recyclegan.features.reading import read_features
from recyclegan.networks.pretrained import Backbone
from tests.conftest import draw_picture


@pytest.fixture
def extractor():
    """A small seeded network; what it gives has no meaning."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, 2),
        torch.nn.BatchNorm2d(16),
        torch.nn.ReLU(),
        torch.nn.Conv2d(16, 8, 3, 2),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
    ).eval()
    half = torch.full((3, 1, 1), 0.5)
    return NetworkFeatures(Backbone("seeded", "none", network, 32, half, half))


class AsTheyAre:
    """Takes pictures at their own size, as Inception does."""

    name = "mean"
    width = 3

    def __init__(self):
        self.identity = {"extractor": "mean"}

    def prepare(self, image):
        return np.array(image)

    def features(self, pixels):
        self.last = pixels.shape
        return pixels.mean((1, 2)).astype(np.float32)


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(7)]
    for index, path in enumerate(paths):
        draw_picture(path, index)
    return paths


def read(paths, extractor, folder):
    return read_features(paths, extractor, FeatureCache(folder, extractor.identity))


def test_batch_size_and_order_change_nothing(extractor, pictures, tmp_path, monkeypatch):
    whole = read(pictures, extractor, tmp_path / "whole")
    assert whole.paths == tuple(pictures) and whole.features.shape == (7, 8)
    assert whole.features.std(0).min() > 1e-4
    assert whole.sha256[3] == hashlib.sha256(pictures[3].read_bytes()).hexdigest()
    for batch in (1, 3, 7):
        monkeypatch.setattr(reading, "BATCH", batch)
        back = read(pictures[::-1], extractor, tmp_path / f"by {batch}")
        assert back.paths == tuple(pictures[::-1])
        assert np.allclose(back.features[::-1], whole.features, rtol=1e-5, atol=1e-6)


def test_any_sizes_and_modes_and_bad_files_listed(extractor, tmp_path):
    picture = Image.new("RGB", (40, 30), (200, 10, 60))
    kinds = {
        "RGB": "a.jpg",
        "L": "b.png",
        "RGBA": "c.webp",
        "P": "d.gif",
        "I;16": "e.tif",
        "1": "f.bmp",
    }
    paths = []
    for number, (mode, name) in enumerate(kinds.items()):
        grey = picture.convert("L") if mode == "I;16" else picture
        grey.convert(mode).resize((20 + number, 30 - number)).save(tmp_path / name)
        paths.append(tmp_path / name)
    (tmp_path / "cut.png").write_bytes((tmp_path / "b.png").read_bytes()[:40])
    (tmp_path / "empty.png").write_bytes(b"")
    bad = [tmp_path / "cut.png", tmp_path / "empty.png", tmp_path / "missing.png"]
    asked = [paths[0], bad[0], *paths[1:], *bad[1:]]
    for chosen in (extractor, AsTheyAre()):
        found = read(asked, chosen, tmp_path / "cache")
        assert found.paths == tuple(paths) and len(found.features) == len(paths)
        assert np.isfinite(found.features).all()
        assert [file.path for file in found.bad] == bad
        assert all(file.reason for file in found.bad)


def test_nothing_usable_is_an_empty_set(extractor, tmp_path):
    for paths in ([], [tmp_path / "missing.png"]):
        found = read(paths, extractor, tmp_path)
        assert found.features.shape[0] == len(found.paths) == 0
        assert len(found.bad) == len(paths)


def test_equal_sizes_share_a_batch(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 8)
    extractor = AsTheyAre()
    draw_picture(pictures[2], 2, size=(30, 30))
    found = read(pictures, extractor, tmp_path / "cache")
    assert extractor.last in ((6, 40, 48, 3), (1, 30, 30, 3))
    for path, features in zip(found.paths, found.features, strict=True):
        assert np.allclose(features, np.asarray(Image.open(path)).mean((0, 1)), atol=1e-4)


def test_a_known_picture_is_not_decoded_again(extractor, pictures, tmp_path, monkeypatch):
    first = read(pictures, extractor, tmp_path / "cache")

    def never(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr(reading, "decode_bytes", never)
    pictures[0].rename(tmp_path / "moved.png")
    moved = [tmp_path / "moved.png", *pictures[1:]]
    again = read(moved, extractor, tmp_path / "cache")
    assert again.sha256 == first.sha256 and np.array_equal(again.features, first.features)
    draw_picture(pictures[1], 99)
    with pytest.raises(AssertionError, match="decoded again"):
        read(moved, extractor, tmp_path / "cache")


def test_an_interruption_keeps_what_was_done(extractor, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(cache_module, "SHARD", 2)

    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    cache = FeatureCache(tmp_path / "cache", extractor.identity)
    with pytest.raises(KeyboardInterrupt):
        read_features(pictures, extractor, cache, on_progress=stop)
    decoded = []
    decode = reading.decode_bytes
    monkeypatch.setattr(
        reading, "decode_bytes", lambda *given: decoded.append(given[1]) or decode(*given)
    )
    assert read(pictures, extractor, tmp_path / "cache").features.shape == (7, 8)
    assert sorted(decoded) == pictures[4:]


def test_progress_ends_at_the_total(extractor, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 3)
    told = []
    cache = FeatureCache(tmp_path / "cache", extractor.identity)
    read_features(pictures, extractor, cache, on_progress=lambda *given: told.append(given))
    assert told == [(3, 7), (6, 7), (7, 7)]
