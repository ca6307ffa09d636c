"""What an evaluation says of sets: paired by name, with intervals, beside what costs nothing."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan.errors import UserError
from recyclegan.evaluation.choosing import Choice, choose
from recyclegan.evaluation.evaluating import evaluate, evaluate_sets
from recyclegan.evaluation.instruments import Instruments, Network
from recyclegan.evaluation.registry import describe
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.evaluation.verdict import state_verdict
from tests.evaluation_sets import NUM, darken, save, scene, strict, write_sets


@pytest.fixture
def folders(tmp_path):
    return write_sets(tmp_path)


@pytest.fixture
def measure(tmp_path):
    def run(folders, **options):
        options = {"extractor": "luminance", "cache_dir": tmp_path / "cache"} | options
        return strict(evaluate(**folders, **options))

    return run


def read(folders):
    return {flag: read_set(folder, find_files(flag, folder)) for flag, folder in folders.items()}


def test_a_good_translation_beats_what_costs_nothing(folders, measure):
    record = measure(folders)
    assert (record["kind"], record["version"]) == ("evaluation", 1)
    assert list(record["rows"]) == ["identity", "colour_transfer", "real_halves"]
    for row in ("identity", "colour_transfer"):
        for name in ("psnr", "ssim", "kid_luminance", "fd_luminance"):
            gap = record["differences"][row][name]
            values = record["metrics"][name]["value"], record["rows"][row][name]["value"]
            assert gap["value"] == pytest.approx(values[0] - values[1], abs=1e-9)
            assert gap["interval"][0] < gap["value"] < gap["interval"][1]
            assert gap["verdict"] == "better", name
    assert set(record["rows"]["real_halves"]) >= {"kid_luminance", "fd_luminance"}
    assert record["rows"]["real_halves"]["kid_luminance"]["num"] == NUM // 2
    assert record["rows"]["identity"]["structure"]["value"] == pytest.approx(1)
    assert record["rows"]["identity"]["colour_share"]["value"] is None
    assert record["metrics"]["domain_share_luminance"]["value"] > 0.9
    assert record["rows"]["identity"]["domain_share_luminance"]["value"] < 0.2


def test_each_figure_says_how_it_was_made(folders, measure):
    record = measure(folders, measured={"step": 7}, seed=3)
    for name, figure in record["metrics"].items():
        recipe = figure["recipe"]
        assert {"extractor", "weights_sha256", "resize", "range", "versions"} <= set(recipe), name
        assert (recipe["num_real"], recipe["num_fake"], recipe["seed"]) == (NUM, NUM, 3)
        assert recipe["measured"] == {"step": 7}
        assert "torch" in recipe["versions"]
        assert describe(name).name == name and describe(name).says
    judge = record["metrics"]["domain_share_luminance"]["recipe"]
    assert judge["held_out_accuracy"]["value"] > 0.9
    assert 0 <= judge["calibration_error"] <= 1
    assert record["sets"]["fake"]["sizes"] == {"40x32": NUM}
    assert any("fewer than 2,048" in sentence for sentence in record["warnings"])


def test_figures_are_means_of_single_pictures_in_8_bit(folders, measure):
    record = measure(folders, metrics=["psnr"])
    expected = []
    for path in sorted(folders["fake"].iterdir()):
        a, b = (
            np.asarray(Image.open(folders[flag] / path.name), np.float64)
            for flag in ("fake", "truth")
        )
        expected.append(10 * math.log10(255**2 / ((a - b) ** 2).mean()))
    assert record["per_picture"]["scores"]["fake"]["psnr"] == pytest.approx(expected, rel=1e-5)
    assert record["metrics"]["psnr"]["value"] == pytest.approx(np.mean(expected), rel=1e-5)
    assert list(record["metrics"]) == ["psnr"]


def test_made_twice_it_has_the_same_bytes_wherever_features_come_from(folders, measure, tmp_path):
    first = json.dumps(measure(folders))
    assert json.dumps(measure(folders)) == first
    assert json.dumps(measure(folders, cache_dir=tmp_path / "another")) == first
    assert json.dumps(measure(folders, seed=1)) != first


def test_the_order_of_files_changes_nothing(folders, tmp_path):
    sets = read(folders)
    names = ["psnr", "kid_luminance", "fd_luminance", "domain_share_luminance"]

    def run(order, cache):
        turned = {
            flag: read_set(folders[flag], {n: s.pictures[n].path for n in order(s.names)})
            for flag, s in sets.items()
        }
        return json.dumps(evaluate_sets(turned, choose(names, sets, cache_dir=tmp_path / cache)))

    assert run(list, "one") == run(reversed, "two")


def test_a_line_to_sets_without_end_waits_for_three_pictures_a_feature(folders, measure):
    skipped = {row["metric"]: row["reason"] for row in measure(folders)["skipped"]}
    assert "3,072 pictures" in skipped["fd_infinity_luminance"]
    with pytest.raises(UserError, match="3,072 pictures"):
        measure(folders, metrics=["fd_infinity_luminance"])


@pytest.mark.parametrize("num", [2, 10])
def test_a_set_against_itself_is_at_no_distance(tmp_path, measure, num):
    folders = write_sets(tmp_path, num)
    record = measure({"real": folders["real"], "fake": folders["real"]})
    assert 0 <= record["metrics"]["fd_luminance"]["value"] < 1e-2
    low, high = record["metrics"]["fd_luminance"]["interval"]
    assert math.isfinite(low) and math.isfinite(high)
    assert (record["metrics"]["kid_luminance"]["interval"] is None) == (num == 2)
    assert any("byte for byte" in sentence for sentence in record["warnings"])
    assert {"row identity", "row colour_transfer"} <= {row["metric"] for row in record["skipped"]}


def test_one_picture_has_figures_of_its_own_but_none_of_a_set(tmp_path, measure):
    folders = write_sets(tmp_path, 1)
    record = measure(folders)
    assert record["metrics"]["psnr"]["interval"] is None
    assert "kid_luminance" in {row["metric"] for row in record["skipped"]}
    assert record["differences"]["identity"]["psnr"]["verdict"] == "unclear"
    assert "too few pictures" in state_verdict(record)
    with pytest.raises(UserError, match=r"kid_luminance: it needs 2 pictures .* one has 1"):
        measure({flag: folders[flag] for flag in ("real", "fake")})
    with pytest.raises(UserError, match="fd_luminance: it needs 2 pictures"):
        measure(folders, metrics=["psnr", "fd_luminance"])


def test_rows_of_a_single_partner_stop_no_figure_of_pictures(folders, measure):
    for path in sorted(folders["source"].iterdir())[1:]:
        path.unlink()
    record = measure(folders)
    assert record["rows"]["identity"]["psnr"]["num"] == 1
    assert "kid_luminance" in {row["metric"] for row in record["skipped"]}


def test_six_pictures_a_side_give_a_kernel_distance(tmp_path, measure):
    folders = write_sets(tmp_path, 6)
    figure = measure(folders)["metrics"]["kid_luminance"]
    assert figure["interval"][0] < figure["value"] < figure["interval"][1]


def test_perfect_pictures_are_counted_apart_and_leave_strict_json(folders, measure):
    shutil.copy(folders["truth"] / "003.png", folders["fake"] / "003.png")
    record = measure(folders, metrics=["psnr", "ssim"])
    assert (record["metrics"]["psnr"]["num"], record["metrics"]["psnr"]["num_infinite"]) == (11, 1)
    assert record["per_picture"]["scores"]["fake"]["psnr"][3] is None
    assert record["differences"]["identity"]["psnr"]["num"] == 11
    assert record["differences"]["identity"]["ssim"]["num"] == 12

    perfect = measure(folders | {"fake": folders["truth"]}, metrics=["psnr", "ssim"])
    assert perfect["metrics"]["psnr"]["value"] is None
    assert perfect["metrics"]["psnr"]["num_infinite"] == NUM
    assert perfect["metrics"]["ssim"]["value"] == pytest.approx(1)


def test_a_translator_that_does_nothing_is_seen_to(folders, measure):
    """Scenes are not symmetric, so a picture mirrored by chance would lose its likeness."""
    record = measure(
        {"real": folders["real"], "fake": folders["source"], "truth": folders["source"]}
    )
    assert record["metrics"]["ssim"]["value"] > 0.999


def test_what_has_no_partner_or_another_size_is_named_and_the_others_scored(folders, measure):
    (folders["fake"] / "000.png").unlink()
    (folders["truth"] / "007.png").unlink()
    save(folders["fake"] / "001.png", darken(scene(1, (31, 31))))
    (folders["source"] / "002.png").write_bytes(b"no picture")
    record = measure(folders)
    assert record["unmatched"] == {"fake": ["002", "007"], "truth": ["000"], "source": ["000"]}
    reasons = {item["path"]: item["reason"] for item in record["left_out"]}
    assert "no known picture format" in reasons[str(folders["source"] / "002.png")]
    unlike = reasons[str(folders["fake"] / "001.png")]
    assert "31x31" in unlike and "40x32" in unlike and "001.png" in unlike
    assert record["metrics"]["psnr"]["num"] == NUM - 3
    assert record["metrics"]["kid_luminance"]["num"] == NUM - 1
    # 001 differs from its source in size, 002 has none: both differences are of the others alone.
    assert record["differences"]["identity"]["psnr"]["num"] == NUM - 4


def test_pictures_of_any_size_mode_and_suffix_are_one_set(folders, measure):
    fake = folders["fake"]
    mixed = Image.open(fake / "000.png")
    mixed.convert("L").save(fake / "000.png")
    mixed.resize((64, 30)).convert("RGBA").save(fake / "001.png")
    mixed.convert("P").save(fake / "002.png")
    (fake / "003.png").rename(fake / "003.PNG")
    (fake / ".004.png").write_bytes(b"litter")
    record = measure({"real": folders["real"], "fake": fake})
    assert record["metrics"]["kid_luminance"]["num"] == NUM
    assert record["left_out"] == []


def test_files_that_differ_in_suffix_alone_both_count_where_nothing_is_paired(folders, measure):
    shutil.copy(folders["real"] / "101.png", folders["real"] / "100.bmp")
    record = measure({"real": folders["real"], "fake": folders["fake"]})
    assert record["sets"]["real"]["num"] == NUM + 1


def test_sets_that_are_compressed_or_sized_otherwise_are_warned_of(folders, measure):
    for path in list(folders["fake"].iterdir()):
        picture = Image.open(path)
        picture.resize((80, 64)).save(path.with_suffix(".jpg"))
        path.unlink()
    warnings = measure({"real": folders["real"], "fake": folders["fake"]})["warnings"]
    assert any("not compressed alike (png and jpg)" in sentence for sentence in warnings)
    assert any("typically 64 px" in sentence and "32" in sentence for sentence in warnings)


def test_pairs_are_made_below_sub_folders_whatever_the_suffix(folders, measure):
    for flag, suffix in (("source", ".PNG"), ("fake", ".png"), ("truth", ".webp")):
        (folders[flag] / "cam").mkdir()
        picture = Image.open(folders[flag] / "005.png")
        picture.save(folders[flag] / "cam" / f"005{suffix}", lossless=True)
    record = measure(folders, metrics=["ssim"])
    assert "cam/005" in record["per_picture"]["names"]
    assert record["metrics"]["ssim"]["num"] == NUM + 1
    scores = dict(
        zip(
            record["per_picture"]["names"],
            record["per_picture"]["scores"]["fake"]["ssim"],
            strict=True,
        )
    )
    assert scores["cam/005"] == pytest.approx(scores["005"])
    shutil.copy(folders["fake"] / "001.png", folders["fake"] / "001.bmp")
    with pytest.raises(UserError, match=r"001\.bmp and .*001\.png"):
        measure(folders, metrics=["ssim"])


def test_what_comes_back_is_measured_beside_its_source(folders, measure):
    folders["recovered"] = folders["source"]
    record = measure(folders, metrics=["cycle_error", "structure"])
    assert record["metrics"]["cycle_error"]["value"] == 0
    assert record["metrics"]["cycle_error"]["num"] == NUM
    assert "cycle_error" not in record["rows"]["identity"]


def test_a_network_is_given_black_as_minus_one_and_white_as_one_each_picture_once(tmp_path):
    folders = write_sets(tmp_path, 3)
    for flag, level in (("fake", 0), ("truth", 255)):
        for path in folders[flag].iterdir():
            save(path, np.full((40, 40, 3), level, np.uint8))
    seen = []

    def embed(pictures):
        seen.append((pictures.min().item(), pictures.max().item()))
        return pictures.flatten(1)

    network = Network({"weights_sha256": "0"}, embed, lambda a, b: (a - b).square().mean(dim=1))
    choice = Choice((describe("lpips_alex"),), Instruments({}, {"lpips_alex": network}))
    sets = read({flag: folders[flag] for flag in ("real", "fake", "truth")})
    record = evaluate_sets(sets, choice)
    assert record["metrics"]["lpips_alex"]["value"] == 4
    assert sorted(seen) == [(-1, -1)] * 3 + [(1, 1)] * 3
    same = evaluate_sets(sets | {"fake": sets["truth"]}, choice)
    assert same["metrics"]["lpips_alex"]["value"] == 0


def test_pictures_too_small_for_a_network_are_listed(tmp_path):
    folders = write_sets(tmp_path, 2)
    for flag in ("fake", "truth"):
        save(folders[flag] / "000.png", darken(scene(0, (40, 20))))
    network = Network({}, lambda p: p.flatten(1), lambda a, b: torch.zeros(1))
    choice = Choice((describe("lpips_alex"),), Instruments({}, {"lpips_alex": network}))
    record = evaluate_sets(read({f: folders[f] for f in ("real", "fake", "truth")}), choice)
    assert record["metrics"]["lpips_alex"]["num"] == 1
    assert "20 px is too small for lpips_alex" in record["left_out"][0]["reason"]


def test_metrics_are_found_by_name_and_slips_are_told():
    assert describe("fd_infinity_resnet18").extractor == "resnet18"
    assert describe("fid_infinity").extractor == "inception"
    assert describe("kid_efficientnet_lite0").family == "kid"
    with pytest.raises(UserError, match="did you mean psnr"):
        describe("pnsr")
    with pytest.raises(UserError, match="psnr needs --truth"):
        choose(["psnr"], ["real"])


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (1, 3, "better", "closer to the truth than"),
        (-3, -1, "worse", "further from the truth than"),
        (-1, 1, "unclear", "not clearly closer"),
    ],
)
def test_verdict_says_what_the_interval_allows(low, high, verdict, words):
    gap = {"value": (low + high) / 2, "interval": [low, high], "verdict": verdict}
    baselines = ("identity", "colour_transfer", "dark_channel")
    record = {
        "metrics": {"psnr": {"num": 0, "num_infinite": 1}},
        "differences": {baseline: {"psnr": gap} for baseline in baselines},
    }
    sentence = state_verdict(record)
    assert sentence.count(words) == 3
    assert "1 held-out picture by PSNR" in sentence and " dB" in sentence
