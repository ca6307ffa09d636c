"""Anyone's folders become a dataset: every file counted, no picture lost under another's name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.data.building import Dropped
from recyclegan.data.fitting import cut_border, fit_square
from recyclegan.data.layouts import read_layout

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


def framed(level):
    pixels = np.full((80, 100, 3), level, np.uint8)
    pixels[10:60, 20:90] = 200
    pixels[30:33] = np.minimum(pixels[30:33], level)
    return Image.fromarray(pixels)


def test_a_border_of_grey_ten_is_cut_and_dark_rows_inside_stay():
    assert cut_border(framed(10)).size == (70, 50)
    assert cut_border(framed(11)).size == (100, 80)
    with pytest.raises(Dropped):
        cut_border(Image.new("RGB", (50, 50), (10, 10, 10)))


def test_the_centre_is_kept_and_what_is_too_small_is_dropped():
    assert fit_square(framed(10), 64).size == (64, 64)
    with pytest.raises(Dropped, match="too small") as drop:
        fit_square(framed(10), 81)
    assert "100x80" in drop.value.detail


@pytest.mark.shared
def test_no_camera_is_on_both_sides(shared_dir, tmp_path):
    root = shared_dir / "data" / "daynight_webcams"
    out = tmp_path / "out"
    assert (
        main(
            [
                "data",
                "prepare",
                str(root / "day"),
                str(root / "night"),
                str(out),
                "--size",
                "64",
                "--split",
                "cameras",
            ]
        )
        == 0
    )
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
