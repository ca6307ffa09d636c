"""A scan decodes everything, drops what is damaged, and knows data again wherever it lies."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recyclegan.data.layouts import UnpairedFolders, read_layout
from recyclegan.data.manifest import scan, write_manifest
from recyclegan.errors import UserError


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "data set"
    random = np.random.default_rng(0)
    for name in ("trainA", "trainB", "testA", "testB", "truthA", "truthB"):
        (root / name).mkdir(parents=True)
        for number in range(3):
            noise = random.integers(0, 256, (32, 40, 3), np.uint8)
            Image.fromarray(noise).save(root / name / f"{number}.png")
    return root


def layout(*data: Path, seed: int = 0, test_fraction: float = 0.2) -> UnpairedFolders:
    return read_layout(data, seed=seed, test_fraction=test_fraction)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])


def test_every_file_is_listed_with_its_part(dataset):
    seen = []
    good, manifest, bad = scan(layout(dataset), on_progress=lambda *now: seen.append(now))
    assert bad == () and good == layout(dataset)
    assert len(manifest.entries) == 18
    assert seen == [(done, 18) for done in range(1, 19)]
    parts = {entry.path: (entry.domain, entry.split) for entry in manifest.entries}
    assert parts["trainB/1.png"] == ("b", "train")
    assert parts["testA/2.png"] == ("a", "test")
    assert parts["truthA/0.png"] == ("a", "truth")
    assert {entry.size for entry in manifest.entries} == {(40, 32)}


def test_damaged_files_are_listed_and_left_out(dataset):
    cut(dataset / "trainA" / "1.png")
    cut(dataset / "truthB" / "0.png")
    (dataset / "testA" / "2.png").write_bytes(b"")
    good, manifest, bad = scan(layout(dataset))
    assert [file.path.relative_to(dataset).as_posix() for file in bad] == [
        "trainA/1.png",
        "testA/2.png",
        "truthB/0.png",
    ]
    assert bad[1].reason == "the file is empty" and all(file.reason for file in bad)
    assert [path.name for path in good.a.train] == ["0.png", "2.png"]
    assert [path.name for path in good.a.test] == ["0.png", "1.png"]
    assert set(good.a.truth) == set(good.a.test)
    assert len(good.b.test) == 3 and len(good.b.truth) == 2
    assert len(manifest.entries) == 15


def test_a_domain_without_a_sound_picture_is_told(dataset):
    for path in (dataset / "trainB").iterdir():
        cut(path)
    with pytest.raises(UserError, match=r"None of the 3 training pictures of B.*trainB.0\.png"):
        scan(layout(dataset))


def digest(folders: UnpairedFolders) -> str:
    return scan(folders)[1].digest


def test_the_digest_is_the_data_and_not_its_place_or_order(dataset, tmp_path):
    folders = layout(dataset)
    moved = tmp_path / "else" / "where"
    shutil.copytree(dataset, moved)
    assert digest(layout(moved)) == digest(folders)
    backwards = replace(folders, a=replace(folders.a, train=folders.a.train[::-1]))
    assert digest(backwards) == digest(folders)


def test_the_digest_changes_with_the_data(dataset):
    folders = layout(dataset)
    before = digest(folders)
    swapped = replace(folders, a=folders.b, b=folders.a)
    assert digest(swapped) != before
    Image.new("RGB", (8, 8)).save(dataset / "trainA" / "0.png")
    assert digest(folders) != before


def test_the_file_is_strict_json(dataset, tmp_path):
    _, manifest, _ = scan(layout(dataset))
    write_manifest(manifest, tmp_path / "manifest.json")
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert content["digest"] == manifest.digest
    assert content["domains"] == {"a": "A", "b": "B"}
    assert content["entries"][0] == {
        "path": "trainA/0.png",
        "sha256": manifest.entries[0].sha256,
        "size": [40, 32],
        "split": "train",
        "domain": "a",
    }
