"""Finding two domains in whatever a person has on disk, and saying so when they are not there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recyclegan.data.layouts import UnpairedFolders, read_layout
from recyclegan.data.manifest import scan
from recyclegan.errors import UserError


def fill(folder: Path, count: int, *, seed: int = 0, suffix: str = ".png") -> list[Path]:
    """Save pictures that are nothing like each other."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    paths = [folder / f"{number:02}{suffix}" for number in range(count)]
    for path in paths:
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        coarse.resize((48, 48), Image.Resampling.BICUBIC).save(path)
    return paths


def table(path: Path, names: list[str], column: str = "file_name") -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["", column], *enumerate(names)])


def layout(*data: Path, seed: int = 0, test_fraction: float = 0.2) -> UnpairedFolders:
    return read_layout(data, seed=seed, test_fraction=test_fraction)


def file_names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_train_and_test_folders_with_truth(tmp_path):
    for number, name in enumerate(("trainA", "trainB", "testA", "testB", "truthB")):
        fill(tmp_path / name, 3, seed=number)
    fill(tmp_path / "truthA", 2, seed=9, suffix=".jpg")
    (tmp_path / "trainA" / "notes.txt").write_text("x")
    (tmp_path / "testB" / ".DS_Store").write_text("x")
    folders = layout(tmp_path)
    assert (folders.a.name, folders.b.name) == ("A", "B")
    assert len(folders.a.train) == len(folders.a.test) == len(folders.b.test) == 3
    assert folders.num_ignored == 2
    assert folders.notes == ()
    assert folders.layout == "trainA trainB"
    test_a, truth_a = tmp_path / "testA", tmp_path / "truthA"
    assert folders.a.truth == {test_a / f"{n:02}.png": truth_a / f"{n:02}.jpg" for n in range(2)}
    assert folders.b.truth[tmp_path / "testB" / "02.png"] == tmp_path / "truthB" / "02.png"


@pytest.mark.parametrize("file", ["scenes.json", "manifest.json"])
def test_domain_names_come_from_the_dataset(tmp_path, file):
    fill(tmp_path / "trainA", 2)
    fill(tmp_path / "trainB", 2, seed=1)
    (tmp_path / file).write_text(json.dumps({"domains": {"a": "day", "b": "night"}}))
    folders = layout(tmp_path)
    assert (folders.a.name, folders.b.name) == ("day", "night")


@pytest.mark.parametrize("content", ["[1, 2]", "{", '{"domains": 3}'])
def test_a_foreign_manifest_is_no_hindrance(tmp_path, content):
    fill(tmp_path / "trainA", 2)
    fill(tmp_path / "trainB", 2, seed=1)
    (tmp_path / "manifest.json").write_text(content)
    assert layout(tmp_path).a.name == "A"


def test_without_test_folders_a_split_is_made(tmp_path):
    paths = fill(tmp_path / "trainA", 20)
    fill(tmp_path / "trainB", 10, seed=1)
    fill(tmp_path / "testB", 4, seed=2)
    folders = layout(tmp_path, test_fraction=0.25)
    assert (len(folders.a.train), len(folders.a.test)) == (15, 5)
    assert set(folders.a.train) | set(folders.a.test) == set(paths)
    assert (len(folders.b.train), len(folders.b.test)) == (10, 4)
    assert any("A" in note and "seed 0" in note for note in folders.notes)


def test_lists_of_the_study(tmp_path):
    for letter, seed in (("A", 0), ("B", 1)):
        fill(tmp_path / f"input_{letter}", 6, seed=seed)
        table(tmp_path / f"input_{letter}_train.csv", ["03.png", "00.png", "01.png", "02.png"])
        table(tmp_path / f"input_{letter}_test.csv", ["05.png"])
    table(tmp_path / "input_A_train_filtered.csv", ["C:\\elsewhere\\02.png", "00.png", "99.png"])
    folders = layout(tmp_path)
    assert file_names(folders.a.train) == ["00.png", "02.png", "99.png"]
    assert file_names(folders.b.train) == ["00.png", "01.png", "02.png", "03.png"]
    assert file_names(folders.a.test) == file_names(folders.b.test) == ["05.png"]
    good, _, bad = scan(folders)
    assert file_names(good.a.train) == ["00.png", "02.png"]
    assert [(file.path.name, file.reason) for file in bad] == [
        ("99.png", "no such file or directory")
    ]


def test_inputs_without_lists_are_split(tmp_path):
    fill(tmp_path / "input_A", 5)
    fill(tmp_path / "input_B", 5, seed=1)
    folders = layout(tmp_path)
    assert (len(folders.a.train), len(folders.a.test)) == (4, 1)


def test_lists_that_do_not_fit_are_told(tmp_path):
    for letter, seed in (("A", 0), ("B", 1)):
        fill(tmp_path / f"input_{letter}", 3, seed=seed)
    table(tmp_path / "input_A_train.csv", ["00.png", "01.png"])
    with pytest.raises(UserError, match=r"add input_A_test\.csv"):
        layout(tmp_path)
    table(tmp_path / "input_A_test.csv", ["01.png"])
    with pytest.raises(UserError, match=r"01\.png is named in both"):
        layout(tmp_path)
    table(tmp_path / "input_A_test.csv", ["02.png"], column="filename")
    with pytest.raises(UserError, match=r"input_A_test\.csv has no column file_name"):
        layout(tmp_path)


