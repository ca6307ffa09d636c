"""Files of every odd kind in a checked folder: each is counted or listed, none is fatal."""

from __future__ import annotations

import json
import os
import shutil
import struct
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.data.checking import check_dataset
from recyclegan.data.examining import examine
from recyclegan.data.near_duplicates import features_of_files
from tests.conftest import draw_picture


@pytest.fixture
def folders(tmp_path):
    for side, start in (("day", 0), ("night", 10)):
        (tmp_path / side).mkdir()
        for number in range(4):
            draw_picture(tmp_path / side / f"{number}.png", start + number, (64, 48), side == "day")
    return tmp_path / "day", tmp_path / "night"


def check(folders, capsys, status=0):
    assert main(["data", "check", *map(str, folders), "--json"]) == status
    return json.loads(capsys.readouterr().out)


def reasons(rows):
    return {row["path"].rsplit("/", 1)[-1]: row["reason"] for row in rows}


def moving_frames(folder):
    return [Image.open(folder / f"{number}.png").convert("RGB") for number in range(3)]


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tiff"])
def test_of_a_moving_picture_the_first_frame_counts(folders, capsys, ending):
    first, *others = moving_frames(folders[0])
    first.save(folders[0] / f"moving.{ending}", save_all=True, append_images=others)
    found = check(folders, capsys)
    assert "3 pages or frames, the first counts" in reasons(found["suspects"])[f"moving.{ending}"]
    facts = {file["path"].rsplit("/", 1)[-1]: file for file in found["files"]}
    assert facts[f"moving.{ending}"]["num_pages"] == 3
    alike = next(group for group in found["near_duplicates"] if f"moving.{ending}" in str(group))
    assert any(path.endswith("day/0.png") for path in alike)


def test_pages_that_are_damaged_behind_the_first_are_told(folders, capsys):
    first, *others = moving_frames(folders[0])
    path = folders[0] / "pages.tiff"
    first.save(path, save_all=True, append_images=others)
    content = path.read_bytes()
    (first_page,) = struct.unpack_from("<I", content, 4)
    (num_tags,) = struct.unpack_from("<H", content, first_page)
    (second_page,) = struct.unpack_from("<I", content, first_page + 2 + 12 * num_tags)
    path.write_bytes(content[: second_page + 20])
    found = check(folders, capsys)
    assert "damaged behind its first page" in reasons(found["suspects"])["pages.tiff"]


def test_unusual_modes_are_named(folders, capsys):
    levels = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    Image.fromarray(levels).save(folders[0] / "deep.png")
    draw_picture(folders[1] / "ink.jpg", 20, (64, 48), bright=False)
    Image.open(folders[1] / "ink.jpg").convert("CMYK").save(folders[1] / "ink.jpg")
    found = check(folders, capsys)
    odd = reasons(found["suspects"])
    assert "mode I;16, RGB is usual" in odd["deep.png"]
    assert "mode CMYK, RGB is usual" in odd["ink.jpg"]
    facts = {file["path"].rsplit("/", 1)[-1]: file for file in found["files"]}
    assert facts["deep.png"]["measures"]["brightness"] == pytest.approx(0.5, abs=0.01)


def test_links_pipes_and_hidden_files_are_counted(folders, capsys):
    day = folders[0]
    os.mkfifo(day / "pipe.png")
    (day / "loop").symlink_to(day, target_is_directory=True)
    (day / "round.png").symlink_to(day / "round.png")
    (day / "gone.jpg").symlink_to(day / "nowhere.jpg")
    (day / "again.png").symlink_to(day / "0.png")
    (day / ".hidden.png").write_bytes((day / "0.png").read_bytes())
    (day / "notes.txt").touch()
    found = check(folders, capsys, status=1)
    assert reasons(found["bad"]) == {
        "round.png": "a link to nothing",
        "gone.jpg": "a link to nothing",
    }
    # The pipe, the hidden file, the notes, and the later of two names of one picture.
    assert found["ignored"] == 4
    assert len(found["files"]) == 8


def test_endings_in_any_case_and_endings_that_lie(folders, capsys):
    day = folders[0]
    draw_picture(day / "loud.JPG", 30, (64, 48))
    shutil.copy(day / "loud.JPG", day / "Loud.Png")
    (day / "text.jpeg").write_text("no picture")
    (day / "empty.webp").touch()
    found = check(folders, capsys, status=1)
    assert reasons(found["suspects"]) == {"Loud.Png": "PNG by name, JPEG by content"}
    assert reasons(found["bad"]) == {
        "text.jpeg": "no known picture format",
        "empty.webp": "the file is empty",
    }
    assert len(found["files"]) == 10


def test_a_picture_in_both_domains_is_named(folders, capsys):
    day, night = folders
    shutil.copy(day / "2.png", night / "same.png")
    with Image.open(day / "3.png") as image:
        image.save(night / "encoded.jpg", quality=90)
    found = check(folders, capsys)
    both = [str(day / "2.png"), str(night / "same.png")]
    assert found["exact_duplicates_across_domains"] == [both]
    near = found["near_duplicates_across_domains"]
    assert both in near and [str(day / "3.png"), str(night / "encoded.jpg")] in near
    assert main(["data", "check", str(day), str(night)]) == 0
    shown = capsys.readouterr().out
    assert "1 groups of exact duplicates across domains" in shown
    assert "2 groups of near duplicates across domains" in shown


def test_the_darkest_and_the_brightest_picture_are_named(folders, capsys):
    Image.new("RGB", (64, 48), (2, 2, 2)).save(folders[0] / "dark.png")
    Image.new("RGB", (64, 48), (250, 250, 250)).save(folders[0] / "light.png")
    day, night = check(folders, capsys)["parts"]
    assert (day["darkest"], day["brightest"]) == tuple(
        str(folders[0] / name) for name in ("dark.png", "light.png")
    )
    assert day["brightness"]["min"] == pytest.approx(2 / 255)
    assert day["brightness"]["max"] == pytest.approx(250 / 255)
    assert day["brightness"]["min"] < day["brightness"]["median"] < day["brightness"]["max"]
    assert (day["pictures"], night["pictures"]) == (6, 4)
    assert day["short_side"] == {"min": 48, "median": 48, "max": 48}


def test_each_stage_tells_how_far_it_is(folders):
    seen = []

    @contextmanager
    def stage(title):
        yield lambda done, total: seen.append((title, done, total))

    check_dataset(folders, stage)
    assert seen == [*(("Decoding", done, 8) for done in range(1, 9)), ("Comparing", 1, 1)]


def test_the_features_are_those_that_the_split_compares(tmp_path):
    paths = []
    for side in (100, 255, 256, 512):
        for ending in ("jpg", "png"):
            paths.append(tmp_path / f"{side}.{ending}")
            draw_picture(paths[-1], 5, (side + 30, side))
    exif = Image.Exif()
    exif[0x0112] = 6
    paths.append(tmp_path / "turned.jpg")
    Image.open(tmp_path / "512.png").save(paths[-1], exif=exif)
    own = np.stack([examine(path, "a", "train").features for path in paths])
    assert (own == features_of_files(paths)).all()
