"""The training stream: exact, endless, independent of workers, safe with odd pictures."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from recyclegan.data.held_out import evenly_spaced, held_out_pictures
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.errors import RunFailed


def save_noise(path: Path, *, width: int = 40, height: int = 36, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def save_flat(folder: Path, count: int, *, start: int = 0) -> list[Path]:
    """Pictures of one grey level each, so that a crop still tells which picture it is from."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (20, 20), (start + number,) * 3).save(path)
    return paths


def pictures(paths_a: list[Path], paths_b: list[Path], **changes) -> UnpairedPictures:
    settings = {"size": 16, "load_scale": 1.12, "flip": True, "seed": 0}
    return UnpairedPictures(paths_a, paths_b, **(settings | changes))


def level(picture: torch.Tensor) -> int:
    return round((float(picture.mean()) + 1) * 127.5)


@pytest.fixture
def noisy(tmp_path: Path) -> tuple[list[Path], list[Path]]:
    a = [save_noise(tmp_path / "a" / f"{n}.png", seed=n) for n in range(5)]
    b = [save_noise(tmp_path / "b" / f"{n}.png", seed=50 + n) for n in range(3)]
    return a, b


def test_every_picture_comes_once_an_epoch_in_a_new_order(tmp_path):
    data = pictures(save_flat(tmp_path / "a", 3), save_flat(tmp_path / "b", 100, start=100))
    assert data.num_per_epoch == 100
    items = [data[index] for index in range(300)]
    levels_a = [level(item["a"]) for item in items]
    levels_b = [level(item["b"]) for item in items]
    epochs_a = [levels_a[start : start + 3] for start in range(0, 300, 3)]
    epochs_b = [levels_b[start : start + 100] for start in range(0, 300, 100)]
    assert all(sorted(epoch) == [0, 1, 2] for epoch in epochs_a)
    assert all(sorted(epoch) == list(range(100, 200)) for epoch in epochs_b)
    assert len({tuple(epoch) for epoch in epochs_a}) == 6
    assert len({tuple(epoch) for epoch in epochs_b}) == 3
    assert [item["index"] for item in items] == list(range(300))


def test_an_item_does_not_depend_on_what_was_asked_before(noisy):
    forwards, backwards = (pictures(*noisy, seed=4) for _ in range(2))
    first = [forwards[index] for index in range(12)]
    again = {index: backwards[index] for index in reversed(range(12))}
    for index, item in enumerate(first):
        assert torch.equal(item["a"], again[index]["a"])
        assert torch.equal(item["b"], again[index]["b"])


def test_another_seed_gives_another_stream(noisy):
    one, other = (pictures(*noisy, seed=seed) for seed in (1, 2))
    assert not all(torch.equal(one[index]["a"], other[index]["a"]) for index in range(5))


def test_augmentation_differs_between_epochs_and_pictures(tmp_path):
    path = save_noise(tmp_path / "x.png")
    data = pictures([path], [path])
    crops = {data[index]["a"].numpy().tobytes() for index in range(20)}
    assert len(crops) > 10
    assert not torch.equal(data[0]["a"], data[0]["b"])


def test_flip_mirrors_about_half_and_can_be_left_out(tmp_path):
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], 24, 0).repeat(3, 2)
    path = tmp_path / "ramp.png"
    Image.fromarray(ramp).save(path)

    def mirrored(flip: bool) -> int:
        data = pictures([path], [path], size=24, load_scale=1, flip=flip)
        return sum(bool(data[n]["a"][0, 0, 0] > data[n]["a"][0, 0, -1]) for n in range(60))

    assert 15 < mirrored(True) < 45
    assert mirrored(False) == 0


@pytest.mark.parametrize("cache_bytes", [0, 30_000, 2**20])
def test_pixels_do_not_depend_on_the_cache(noisy, cache_bytes):
    data = pictures(*noisy, cache_bytes=cache_bytes)
    reference = pictures(*noisy, cache_bytes=0)
    for index in range(12):
        assert torch.equal(data[index]["a"], reference[index]["a"])
    assert data._cached_bytes <= cache_bytes
    assert bool(data._cache) == (cache_bytes > 0)


@pytest.mark.parametrize("batch", [1, 3, 4, 32])
def test_no_batch_is_partial(noisy, batch):
    loader = DataLoader(pictures(*noisy), batch_size=batch, sampler=range(2 * batch))
    shapes = [(len(items["a"]), len(items["b"])) for items in loader]
    assert shapes == [(batch, batch)] * 2


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_workers_give_the_same_pixels(noisy, start_method):
    data = pictures(*noisy, seed=7)
    data[0]
    assert b"PIL" not in pickle.dumps(data)

    def stream(**options) -> list[dict]:
        return list(DataLoader(data, batch_size=2, sampler=range(3, 11), **options))

    alone = stream(num_workers=0)
    shared = stream(num_workers=2, multiprocessing_context=start_method)
    for one, other in zip(alone, shared, strict=True):
        assert all(torch.equal(one[key], other[key]) for key in ("a", "b", "index"))


def test_small_and_thin_pictures_fit_the_crop(tmp_path):
    sizes = ((80, 64), (20, 200), (200, 20), (1, 1), (3, 900))
    paths = [save_noise(tmp_path / f"{w}x{h}.png", width=w, height=h) for w, h in sizes]
    data = pictures(paths, paths[:1], size=64)
    for index in range(2 * len(paths)):
        assert data[index]["a"].shape == data[index]["b"].shape == (3, 64, 64)


def test_values_are_in_range(noisy):
    picture = pictures(*noisy)[0]["a"]
    assert picture.dtype == torch.float32
    assert -1 <= picture.min() < -0.5 and 0.5 < picture.max() <= 1


def test_a_file_that_vanishes_is_named(noisy):
    data = pictures(*noisy, cache_bytes=0)
    data[0]
    for path in noisy[1]:
        path.unlink()
    with pytest.raises(RunFailed, match=r"b.\d\.png: no such file"):
        data[0]
    with pytest.raises(RunFailed, match=r"b.\d\.png: no such file"):
        next(iter(DataLoader(data, sampler=range(4), num_workers=1)))


def test_held_out_pictures_are_fixed_centre_squares(tmp_path):
    image = Image.new("RGB", (96, 32), "red")
    image.paste("lime", (32, 0, 64, 32))
    image.save(tmp_path / "wide.png")
    (picture,) = held_out_pictures([tmp_path / "wide.png"], size=32, limit=None)
    assert picture.shape == (3, 32, 32)
    assert torch.equal(picture[1], torch.ones(32, 32))
    assert torch.equal(picture[0], -torch.ones(32, 32))


def test_a_limit_spaces_the_choice_evenly():
    paths = [Path(f"{n}.png") for n in range(9)]
    assert evenly_spaced(paths, 3) == [paths[0], paths[4], paths[8]]
    assert evenly_spaced(paths, 1) == paths[:1]
    assert evenly_spaced(paths, None) == evenly_spaced(paths, 20) == paths
