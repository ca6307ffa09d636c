"""Rows of the archive's table that speak of one frame, and the split of what it names."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main

HEADER = ("image_filename", "lighting", "city")


def view(seed, size=(128, 72)):
    coarse = np.random.default_rng(seed).integers(30, 226, (18, 32, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def archive(root, rows, pictures):
    """Write a table of rows and the pictures by name."""
    root.mkdir()
    with (root / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    for name, picture in pictures.items():
        picture.save(root / name, quality=95)


def prepare(root, out, *flags):
    words = ["data", "nexet", str(root), str(out), "--size", "64", "--frame", "128x72"]
    return main([*words, *flags])


def dropped(out):
    with (out / "dropped.csv").open(newline="") as lines:
        return {row["file"]: (row["reason"], row["detail"]) for row in csv.DictReader(lines)}


def sources(out):
    """Return the part of each source that became a picture."""
    described = json.loads((out / "preparation.json").read_text())
    return {source: place.split("/")[0] for place, source in described["sources"].items()}


def test_a_frame_is_given_twice_among_wanted_rows_only(tmp_path, capsys):
    names = [f"{number}.jpg" for number in range(8)]
    rows = [
        ("0.jpg", "Day", "Boston"),
        ("1.jpg", "Twilight", "New York"),
        *((name, "Night" if i % 2 else "Day", "New York") for i, name in enumerate(names)),
        ("2.JPG", "day", "new york"),
        ("3.jpg", "Night", "Boston"),
        ("far.jpg", "Day", "Boston"),
    ]
    archive(tmp_path / "src", rows, {name: view(i) for i, name in enumerate(names)})
    out = tmp_path / "out"
    assert prepare(tmp_path / "src", out, "--test-fraction", "0") == 0
    assert sources(out) == {name: "trainB" if i % 2 else "trainA" for i, name in enumerate(names)}
    assert dropped(out) == {
        "0.jpg (line 2)": ("further row of other labels", "Day, Boston"),
        "1.jpg (line 3)": ("further row of other labels", "Twilight, New York"),
        "2.JPG (line 12)": ("row given twice", "day, new york"),
        "3.jpg (line 13)": ("further row of other labels", "Night, Boston"),
    }
    said = capsys.readouterr().out
    assert "further row of other labels" in said and "1 rows of other cities" in said


def test_a_frame_of_both_domains_is_in_neither(tmp_path, capsys):
    names = [f"{number}.jpg" for number in range(6)]
    rows = [(name, "Night" if i % 2 else "Day", "New York") for i, name in enumerate(names)]
    rows += [("0.jpg", "Night", "New York"), ("0.jpg", "Day", "New York")]
    archive(tmp_path / "src", rows, {name: view(i) for i, name in enumerate(names)})
    out = tmp_path / "out"
    assert prepare(tmp_path / "src", out) == 0
    assert set(sources(out)) == set(names[1:])
    assert dropped(out) == {
        "0.jpg": ("rows of both domains", "Day, New York"),
        "0.jpg (line 8)": ("rows of both domains", "Night, New York"),
        "0.jpg (line 9)": ("rows of both domains", "Day, New York"),
    }
    counted = json.loads((out / "preparation.json").read_text())["dropped"]
    assert counted == {"rows of both domains": 3}
    assert "rows of both domains" in capsys.readouterr().out


def test_other_labels_after_a_cut_begin_anew(tmp_path):
    names = [f"{number}.jpg" for number in range(4)]
    pictures = {name: view(i) for i, name in enumerate(names)}
    labels = ["Day", "Day", "Night", "Night"]
    rows = [(name, label, "New York") for name, label in zip(names, labels, strict=True)]
    archive(tmp_path / "src", rows, pictures)
    out = tmp_path / "out"
    nights = [tmp_path / "src" / name for name in names[2:]]
    for path in nights:
        path.unlink()
    # Without a night the work fails, and the days that it made wait for the next call.
    assert prepare(tmp_path / "src", out) == 2
    for path in nights:
        pictures[path.name].save(path)
    swapped = [(n, "Night" if label == "Day" else "Day", c) for n, label, c in rows]
    with (tmp_path / "src" / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *swapped])
    assert prepare(tmp_path / "src", out, "--test-fraction", "0") == 0
    assert sources(out) == {
        "0.jpg": "trainB", "1.jpg": "trainB", "2.jpg": "trainA", "3.jpg": "trainA",
    }  # fmt: skip


@pytest.fixture
def cameras(tmp_path):
    """Twelve cameras, three frames each by day and by night; other things move by night."""
    pictures, rows = {}, []
    for camera in range(12):
        for lighting, share in (("Day", 0.0), ("Night", 0.62)):
            scene = Image.blend(view(camera), view(100 + camera), share)
            for shot in range(3):
                name = f"{lighting.lower()}_{camera}_{shot}.jpg"
                dimmed = scene.point(lambda level, s=shot: level * (1 - s / 10))
                pictures[name] = dimmed
                rows.append((name, lighting, "New York"))
    archive(tmp_path / "src", rows, pictures)
    return tmp_path / "src"


def torn(out, key):
    """Return which of the groups that `key` makes of the names are on both sides of the split."""
    sides = {}
    for name, part in sources(out).items():
        sides.setdefault(key(name), set()).add(part[:-1])
    return {group for group, found in sides.items() if len(found) > 1}


def shots(name):
    return name.rsplit("_", 1)[0]


def camera_of(name):
    return name.split("_")[1]


def test_the_split_keeps_what_it_is_asked_to(cameras, tmp_path):
    for split in ("random", "near-duplicates", "cameras"):
        assert prepare(cameras, tmp_path / split, "--split", split) == 0
        found = sources(tmp_path / split)
        assert len(found) == 72 and {"testA", "testB"} <= set(found.values())
    assert torn(tmp_path / "random", shots)
    assert not torn(tmp_path / "near-duplicates", shots)
    assert torn(tmp_path / "near-duplicates", camera_of)
    assert not torn(tmp_path / "cameras", camera_of)
