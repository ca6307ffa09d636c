"""What a check of a dataset finds."""

from __future__ import annotations

import json
import shutil

import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.data.checking import check_dataset, leaked
from tests.conftest import draw_picture


@pytest.fixture
def copies(tmp_path):
    """Copies of a training picture among the test pictures: exact, re-encoded, resized."""
    root = tmp_path / "data"
    for name in ("trainA", "testA", "trainB", "testB"):
        (root / name).mkdir(parents=True)
    draw_picture(root / "trainA" / "orig.png", 1, (160, 120))
    draw_picture(root / "testA" / "other.png", 2, (160, 120))
    draw_picture(root / "trainB" / "b.png", 3, (160, 120), bright=False)
    draw_picture(root / "testB" / "c.png", 4, (160, 120), bright=False)
    shutil.copy(root / "trainA" / "orig.png", root / "testA" / "copy.png")
    with Image.open(root / "trainA" / "orig.png") as image:
        image.save(root / "testA" / "encoded.jpg", quality=80)
        image.resize((150, 112)).save(root / "testA" / "resized.png")
    return root


def test_copies_across_the_split_are_tied_to_their_source(copies):
    result = check_dataset([copies])
    assert {file.path.name for file in leaked(result.exact)} == {"copy.png"}
    near = {file.path.name for file in leaked(result.near)}
    assert near == {"copy.png", "encoded.jpg", "resized.png"}


def test_bad_and_odd_files_are_listed_in_strict_json(copies, capsys):
    whole = (copies / "trainA" / "orig.png").read_bytes()
    (copies / "trainA" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (copies / "trainA" / "gone.png").symlink_to(copies / "nowhere.png")
    shutil.copy(copies / "testA" / "encoded.jpg", copies / "trainA" / "wrong.PNG")
    Image.new("CMYK", (160, 20)).save(copies / "trainA" / "long.jpg")
    (copies / "trainA" / ".hidden.png").write_bytes(whole)
    assert main(["data", "check", str(copies), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    reasons = {row["path"].split("/")[-1]: row["reason"] for row in found["bad"]}
    assert set(reasons) == {"cut.png", "gone.png"}
    assert reasons["gone.png"] == "a link to nothing"
    odd = {row["path"].split("/")[-1]: row["reason"] for row in found["suspects"]}
    assert "PNG by name, JPEG by content" in odd["wrong.PNG"]
    assert "flat" in odd["long.jpg"]
    assert "mode CMYK" in odd["long.jpg"]
    assert found["ignored"] == 1


def test_a_sheet_is_written_once_and_never_into_the_data(copies, tmp_path, capsys):
    sheet = tmp_path / "check.png"
    call = ["data", "check", str(copies), "--picture"]
    assert main([*call, str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.width > 600
    assert main([*call, str(sheet)]) == 2
    assert main([*call, str(sheet), "--overwrite"]) == 0
    assert main([*call, str(copies / "check.png")]) == 2