def test_lists_that_cannot_be_used_are_named(tmp_path):
    for letter, seed in (("A", 0), ("B", 1)):
        fill(tmp_path / f"input_{letter}", 3, seed=seed)
        table(tmp_path / f"input_{letter}_train.csv", ["00.png"])
        table(tmp_path / f"input_{letter}_test.csv", ["01.png"])
    listed = tmp_path / "input_B_train.csv"
    listed.write_bytes("file_name\nété.png\n".encode("latin-1"))
    assert f"{listed} is no table in UTF-8" in refusal(tmp_path)
    table(listed, [])
    assert f"{listed} names no picture" in refusal(tmp_path)


def test_a_directory_of_two_folders(tmp_path):
    fill(tmp_path / "night", 5)
    fill(tmp_path / "day" / "deeper", 5, seed=1)
    (tmp_path / ".cache").mkdir()
    (tmp_path / "empty").mkdir()
    folders = layout(tmp_path)
    assert (folders.a.name, folders.b.name) == ("day", "night")
    assert len(folders.a.train) + len(folders.a.test) == 5


def test_two_folders_anywhere(tmp_path):
    fill(tmp_path / "x" / "pictures", 4)
    fill(tmp_path / "y" / "pictures", 4, seed=1)
    folders = layout(tmp_path / "y" / "pictures", tmp_path / "x" / "pictures")
    assert (folders.a.name, folders.b.name) == ("A", "B")
    assert folders.a.train[0].parent == tmp_path / "y" / "pictures"


@pytest.mark.parametrize(("count", "num_test"), [(1, 0), (2, 1), (3, 1), (10, 2)])
def test_tiny_sets_keep_a_training_picture(tmp_path, count, num_test):
    fill(tmp_path / "a", count)
    fill(tmp_path / "b", 10, seed=1)
    folders = layout(tmp_path / "a", tmp_path / "b")
    assert len(folders.a.test) == num_test and len(folders.a.train) == count - num_test
    assert any("nothing of it is held out" in note for note in folders.notes) == (count == 1)


def test_a_fraction_of_zero_holds_nothing_out(tmp_path):
    fill(tmp_path / "a", 5)
    fill(tmp_path / "b", 5, seed=1)
    folders = layout(tmp_path, test_fraction=0)
    assert len(folders.a.train) == 5 and folders.a.test == ()


def test_broken_pictures_do_not_stop_the_split(tmp_path):
    fill(tmp_path / "a", 5)
    fill(tmp_path / "b", 5, seed=1)
    (tmp_path / "a" / "broken.png").write_bytes(b"no picture")
    folders = layout(tmp_path)
    assert len(folders.a.train) + len(folders.a.test) == 6


def refusal(*data: Path) -> str:
    with pytest.raises(UserError) as caught:
        layout(*data)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_missing_and_wrong_paths_are_told(tmp_path):
    fill(tmp_path / "day", 2)
    assert "did you mean" in refusal(tmp_path / "dya")
    assert "did you mean" in refusal(tmp_path / "day", tmp_path / "dai")
    assert "is a file" in refusal(tmp_path / "day" / "00.png")
    assert "is a file" in refusal(tmp_path / "day" / "00.png", tmp_path / "day")
    assert "not 3" in refusal(tmp_path, tmp_path, tmp_path)


def test_empty_folders_are_told(tmp_path):
    fill(tmp_path / "trainA", 2)
    (tmp_path / "trainB").mkdir()
    (tmp_path / "trainB" / "picture.heic").write_bytes(b"x")
    assert "trainB holds no pictures (1 other files)" in refusal(tmp_path)
    assert "trainB holds no pictures" in refusal(tmp_path / "trainA", tmp_path / "trainB")


def test_half_a_layout_is_told(tmp_path):
    fill(tmp_path / "trainA", 2)
    assert "no trainB" in refusal(tmp_path)
    (tmp_path / "trainA").rename(tmp_path / "input_B")
    assert "no input_A" in refusal(tmp_path)


def test_unknown_layouts_are_told_with_what_is_there(tmp_path):
    fill(tmp_path / "train", 4)
    message = refusal(tmp_path)
    assert "train/ (4)" in message and "--data A_DIR B_DIR" in message
    fill(tmp_path / "test", 2)
    assert "trainA/ and trainB/" in refusal(tmp_path)
    assert "4 pictures outside folders" in refusal(tmp_path / "train")


def test_the_right_folder_further_down_is_suggested(tmp_path):
    fill(tmp_path / "train" / "day", 2)
    fill(tmp_path / "train" / "night", 2)
    assert f"did you mean --data {tmp_path / 'train'}?" in refusal(tmp_path)


def test_one_folder_for_both_domains_is_refused(tmp_path):
    fill(tmp_path / "day" / "inner", 2)
    (tmp_path / "night").symlink_to(tmp_path / "day")
    assert "same folder" in refusal(tmp_path / "day", Path(f"{tmp_path}/day/"))
    assert "same folder" in refusal(tmp_path / "day", tmp_path / "day" / ".." / "day")
    assert "same folder" in refusal(tmp_path / "day", tmp_path / "night")
    assert "same folder" in refusal(tmp_path)
    assert "inside" in refusal(tmp_path / "day", tmp_path / "day" / "inner")
