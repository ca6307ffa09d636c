"""Anyone's folders become a dataset: every file counted, no picture lost under another's name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from recyclegan.cli.main import main
from recyclegan.data.layouts import read_layout
from recyclegan.data.own_folders import folder_sources, listing_notes, read_groups
from recyclegan.images.listing import Listing

LABELS = Path(__file__).parent / "data" / "webcam_cameras.csv"


def save(path, seed, size=(60, 48), **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(20, 236, (8, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    image.save(path, **kwargs)


@pytest.fixture
def folders(tmp_path):
    for side, start in (("day", 0), ("night", 50)):
        for number in range(10):
            save(tmp_path / side / f"{number}.png", start + number)
    return tmp_path / "day", tmp_path / "night"


def prepare(folders, out, *flags):
    return main(["data", "prepare", *map(str, folders), str(out), "--size", "32", *flags])


def pictures(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))


def test_two_folders_become_a_dataset(folders, tmp_path, capsys):
    out = tmp_path / "out"
    assert prepare(folders, out) == 0
    found = read_layout([out], seed=0, test_fraction=0.5)
    assert (found.a.name, found.b.name) == ("day", "night")
    assert (len(found.a.train), len(found.a.test)) == (8, 2)
    assert {Image.open(path).size for path in found.a.train} == {(32, 32)}
    manifest = json.loads((out / "manifest.json").read_text())
    assert sorted(entry["path"] for entry in manifest["entries"]) == pictures(out)
    assert ["total", "16", "4", "20"] in [
        line.split() for line in capsys.readouterr().out.splitlines()
    ]
    assert prepare(folders, out) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_lists_and_jpegs(folders, tmp_path):
    out = tmp_path / "out"
    assert prepare(folders, out, "--layout", "lists", "--format", "jpg") == 0
    found = read_layout([out], seed=0, test_fraction=0.5)
    assert found.layout == "input_A input_B"
    assert (len(found.b.train), len(found.b.test)) == (8, 2)
    assert {path.suffix for path in found.b.train} == {".jpg"}


def test_no_picture_takes_the_name_of_another(folders, tmp_path):
    day = folders[0]
    for seed, name in ((70, "0.jpg"), (71, "0.JPEG"), (72, "0_jpg.png"), (73, "sub/0.png")):
        save(day / name, seed)
    out = tmp_path / "out"
    assert prepare(folders, out, "--test-fraction", "0") == 0
    assert len([name for name in pictures(out) if name.startswith("trainA/")]) == 14
    assert {"trainA/0.png", "trainA/sub/0.png", "trainA/0_jpg.png"} <= set(pictures(out))


def test_bad_files_are_listed_and_the_rest_goes_on(folders, tmp_path, capsys):
    day, night = folders
    save(day / "cut.jpg", 60)
    content = (day / "cut.jpg").read_bytes()
    (day / "cut.jpg").write_bytes(content[: len(content) * 2 // 3])
    (day / "empty.png").touch()
    (day / ".hidden.png").write_bytes(b"x")
    (day / "notes.txt").write_text("x")
    (day / "loop").symlink_to(day, target_is_directory=True)
    save(day / "UPPER.JPG", 61)
    save(night / "mislabelled.png", 62, format="JPEG")
    save(night / "small.png", 63, size=(20, 20))
    out = tmp_path / "out"
    assert prepare(folders, out) == 1
    with (out / "dropped.csv").open(newline="") as lines:
        rows = {row["file"]: row for row in csv.DictReader(lines)}
    assert {name: row["reason"] for name, row in rows.items()} == {
        "a/cut.jpg": "cannot be read", "a/empty.png": "cannot be read", "b/small.png": "too small",
    }  # fmt: skip
    assert "20x20" in rows["b/small.png"]["detail"]
    said = capsys.readouterr().out
    assert "mislabelled" in said and "2 other files in" in said
    assert any("UPPER" in name for name in pictures(out))
    assert any(
        "2 other files" in note
        for note in json.loads((out / "preparation.json").read_text())["notes"]
    )


def test_given_groups_stay_on_one_side(folders, tmp_path):
    table = tmp_path / "groups.csv"
    rows = [f"{side}/{n}.png,{n // 2}" for side in ("day", "night") for n in range(10)]
    table.write_text("\n".join(["file_name,group", *rows]) + "\n")
    out = tmp_path / "out"
    assert prepare(folders, out, "--groups", str(table)) == 0
    held = {
        split: {int(Path(n).stem) // 2 for n in pictures(out) if n.startswith(split)}
        for split in ("train", "test")
    }
    assert held["test"] and held["test"].isdisjoint(held["train"])


def test_size_nought_keeps_pictures_as_they_are(folders, tmp_path):
    assert main(["data", "prepare", *map(str, folders), str(tmp_path / "out"), "--size", "0"]) == 0
    assert {Image.open(tmp_path / "out" / name).size for name in pictures(tmp_path / "out")} == {
        (60, 48)
    }


@pytest.mark.parametrize(
    "flags", [("--size", "5"), ("--size", "9999"), ("--seed", "-1"), ("--test-fraction", "1")]
)
def test_numbers_out_of_range_name_their_flag(folders, tmp_path, flags, capsys):
    assert main(["data", "prepare", *map(str, folders), str(tmp_path / "out"), *flags]) == 2
    error = capsys.readouterr().err
    assert flags[0] in error and len(error.splitlines()) == 1


def test_one_folder_for_both_is_refused(folders, tmp_path, capsys):
    assert prepare((folders[0], folders[0]), tmp_path / "out") == 2
    assert "one folder" in capsys.readouterr().err


def test_names_that_differ_in_case_alone_make_two_pictures(folders, tmp_path):
    for seed, name in ((80, "Same.png"), (81, "same.PNG"), (82, "SAME.jpg")):
        save(folders[0] / name, seed)
    out = tmp_path / "out"
    assert prepare(folders, out, "--test-fraction", "0") == 0
    made = [name.lower() for name in pictures(out) if name.startswith("trainA/")]
    assert len(made) == len(set(made)) == 13


def test_folders_of_one_name_are_called_by_their_parents_or_a_and_b(tmp_path):
    for place in ("x/img", "y/img", "z/x/img"):
        save(tmp_path / place / "0.png", 1)
    x, y, z = (tmp_path / place for place in ("x/img", "y/img", "z/x/img"))
    assert folder_sources(x, y)[1] == {"a": "x", "b": "y"}
    assert folder_sources(x, z)[1] == {"a": "a", "b": "b"}


def test_groups_by_folder_name_match_below_the_working_directory(folders, tmp_path, monkeypatch):
    monkeypatch.chdir(folders[0])
    table = tmp_path / "groups.csv"
    table.write_text("file_name,group\nday/0.png,x\nnight/0.png,x\n")
    sources, _, _ = folder_sources(Path(), Path("../night"))
    groups = read_groups(table, sources)
    assert groups["a/0.png"] == groups["b/0.png"]
    assert len(set(groups.values())) == 19


def test_folders_that_may_not_be_read_are_noted(tmp_path):
    listing = Listing((), 1200, (tmp_path / "locked",))
    first, second = listing_notes(tmp_path, listing)
    assert f"{tmp_path / 'locked'} may not be read" in first and "1,200 other files" in second


def test_the_border_is_cut_on_request(tmp_path):
    for side in ("day", "night"):
        for number in range(2):
            save(tmp_path / side / f"{number}.png", number)
            with Image.open(tmp_path / side / f"{number}.png") as image:
                ImageOps.expand(image, 7).save(tmp_path / side / f"{number}.png")
    words = ["data", "prepare", *(str(tmp_path / n) for n in ("day", "night", "out"))]
    assert main([*words, "--size", "0", "--cut-border", "--split", "random"]) == 0
    sizes = {Image.open(path).size for path in (tmp_path / "out").rglob("*.png")}
    assert sizes == {(60, 48)}


@pytest.mark.shared
def test_no_camera_is_on_both_sides(shared_dir, tmp_path):
    root = shared_dir / "data" / "daynight_webcams"
    out = tmp_path / "out"
    words = ["data", "prepare", str(root / "day"), str(root / "night"), str(out)]
    assert main([*words, "--size", "64", "--split", "cameras"]) == 0
    with LABELS.open(newline="") as lines:
        cameras = {row["file_name"]: row["camera"] for row in csv.DictReader(lines)}
    sources = json.loads((out / "preparation.json").read_text())["sources"]
    sides = {"train": set(), "test": set()}
    for place, source in sources.items():
        side, letter = place.split("/")[0][:-1], source[0]
        sides[side].add(
            cameras[source.replace(f"{letter}/", "day/" if letter == "a" else "night/", 1)]
        )
    assert len(sources) == 400 and sides["test"] and sides["train"].isdisjoint(sides["test"])
