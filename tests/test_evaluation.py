"""Pairing by name, intervals that cover, and the table of a translator beside its baselines."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from PIL import Image

from recyclegan.errors import UserError
from recyclegan.evaluation.bootstrap import estimate_mean
from recyclegan.evaluation.pairing import names_below, pair_by_name
from recyclegan.evaluation.translation import evaluate_translation, target_statistics
from recyclegan.evaluation.verdict import state_verdict


def save(folder, name, pixels):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def scene(seed, size=24):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 256, (4, 4, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))


def darken(pixels):
    """A change of day into night that no transfer of means and deviations can make."""
    night = pixels // 4
    night[:, : night.shape[1] // 2] = 255 - pixels[:, : night.shape[1] // 2]
    return night


@pytest.fixture
def sets(tmp_path):
    def write(folder, seeds, change=lambda p: p):
        return {f"{s:02}": save(tmp_path / folder, f"{s:02}.png", change(scene(s))) for s in seeds}

    noisy = lambda p: np.clip(darken(p).astype(int) + 6, 0, 255).astype(np.uint8)  # noqa: E731
    return {
        "source": write("testA", range(8)),
        "fakes": write("fakes", range(8), noisy),
        "truth": write("truthA", range(8), darken),
        "target": target_statistics(list(write("trainB", range(20, 30), darken).values())),
        "measured": {"step": 7, "split": "test"},
    }


def strict(evaluation):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(json.dumps(evaluation, allow_nan=False), parse_constant=refuse)


def test_table_holds_both_baselines_and_a_good_translator_beats_them(sets):
    evaluation = strict(evaluate_translation(**sets))
    rows = evaluation["rows"]
    assert list(rows) == ["identity", "colour_transfer", "translator"]
    psnr = {row: rows[row]["psnr"]["value"] for row in rows}
    assert psnr["identity"] < psnr["colour_transfer"] < psnr["translator"]
    for baseline in ("identity", "colour_transfer"):
        for metric in ("psnr", "ssim"):
            difference = evaluation["differences"][baseline][metric]
            gap = rows["translator"][metric]["value"] - rows[baseline][metric]["value"]
            assert difference["value"] == pytest.approx(gap, abs=1e-9)
            assert 0 < difference["low"] < difference["value"] < difference["high"]
    assert evaluation["num_pictures"] == rows["identity"]["psnr"]["num_pictures"] == 8
    recipe = evaluation["recipe"]
    assert (recipe["data_range"], recipe["size"], recipe["num_pictures"]) == (2.0, "native", 8)
    assert recipe["measured"] == {"step": 7, "split": "test"}
    assert recipe["formats"] == {label: [".png"] for label in ("source", "fakes", "truth")}
    assert {"torch", "torchmetrics"} <= set(recipe["versions"])


def test_figures_are_means_of_single_pictures_in_8_bit(sets):
    evaluation = evaluate_translation(**sets)
    expected = []
    for fake, truth in zip(sets["fakes"].values(), sets["truth"].values(), strict=True):
        a, b = (np.asarray(Image.open(path), np.float64) for path in (fake, truth))
        expected.append(10 * math.log10(255**2 / ((a - b) ** 2).mean()))
    assert evaluation["per_picture"]["scores"]["translator"]["psnr"] == pytest.approx(
        expected, rel=1e-5
    )
    assert evaluation["rows"]["translator"]["psnr"]["value"] == pytest.approx(
        np.mean(expected), rel=1e-5
    )


def test_order_of_files_changes_nothing_and_twice_gives_the_same_bytes(sets):
    first = json.dumps(evaluate_translation(**sets))
    assert json.dumps(evaluate_translation(**sets)) == first
    turned = sets | {
        label: dict(reversed(sets[label].items())) for label in ("source", "fakes", "truth")
    }
    assert json.dumps(evaluate_translation(**turned)) == first
    assert json.dumps(evaluate_translation(**sets, seed=1)) != first


def test_perfect_pictures_are_counted_apart_and_leave_strict_json(sets):
    sets["fakes"]["03"].write_bytes(sets["truth"]["03"].read_bytes())
    evaluation = strict(evaluate_translation(**sets))
    translator = evaluation["rows"]["translator"]["psnr"]
    assert (translator["num_pictures"], translator["num_infinite"]) == (7, 1)
    assert evaluation["per_picture"]["scores"]["translator"]["psnr"][3] is None
    assert evaluation["differences"]["identity"]["psnr"]["num_infinite"] == 1
    assert evaluation["differences"]["identity"]["ssim"]["num_pictures"] == 8

    perfect = strict(evaluate_translation(**{**sets, "fakes": sets["truth"]}))
    assert perfect["rows"]["translator"]["psnr"]["value"] is None
    assert perfect["rows"]["translator"]["ssim"]["value"] == pytest.approx(1)
    assert "too few pictures" in state_verdict(perfect)


def test_unmatched_unlike_and_unreadable_pictures_are_named_and_the_others_scored(sets):
    del sets["fakes"]["00"], sets["truth"]["07"]
    save(sets["fakes"]["01"].parent, "01.png", scene(1, size=31))
    sets["source"]["02"].write_bytes(b"no picture")
    evaluation = strict(evaluate_translation(**sets))
    assert evaluation["num_pictures"] == 4
    assert evaluation["unmatched"] == {"source": ["00", "07"], "fakes": ["07"], "truth": ["00"]}
    reasons = {item["name"]: item["reason"] for item in evaluation["left_out"]}
    assert set(reasons) == {"01", "02"}
    assert "31x31" in reasons["01"] and "24x24" in reasons["01"]
    assert "02.png" in reasons["02"]


def test_no_usable_picture_is_one_sentence(sets):
    with pytest.raises(UserError, match="No file name is in all"):
        evaluate_translation(**{**sets, "truth": {"another": sets["truth"]["00"]}})
    with pytest.raises(UserError, match="training pictures"):
        target_statistics([])
    for path in sets["truth"].values():
        path.write_bytes(b"")
    with pytest.raises(UserError, match="No picture could be measured"):
        evaluate_translation(**sets)


def files(folder, *names):
    return names_below(folder, [folder / name for name in names])


def test_pairs_are_made_by_relative_name_whatever_the_suffix_and_order(tmp_path):
    pairing = pair_by_name(
        {
            "source": files(tmp_path / "s", "x/1.png", "y/1.png", "y/2.v1.jpg"),
            "fakes": files(tmp_path / "f", "y/2.v1.png", "x/1.PNG", "y/1.webp"),
        }
    )
    assert list(pairing.matched) == ["x/1", "y/1", "y/2.v1"]
    assert pairing.matched["x/1"]["fakes"].name == "1.PNG"
    assert pairing.unmatched == {"source": [], "fakes": []}
    with pytest.raises(UserError, match=r"1\.png and .*1\.jpg"):
        files(tmp_path, "1.png", "1.jpg")


def test_a_set_that_lies_deeper_is_not_taken_for_the_pictures_above(tmp_path):
    pairing = pair_by_name(
        {
            "source": files(tmp_path / "s", "1.png", "cam/1.png"),
            "truth": files(tmp_path / "t", "cam/1.png"),
        }
    )
    assert list(pairing.matched) == ["cam/1"]
    assert pairing.unmatched == {"source": ["1"], "truth": []}


def test_bootstrap_is_set_by_its_seed_and_knows_small_samples():
    values = np.random.default_rng(0).normal(size=30).tolist()
    assert estimate_mean(values, seed=1) == estimate_mean(values, seed=1)
    assert estimate_mean(values, seed=1) != estimate_mean(values, seed=2)
    estimate = estimate_mean(values)
    assert estimate.low < estimate.value < estimate.high
    assert estimate_mean([2.5]) == type(estimate)(2.5, None, None, 1)
    assert estimate_mean([]).value is None
    constant = estimate_mean([3.0] * 5)
    assert constant.low == constant.value == constant.high == 3.0


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_intervals_cover_the_truth_at_about_their_rate(draw):
    rng = np.random.default_rng(5)
    truth, num_trials = {"normal": 0.0, "exponential": 1.0}[draw], 300
    covered = 0
    for trial in range(num_trials):
        estimate = estimate_mean(getattr(rng, draw)(size=40), seed=trial)
        covered += estimate.low <= truth <= estimate.high
    # Three standard errors of 300 trials are 0.04; skewed samples of 40 cover a little less.
    assert 0.90 <= covered / num_trials <= 0.985


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1, 3, "closer to the truth than"),
        (-3, -1, "further from the truth than"),
        (-1, 1, "not clearly closer"),
    ],
)
def test_verdict_says_what_the_interval_allows(low, high, words):
    difference = {"value": (low + high) / 2, "low": low, "high": high}
    evaluation = {
        "num_pictures": 1,
        "differences": {b: {"psnr": difference} for b in ("identity", "colour_transfer")},
    }
    sentence = state_verdict(evaluation)
    assert sentence.count(words) == 2
    assert "1 held-out picture by PSNR" in sentence
    assert " dB" in sentence
