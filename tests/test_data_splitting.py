"""Near-duplicates stay on one side of a split, which depends on the seed and the names alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recyclegan.data.layouts import UnpairedFolders, read_layout
from recyclegan.data.near_duplicates import near_duplicate_groups
from recyclegan.data.splitting import split_folders


def view(seed: int, size: int = 96) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (10, 10, 3), np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


def layout(*data: Path, seed: int = 0, test_fraction: float = 0.2) -> UnpairedFolders:
    return read_layout(data, seed=seed, test_fraction=test_fraction)


def save_views(folder: Path, num_views: int, num_copies: int, *, start: int = 0) -> list[Path]:
    """Save each view several times: larger, darker, re-encoded."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(start, start + num_views):
        for copy in range(num_copies):
            path = folder / f"{number:02}-{copy}.jpg"
            image = view(number, 96 + 11 * copy).point(lambda level, c=copy: level * (10 - c) // 10)
            image.save(path, quality=90 - 10 * copy)
            paths.append(path)
    return paths


def test_copies_are_grouped_and_other_pictures_are_not(tmp_path):
    paths = save_views(tmp_path, 6, 4)
    groups = near_duplicate_groups(paths).reshape(6, 4)
    assert all(len(set(row)) == 1 for row in groups)
    assert len(set(groups[:, 0])) == 6


def test_unreadable_files_are_alone(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"same damage")
    assert len(set(near_duplicate_groups([tmp_path / "a.png", tmp_path / "b.png"]))) == 2
    assert len(near_duplicate_groups([])) == 0


def test_no_view_is_on_both_sides_not_even_across_domains(tmp_path):
    a = save_views(tmp_path / "a", 10, 3)
    b = save_views(tmp_path / "b", 10, 2, start=5)
    for seed in range(5):
        halves = split_folders(
            [(tmp_path / "a", a), (tmp_path / "b", b)], seed=seed, test_fraction=0.2
        )
        train = {path.name[:2] for half in halves for path in half.train}
        test = {path.name[:2] for half in halves for path in half.test}
        assert not train & test
        assert all(half.test and half.train for half in halves)
        assert [len(half.train) + len(half.test) for half in halves] == [30, 20]


def test_the_split_depends_on_the_seed_and_not_on_the_place(tmp_path):
    save_views(tmp_path / "here" / "a", 12, 1)
    save_views(tmp_path / "here" / "b", 12, 1, start=20)
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "deeper")

    def held_out(root: Path, seed: int) -> list[str]:
        folders = layout(root, seed=seed)
        return [path.name for path in (*folders.a.test, *folders.b.test)]

    assert held_out(tmp_path / "here", 3) == held_out(tmp_path / "there" / "deeper", 3)
    assert len({tuple(held_out(tmp_path / "here", seed)) for seed in range(4)}) > 1


def test_two_large_groups_give_one_to_test(tmp_path):
    a = save_views(tmp_path / "a", 2, 4)
    (half,) = split_folders([(tmp_path / "a", a)], seed=0, test_fraction=0.1)
    assert len(half.train) == len(half.test) == 4


def test_one_group_stays_for_training(tmp_path):
    a = save_views(tmp_path / "a", 1, 4)
    (half,) = split_folders([(tmp_path / "a", a)], seed=0, test_fraction=0.5)
    assert (len(half.train), half.test) == (4, ())


@pytest.mark.shared
def test_webcams_fall_into_about_as_many_groups_as_cameras(shared_dir):
    folders = layout(shared_dir / "data" / "daynight_webcams")
    for domain in (folders.a, folders.b):
        assert len(domain.test) == pytest.approx(40, abs=3)
        groups = near_duplicate_groups([*domain.train, *domain.test])
        assert not set(groups[: len(domain.train)]) & set(groups[len(domain.train) :])
        assert 15 <= len(set(groups)) <= 22
