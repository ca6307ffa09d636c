from __future__ import annotations

import csv
import json
from contextlib import nullcontext

import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.data import building, preparing
from recyclegan.data.building import Dropped
from recyclegan.data.fitting import cut_border, fit_square
from recyclegan.data.nexet import nexet_sources
from recyclegan.data.plan import Plan
from tests.conftest import draw_picture


def archive(root, names):
    (root / "part1").mkdir(parents=True)
    with (root / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("image_filename", "lighting", "city")]
            + [(n, "Day" if i % 2 else "Night", "New York") for i, n in enumerate(names)]
            + [("gone.jpg", "Day", "New York"), (names[0], "Night", "New York")]
        )
    for i, name in enumerate(names):
        draw_picture(root / "part1" / name, i, (128, 72), bright=bool(i % 2))


@pytest.mark.parametrize("layout", ["folders", "lists"])
def test_an_archive_with_faults_is_prepared_and_they_are_listed(tmp_path, layout):
    archive(tmp_path / "src", [f"f{i}.jpg" for i in range(10)])
    (tmp_path / "src/part1/f1.jpg").write_bytes(b"\xff\xd8\xff")
    draw_picture(tmp_path / "src/part1/f3.jpg", 3, (64, 64))
    words = ["data", "nexet", str(tmp_path / "src"), str(tmp_path / "out"), "--size", "32"]
    assert main([*words, "--frame", "128x72", "--layout", layout]) == 1
    with (tmp_path / "out/dropped.csv").open() as file:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons == {
        "f1.jpg": "cannot be read",
        "f3.jpg": "wrong size",
        "gone.jpg": "no such file",
        "f0.jpg (line 13)": "row given twice",
    }
    pictures = list((tmp_path / "out").rglob("*.png"))
    assert len(pictures) == 8
    assert {Image.open(path).size for path in pictures} == {(32, 32)}


def test_a_second_frame_of_a_name_is_dropped_and_what_is_passed_over_is_told(tmp_path, capsys):
    root = tmp_path / "src"
    archive(root, [f"f{i}.jpg" for i in range(10)])
    with (root / "train.csv").open("a") as table:
        table.write("far.jpg,Day,Oz\ndusk.jpg,Twilight,New York\n")
    (root / "part2").mkdir()
    for name in ("F1.jpg", "unlisted.jpg"):
        draw_picture(root / "part2" / name, 40, (128, 72))
    (root / "part2/notes.txt").touch()
    words = ["data", "nexet", str(root), str(tmp_path / "out"), "--size", "32", "--frame", "any"]
    assert main(words) == 0
    with (tmp_path / "out/dropped.csv").open() as file:
        reasons = {row["file"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons["src/part2/F1.jpg"] == "second file of that name"
    described = json.loads((tmp_path / "out/preparation.json").read_text())
    assert described["settings"]["split"] == "random"
    assert "f1.jpg" in described["sources"].values()
    said = capsys.readouterr().out
    for note in ("2 rows of other cities or lightings", "1 frames are not in the table"):
        assert note in described["notes"] and note in said
    # The table is no picture either.
    assert any(note.startswith("2 other files") for note in described["notes"])


def test_missing_columns_and_unknown_cities_are_named(tmp_path, capsys):
    archive(tmp_path, ["a.jpg", "b.jpg"])
    assert main(["data", "nexet", str(tmp_path), str(tmp_path / "o"), "--city", "Oz"]) == 2
    assert "New York (4)" in capsys.readouterr().err
    (tmp_path / "train.csv").write_text("name,city\n")
    assert main(["data", "nexet", str(tmp_path), str(tmp_path / "o")]) == 2
    assert "image_filename, lighting" in capsys.readouterr().err


def test_own_folders(tmp_path):
    for side in ("day", "night"):
        (tmp_path / side).mkdir()
        for i in range(5):
            draw_picture(tmp_path / side / f"{i}.jpg", i, (64, 48), bright=side == "day")
    draw_picture(tmp_path / "day/0.png", 9, (64, 48))
    (tmp_path / "day/4.jpg").rename(tmp_path / "day/4.png")
    words = ["data", "prepare", *(str(tmp_path / n) for n in ("day", "night", "out"))]
    assert main([*words, "--size", "32", "--split", "random"]) == 0
    assert len(list((tmp_path / "out").rglob("*.png"))) == 11
    described = json.loads((tmp_path / "out/preparation.json").read_text())
    assert described["mislabelled"] == ["a/4.png"]


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("where", ["build", "arrange"])
def test_a_cut_is_resumed_to_the_same_bytes(tmp_path, monkeypatch, where):
    archive(tmp_path / "src", [f"f{i}.jpg" for i in range(10)])
    sources, _ = nexet_sources(tmp_path / "src", cities=["new york"], lightings=("Day", "Night"))
    arguments = (sources, {"a": "day", "b": "night"}, Plan(size=32, split="random"))
    preparing.prepare(tmp_path / "whole", *arguments)

    def cut(done, total):
        if where == "build" and done == 5:
            raise KeyboardInterrupt

    def stage(title):
        return nullcontext(cut)

    def cut_arrange(folder, places):
        building.arrange(folder, dict(list(places.items())[:3]))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if where == "arrange":
            patch.setattr(preparing, "arrange", cut_arrange)
        with pytest.raises(KeyboardInterrupt):
            preparing.prepare(tmp_path / "cut", *arguments, stage=stage)
    assert not (tmp_path / "cut").exists()
    preparing.prepare(tmp_path / "cut", *arguments)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


@pytest.mark.shared
def test_the_two_raw_frames(shared_dir):
    first, second = (
        cut_border(Image.open(shared_dir / f"data/nexet_raw/out_of_frame_0{i}.jpg")) for i in (1, 2)
    )
    assert (first.size, second.size) == ((384, 216), (1280, 494))
    with pytest.raises(Dropped, match="too small"):
        fit_square(first, 256)
    assert fit_square(second, 256).size == (256, 256)
