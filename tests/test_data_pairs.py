"""The training stream: exact, endless, independent of threads, safe with odd pictures."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from recyclegan.data.held_out import evenly_spaced, held_out_pictures
from recyclegan.data.pairs import UnpairedPictures
from recyclegan.errors import RunFailed
from recyclegan.images.decoding import decode
from recyclegan.images.resizing import resize_short_side
from recyclegan.images.tensors import to_tensor


def save_noise(path: Path, *, width: int = 40, height: int = 36, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def save_flat(folder: Path, num: int, *, start: int = 0) -> list[Path]:
    """Pictures of one grey level each, so that a crop still tells which picture it is from."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.png" for number in range(num)]
    for number, path in enumerate(paths):
        Image.new("RGB", (20, 20), (start + number,) * 3).save(path)
    return paths


def pixels_of(path: Path, short_side: int = 18) -> NDArray[np.uint8]:
    return np.asarray(resize_short_side(decode(path), short_side))


def pictures(paths_a: list[Path], paths_b: list[Path], **changes) -> UnpairedPictures:
    settings = {"pixels_of": pixels_of, "size": 16, "flip": True, "seed": 0}
    return UnpairedPictures(paths_a, paths_b, **(settings | changes))


def item(data: UnpairedPictures, index: int) -> dict[str, torch.Tensor]:
    return {name: batch[0] for name, batch in data.batch([index]).items()}


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
    items = data.batch(range(300))
    levels_a, levels_b = (list(map(level, items[name])) for name in "ab")
    epochs_a = [levels_a[start : start + 3] for start in range(0, 300, 3)]
    epochs_b = [levels_b[start : start + 100] for start in range(0, 300, 100)]
    assert all(sorted(epoch) == [0, 1, 2] for epoch in epochs_a)
    assert all(sorted(epoch) == list(range(100, 200)) for epoch in epochs_b)
    assert len({tuple(epoch) for epoch in epochs_a}) == 6
    assert len({tuple(epoch) for epoch in epochs_b}) == 3


def test_an_item_does_not_depend_on_what_was_asked_before(noisy):
    forwards, backwards = (pictures(*noisy, seed=4) for _ in range(2))
    first = forwards.batch(range(12))
    again = {index: item(backwards, index) for index in reversed(range(12))}
    for index in range(12):
        assert torch.equal(first["a"][index], again[index]["a"])
        assert torch.equal(first["b"][index], again[index]["b"])


def test_another_seed_gives_another_stream(noisy):
    one, other = (pictures(*noisy, seed=seed) for seed in (1, 2))
    assert not torch.equal(one.batch(range(5))["a"], other.batch(range(5))["a"])


def test_augmentation_differs_between_epochs_and_pictures(tmp_path):
    path = save_noise(tmp_path / "x.png")
    data = pictures([path], [path])
    batch = data.batch(range(20))
    assert len({crop.numpy().tobytes() for crop in batch["a"]}) > 10
    assert not torch.equal(batch["a"][0], batch["b"][0])


def test_flip_mirrors_about_half_and_can_be_left_out(tmp_path):
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], 24, 0).repeat(3, 2)
    path = tmp_path / "ramp.png"
    Image.fromarray(ramp).save(path)

    def mirrored(flip: bool) -> int:
        data = pictures(
            [path], [path], pixels_of=partial(pixels_of, short_side=24), size=24, flip=flip
        )
        batch = data.batch(range(60))["a"]
        return int((batch[:, 0, 0, 0] > batch[:, 0, 0, -1]).sum())

    assert 15 < mirrored(True) < 45
    assert mirrored(False) == 0


def test_a_picture_is_what_plain_pillow_makes_of_it(tmp_path):
    """The benchmark's plain way, step by step: decode, resize, crop, mirror, convert."""
    from benchmarks.data_pipeline import SHORT_SIDE, SIZE, PlainPictures

    paths = {
        name: tuple(
            save_noise(tmp_path / name / f"{n}.png", width=300, height=280, seed=n)
            for n in range(2)
        )
        for name in "ab"
    }
    plain = PlainPictures(paths)
    ours = pictures(*paths.values(), pixels_of=partial(pixels_of, short_side=SHORT_SIDE), size=SIZE)
    for index in range(8):
        assert all(torch.equal(item(ours, index)[name], plain[index][name]) for name in "ab")


