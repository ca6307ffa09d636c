"""Haze datasets: pairs found by name, crops that stay aligned, truth beside what is tested."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.data import building
from recyclegan.data.haze import HazeSettings, grid, prepare_haze, shrink
from recyclegan.data.haze_depth import fill_unknown, read_depth
from recyclegan.data.haze_pairs import find_pairs
from recyclegan.data.layouts import read_layout
from recyclegan.data.scenes.haze import add_haze
from recyclegan.errors import UserError
from recyclegan.images.tensors import to_tensor
from recyclegan.metrics.paired import psnr


def photo(seed, size=(150, 120)):
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def hazy(image):
    return image.point(lambda level: round(0.5 * level + 100))


@pytest.fixture
def archive(tmp_path):
    """Five pairs named as in the published archive, lossless."""
    src = tmp_path / "src" / "# O-HAZY"
    for number in range(1, 6):
        save(src / "GT" / f"{number:02}_outdoor_GT.png", photo(number))
        save(src / "hazy" / f"{number:02}_outdoor_hazy.PNG", hazy(photo(number)))
    return tmp_path / "src"


def run(src, out, *flags, kind="o-haze"):
    return main(["data", "haze", str(src), str(out), "--kind", kind, "--size", "40", *flags])


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_crops_of_one_name_show_one_place(archive, tmp_path):
    out = tmp_path / "out"
    assert run(archive, out, "--short-side", "120") == 0
    found = read_layout([out], seed=0, test_fraction=0.2)
    assert (found.a.name, found.b.name) == ("hazy", "clear")
    assert len(found.a.test) == 9 and len(found.a.train) == 36
    assert set(found.a.truth) == set(found.a.test) and set(found.b.truth) == set(found.b.test)
    for domain in (found.a, found.b):
        for path, truth in domain.truth.items():
            pair = (path, truth) if domain is found.a else (truth, path)
            in_haze, clear = (Image.open(p) for p in pair)
            assert in_haze.size == clear.size == (40, 40)
            assert np.array_equal(np.asarray(in_haze), np.asarray(hazy(clear.convert("RGB"))))
    places = {path.name[:10] for path in found.a.test}
    assert places.isdisjoint(path.name[:10] for path in (*found.a.train, *found.b.train))


def test_what_does_not_fit_is_listed_and_the_rest_goes_on(archive, tmp_path, capsys):
    root = archive / "# O-HAZY"
    save(root / "hazy" / "77_outdoor_hazy.png", photo(1))
    save(root / "GT" / "08_outdoor_GT.png", photo(8))
    save(root / "hazy" / "08_outdoor_hazy.png", photo(8, (90, 80)))
    for folder, word in (("GT", "GT"), ("hazy", "hazy")):
        save(root / folder / f"09_outdoor_{word}.png", photo(9, (30, 30)))
    content = (root / "hazy" / "05_outdoor_hazy.PNG").read_bytes()
    (root / "hazy" / "05_outdoor_hazy.PNG").write_bytes(content[: len(content) // 2])
    (root / "hazy" / ".DS_Store").write_bytes(b"x")
    (root / "hazy" / "loop").symlink_to(root, target_is_directory=True)
    out = tmp_path / "out"
    assert run(archive, out) == 1
    with (out / "dropped.csv").open(newline="", encoding="utf-8") as lines:
        reasons = [row["reason"] for row in csv.DictReader(lines)]
    assert sorted(reasons) == [
        "cannot be read", "no clear picture of this name", "sizes differ", "too small",
    ]  # fmt: skip
    assert json.loads((out / "preparation.json").read_text())["counts"]["used"] == 4
    assert "sizes differ" in capsys.readouterr().out


def test_a_cut_ends_in_the_same_bytes(archive, tmp_path, monkeypatch):
    settings = HazeSettings("o-haze", size=40)
    prepare_haze(archive, tmp_path / "whole", settings)
    write, calls = building._write, []

    def failing(folder, path, image):
        if "05_outdoor" in path:
            raise OSError(28, "No space left on device")
        return write(folder, path, image)

    monkeypatch.setattr(building, "_write", failing)
    with pytest.raises(OSError, match="No space"):
        prepare_haze(archive, tmp_path / "cut", settings)
    assert not (tmp_path / "cut").exists()
    monkeypatch.setattr(building, "_write", lambda *args: calls.append(args) or write(*args))
    calls.clear()
    prepare_haze(archive, tmp_path / "cut", settings)
    assert len(calls) == 2 * 9
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_depth_becomes_haze_of_every_strength(tmp_path):
    src = tmp_path / "src"
    for number in range(2):
        save(src / "images" / f"{number}.png", photo(number, (80, 80)))
        depth = np.full((80, 80), 2000, np.uint16)
        depth[:, 40:] = 5000
        depth[10:20, 10:20] = 0
        save(src / "depth" / f"{number}.png", Image.fromarray(depth))
    out = tmp_path / "out"
    assert run(src, out, "--betas", "0.1", "0.4", "--short-side", "80", kind="d-hazy") == 0
    found = read_layout([out], seed=0, test_fraction=0.2)
    assert len(found.a.train) == 2 * len(found.b.train) == 8
    assert set(found.a.truth) == set(found.a.test)
    near = found.b.train[0]
    name = near.stem + "_beta0p4.png"
    expected = add_haze(
        np.asarray(Image.open(near)), np.full((40, 40), 2.0, np.float32), 0.4, (0.85, 0.85, 0.87)
    )
    assert np.array_equal(np.asarray(Image.open(out / "trainA" / name)), expected)


@pytest.mark.parametrize(
    ("values", "metres"),
    [
        (np.array([[1000, 2500]], np.uint16), [[1.0, 2.5]]),
        (np.array([[51, 255]], np.uint8), [[2.0, 10.0]]),
        (np.array([[1.5, np.nan]], np.float32), [[1.5, 1.5]]),
    ],
    ids=["16 bit", "8 bit", "float"],
)
def test_depth_of_each_encoding(tmp_path, values, metres):
    path = tmp_path / "depth.tif"
    Image.fromarray(values).save(path)
    assert np.allclose(read_depth(path, 0.001, 10.0), metres)


def test_unknown_depth_is_that_of_the_nearest_known_pixel():
    depth = np.array([[0, 0, 3.0, 0, -1.0, 7.0]], np.float32)
    assert fill_unknown(depth, "x").tolist() == [[3, 3, 3, 3, 7, 7]]
    with pytest.raises(building.Dropped, match="unknown everywhere"):
        fill_unknown(np.zeros((2, 2), np.float32), "x")


def test_the_grid_is_centred_and_its_crops_do_not_overlap():
    boxes = grid(150, 120, 40)
    assert len(boxes) == 9 and boxes[0] == (15, 0, 55, 40) and boxes[-1] == (95, 80, 135, 120)
    assert len({(x, y) for x, y, _, _ in boxes}) == 9
    assert shrink(photo(0), 60).size == (75, 60) and shrink(photo(0), 500).size == (150, 120)


def test_a_folder_without_pairs_is_one_sentence(tmp_path, capsys):
    save(tmp_path / "src" / "pictures" / "a.png", photo(0))
    assert run(tmp_path / "src", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "GT or clear" in error and len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "flags", [("--size", "3"), ("--short-side", "10"), ("--betas", "0.1", "0.1"), ("--betas", "-1")]
)
def test_settings_out_of_range_are_refused(archive, tmp_path, flags, capsys):
    assert run(archive, tmp_path / "out", *flags) == 2
    assert flags[0] in capsys.readouterr().err


@pytest.mark.shared
def test_real_pairs_stay_aligned(shared_dir, tmp_path):
    src = shared_dir / "data" / "ohaze_samples"
    pairs, alone = find_pairs(src, "o-haze")
    assert len(pairs) == 4 and not alone
    prepare_haze(src, tmp_path / "out", HazeSettings("o-haze"))
    for pair in pairs.values():
        whole = [shrink(Image.open(p).convert("RGB"), 1024) for p in (pair.other, pair.clear)]
        squares = []
        for box in grid(*whole[0].size, 256):
            a, b = (to_tensor(image.crop(box)).double() for image in whole)
            squares.append(float(((a - b) ** 2).mean()))
        of_crops = 10 * np.log10(4 / np.mean(squares))
        of_whole = float(psnr(*(to_tensor(image)[None] for image in whole))[0])
        assert of_crops == pytest.approx(of_whole, abs=0.5)
    found = read_layout([tmp_path / "out"], seed=0, test_fraction=0.2)
    for path, truth in list(found.a.truth.items())[::5]:
        a, b = (np.asarray(Image.open(p).convert("L"), float) for p in (path, truth))
        gy = [np.diff(x, axis=0) for x in (a, b)]
        score = {
            shift: np.corrcoef(gy[0][4:-4].ravel(), np.roll(gy[1], shift, 1)[4:-4].ravel())[0, 1]
            for shift in (-2, 0, 2)
        }
        assert max(score, key=score.get) == 0


def test_the_source_is_not_written_into(archive, tmp_path):
    with pytest.raises(UserError, match="inside"):
        prepare_haze(archive, archive / "out", HazeSettings("o-haze"))


@pytest.mark.parametrize("kind", ["o-haze", "d-hazy"])
def test_a_name_may_hold_the_word_that_tells_strengths(tmp_path, kind):
    src = tmp_path / "src"
    other = "depth" if kind == "d-hazy" else "hazy"
    for number in range(2):
        save(src / "GT" / f"cam_beta_{number}.png", photo(number, (80, 80)))
        half = Image.fromarray(np.full((80, 80), 3000, np.uint16))
        save(
            src / other / f"cam_beta_{number}.png",
            half if kind == "d-hazy" else photo(number, (80, 80)),
        )
    assert run(src, tmp_path / "out", "--short-side", "80", kind=kind) == 0
    found = read_layout([tmp_path / "out"], seed=0, test_fraction=0.2)
    assert set(found.a.truth) == set(found.a.test) and set(found.b.truth) == set(found.b.test)
