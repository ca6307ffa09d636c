"""Files of every odd kind on their way into a dataset: each is counted or listed, none is fatal."""

from __future__ import annotations

import csv
import json
import os

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from tests.conftest import draw_picture


@pytest.fixture
def folders(tmp_path):
    for side, start in (("day", 0), ("night", 10)):
        (tmp_path / side).mkdir()
        for number in range(3):
            draw_picture(tmp_path / side / f"{number}.png", start + number, (64, 48), side == "day")
    return tmp_path / "day", tmp_path / "night"


def prepare(folders, out):
    flags = ("--size", "32", "--test-fraction", "0", "--split", "random")
    status = main(["data", "prepare", *map(str, folders), str(out), *flags])
    with (out / "dropped.csv").open(newline="") as lines:
        dropped = {row["file"]: row["detail"] for row in csv.DictReader(lines)}
    return status, dropped, json.loads((out / "preparation.json").read_text())


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tiff"])
def test_of_a_moving_picture_the_first_frame_is_kept_and_that_is_told(
    folders, tmp_path, capsys, ending
):
    first, *others = (Image.open(folders[1] / f"{n}.png").convert("RGB") for n in range(3))
    first.save(folders[0] / f"moving.{ending}", save_all=True, append_images=others)
    status, dropped, described = prepare(folders, tmp_path / "out")
    assert (status, dropped) == (0, {})
    assert described["several_frames"] == [f"a/moving.{ending}"]
    assert "1 kept files hold several pages or frames" in capsys.readouterr().out
    made, wanted = (
        np.asarray(Image.open(tmp_path / "out" / name), np.float32)
        for name in ("trainA/moving.png", "trainB/0.png")
    )
    assert np.abs(made - wanted).mean() < 6


def test_modes_other_than_rgb_become_rgb(folders, tmp_path):
    day, night = folders
    levels = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    Image.fromarray(levels).save(day / "deep.png")
    Image.open(day / "0.png").convert("CMYK").save(night / "ink.jpg", quality=95)
    status, dropped, _ = prepare(folders, tmp_path / "out")
    assert (status, dropped) == (0, {})
    deep, ink, same = (
        Image.open(tmp_path / "out" / name)
        for name in ("trainA/deep.png", "trainB/ink.png", "trainA/0.png")
    )
    assert {picture.mode for picture in (deep, ink)} == {"RGB"}
    assert np.asarray(deep).mean() == pytest.approx(127.5, abs=1)
    assert np.abs(np.asarray(ink, np.float32) - np.asarray(same)).mean() < 4


def test_links_pipes_and_hidden_files_are_counted(folders, tmp_path, capsys):
    day = folders[0]
    os.mkfifo(day / "pipe.png")
    (day / "loop").symlink_to(day, target_is_directory=True)
    (day / "round.png").symlink_to(day / "round.png")
    (day / "gone.jpg").symlink_to(day / "nowhere.jpg")
    (day / ".hidden.png").touch()
    draw_picture(day / "LOUD.JpEg", 30, (64, 48))
    status, dropped, described = prepare(folders, tmp_path / "out")
    assert status == 1
    assert set(dropped) == {"a/round.png", "a/gone.jpg"}
    assert (tmp_path / "out/trainA/LOUD.png").exists()
    assert described["notes"] == [f"2 other files in {day} were ignored"]
    assert "2 other files" in capsys.readouterr().out


def test_an_archive_of_odd_files_is_prepared(folders, tmp_path):
    root = tmp_path / "archive"
    root.mkdir()
    names = ["day.jpg", "night.jpg", "pipe.jpg", "gone.jpg", "lies.jpg", "Loud.JPG"]
    for number, name in enumerate((names[0], names[1], "loud.jpg")):
        draw_picture(root / name, number, (64, 48))
    os.mkfifo(root / "pipe.jpg")
    (root / "gone.jpg").symlink_to(root / "nowhere.jpg")
    Image.open(root / "day.jpg").save(root / "lies.jpg", format="PNG")
    rows = [f"{name},{'Night' if name == 'night.jpg' else 'Day'},New York" for name in names]
    (root / "train.csv").write_text("\n".join(["image_filename,lighting,city", *rows]) + "\n")
    out = tmp_path / "out"
    flags = ("--frame", "any", "--size", "32", "--test-fraction", "0")
    assert main(["data", "nexet", str(root), str(out), *flags]) == 1
    with (out / "dropped.csv").open(newline="") as lines:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(lines)}
    assert reasons == {"pipe.jpg": "no such file", "gone.jpg": "cannot be read"}
    described = json.loads((out / "preparation.json").read_text())
    assert described["mislabelled"] == ["lies.jpg"]
    assert set(described["sources"].values()) == {"day.jpg", "night.jpg", "lies.jpg", "Loud.JPG"}