def test_the_conversion_is_exact_for_every_level():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    data = pictures([Path("x")], [Path("y")], pixels_of=lambda path: levels, flip=False)
    assert torch.equal(item(data, 0)["a"], to_tensor(Image.fromarray(levels)))


@pytest.mark.parametrize("batch", [1, 3, 4, 32])
def test_no_batch_is_partial(noisy, batch):
    made = pictures(*noisy).batches(range(2 * batch), batch, num_threads=1)
    assert [(len(items["a"]), len(items["b"])) for items in made] == [(batch, batch)] * 2


@pytest.mark.parametrize("num_threads", [1, 2, 5])
def test_threads_and_a_late_start_change_nothing(noisy, num_threads):
    data = pictures(*noisy, seed=7)
    with closing(data.batches(count(6), 2, num_threads=num_threads)) as made:
        for number, batch in enumerate(islice(made, 20)):
            plain = data.batch(range(6 + 2 * number, 8 + 2 * number))
            assert all(torch.equal(batch[name], plain[name]) for name in "ab")


def test_one_of_several_devices_takes_every_other_picture(noisy):
    data = pictures(*noisy)
    strides = [next(data.batches(count(rank, 2), 3, num_threads=1)) for rank in (0, 1)]
    whole = data.batch(range(6))
    for rank, batch in enumerate(strides):
        assert torch.equal(batch["a"], whole["a"][rank::2])


def test_only_so_many_batches_are_made_ahead_and_closing_ends_the_threads(noisy):
    asked = []

    def counted(path: Path) -> NDArray[np.uint8]:
        asked.append(path)
        return pixels_of(path)

    threads = threading.active_count()
    made = pictures(*noisy, pixels_of=counted).batches(count(), 1, num_threads=2)
    next(made)
    time.sleep(0.2)
    assert len(asked) == 2 * 4  # The one taken, and three ahead; of two pictures each.
    assert threading.active_count() > threads
    made.close()
    assert threading.active_count() == threads


def test_pictures_are_made_while_the_step_computes(noisy):
    def slow(path: Path) -> NDArray[np.uint8]:
        time.sleep(0.02)
        return pixels_of(path)

    with closing(pictures(*noisy, pixels_of=slow).batches(count(), 1, num_threads=1)) as made:
        next(made)
        time.sleep(0.2)
        began = time.monotonic()
        next(made)
        assert time.monotonic() - began < 0.02


def test_small_and_thin_pictures_fit_the_crop(tmp_path):
    sizes = ((80, 64), (20, 200), (200, 20), (1, 1), (3, 900))
    paths = [save_noise(tmp_path / f"{w}x{h}.png", width=w, height=h) for w, h in sizes]
    data = pictures(paths, paths[:1], pixels_of=partial(pixels_of, short_side=72), size=64)
    batch = data.batch(range(2 * len(paths)))
    assert batch["a"].shape == batch["b"].shape == (10, 3, 64, 64)


def test_values_are_in_range(noisy):
    picture = item(pictures(*noisy), 0)["a"]
    assert picture.dtype == torch.float32
    assert -1 <= picture.min() < -0.5 and 0.5 < picture.max() <= 1


def test_an_error_comes_where_the_batch_would_have(noisy):
    def failing(path: Path) -> NDArray[np.uint8]:
        if path.name == "2.png":
            raise RunFailed(f"{path}: gone")
        return pixels_of(path)

    data = pictures(*noisy, pixels_of=failing)
    made = data.batches(count(), 1, num_threads=3)
    with pytest.raises(RunFailed, match=r"2\.png: gone"):
        for number in range(5):
            batch = next(made)
            assert torch.equal(batch["a"], data.batch([number])["a"])
    assert not any("ThreadPool" in thread.name for thread in threading.enumerate())


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
