"""The command on made pictures, and on a few real ones."""

import json
import shutil
import time

import pytest

from recyclegan.cli.main import main
from recyclegan.curation.findings import read_findings
from recyclegan.data.layouts import read_layout
from recyclegan.data.manifest import scan
from recyclegan.features import reading
from tests.conftest import draw_picture

QUIET = ("--features", "luminance", "--no-review")


@pytest.fixture
def data(tmp_path):
    root = tmp_path / "towns"
    for folder, bright in (("trainA", True), ("trainB", False), ("testA", True), ("testB", False)):
        (root / folder).mkdir(parents=True)
        for index in range(12 if folder.startswith("train") else 3):
            seed = index + 100 * len(folder) + 1000 * bright
            draw_picture(root / folder / f"{index:02}.png", seed, bright=bright)
    shutil.copy(root / "trainA" / "00.png", root / "trainA" / "copy.png")
    return root


def test_the_result_describes_the_dataset(data, capsys):
    assert main(["curate", str(data), *QUIET, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    out_dir = data.with_name("towns-curation")
    findings = read_findings(out_dir / "curation.json")
    _, manifest, _ = scan(read_layout([data], seed=0, test_fraction=0.2))
    assert findings.data == manifest.digest == summary["data"]
    names = [item.name for item in findings.a.items]
    assert len(names) == len(set(names)) == summary["a"]["num_pictures"] == 16
    assert all((data / name).is_file() for name in names)
    for item in (*findings.a.items, *findings.b.items):
        assert item.split == item.name[: -len("A/00.png")].rstrip("A/") or "copy" in item.name
    nearest = findings.a.pairs[0]
    assert {names[nearest.first], names[nearest.second]} == {"trainA/00.png", "trainA/copy.png"}
    twins = [
        item.group for item in findings.a.items if item.name in ("trainA/00.png", "trainA/copy.png")
    ]
    assert twins[0] == twins[1]
    assert min(i.brightness for i in findings.a.items) > max(i.brightness for i in findings.b.items)
    for letter in "ab":
        assert (out_dir / f"clusters_{letter}.png").stat().st_size > 1000


def test_damaged_files_are_listed_and_left_out(data, capsys):
    (data / "trainA" / "00.png").write_bytes(b"no picture")
    assert main(["curate", str(data), *QUIET, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [bad["path"].endswith("trainA/00.png") for bad in summary["bad"]] == [True]
    assert summary["a"]["num_pictures"] == 15


def test_it_goes_on_after_a_cut_and_ends_the_same(data, tmp_path, monkeypatch, capsys):
    whole = ["curate", str(data), *QUIET, "--out", str(tmp_path / "whole")]
    assert main(whole) == 0
    cut = ["curate", str(data), *QUIET, "--out", str(tmp_path / "cut")]
    with monkeypatch.context() as patched:
        patched.setattr(reading, "BATCH", 4)
        extract, batches = reading._extract, iter(range(2))

        def until_full(batch, extractor):
            if next(batches, None) is None:
                raise KeyboardInterrupt
            return extract(batch, extractor)

        patched.setattr(reading, "_extract", until_full)
        assert main(cut) == 1
    assert not (tmp_path / "cut" / "curation.json").exists()
    decoded = []
    decode = reading.decode_bytes
    monkeypatch.setattr(
        reading, "decode_bytes", lambda *given: decoded.append(given[1]) or decode(*given)
    )
    assert main(cut) == 0
    assert 0 < len(decoded) <= 31 - 8
    one, two = ((tmp_path / name / "curation.json").read_bytes() for name in ("whole", "cut"))
    assert one == two
    decoded.clear()
    assert main(cut) == 0 and decoded == []


def test_other_settings_do_not_replace_a_result(data, capsys):
    call = ["curate", str(data), *QUIET]
    assert main(call) == 0
    assert main([*call, "--clusters", "2"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*call, "--clusters", "2", "--overwrite"]) == 0


def test_two_folders_get_the_split_of_a_training(data, capsys):
    for name in ("testA", "testB"):
        shutil.rmtree(data / name)
    (data / "trainA").rename(data / "day")
    (data / "trainB").rename(data / "night")
    assert main(["curate", str(data), *QUIET]) == 0
    layout = read_layout([data], seed=0, test_fraction=0.2)
    findings = read_findings(data.with_name("towns-curation") / "curation.json")
    held_out = {item.name for item in findings.a.items if item.split == "test"}
    assert held_out == {path.relative_to(data).as_posix() for path in layout.a.test} != set()
    assert "chosen by seed 0" in capsys.readouterr().out


def test_without_weights_it_stops_before_any_work(data, tmp_path, monkeypatch, no_network, capsys):
    pytest.importorskip("timm")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("RECYCLEGAN_WEIGHTS", raising=False)
    start = time.monotonic()
    assert main(["curate", str(data)]) == 2
    assert time.monotonic() - start < 10
    error = capsys.readouterr().err
    assert "resnet18-f37072fd.pth" in error and "--weights" in error
    assert not data.with_name("towns-curation").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--clusters", "0"], "--clusters 0"),
        (["--features", "resnet-18"], "resnet-18"),
        (["--out", "inside"], "outside"),
    ],
)
def test_mistakes(data, flags, said, capsys):
    flags = [str(data / "x") if word == "inside" else word for word in flags]
    assert main(["curate", str(data), *QUIET, *flags]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.shared
def test_real_webcams(shared_dir, tmp_path, capsys):
    pytest.importorskip("timm")
    for name in ("day", "night"):
        (tmp_path / "cams" / name).mkdir(parents=True)
        source = shared_dir / "data" / "daynight_webcams"
        folder = next(path for path in source.iterdir() if path.name.lower() == name)
        for path in sorted(p for p in folder.rglob("*") if p.is_file())[:20]:
            shutil.copy(path, tmp_path / "cams" / name)
    weights = shared_dir / "weights" / "tf_efficientnet_lite0.safetensors"
    call = ["curate", str(tmp_path / "cams"), "--features", "tf_efficientnet_lite0"]
    assert main([*call, "--weights", str(weights), "--no-review", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["a"]["num_pictures"] == summary["b"]["num_pictures"] == 20
    assert summary["bad"] == []
