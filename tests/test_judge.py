"""What is said of held-out translations while a training goes on."""

import json
import math
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.features.extractor import LuminanceFeatures
from recyclegan.features.lpips import load_lpips
from recyclegan.metrics.frechet import frechet_distance
from recyclegan.training.judge import Judge, choose_extractor
from tests.small_run import events, train


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory):
    """A directory with an AlexNet that never saw a picture."""
    shapes = (
        (0, 64, 3, 11),
        (3, 192, 64, 5),
        (6, 384, 192, 3),
        (8, 256, 384, 3),
        (10, 256, 256, 3),
    )
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for layer, width, channels, side in shapes:
        weight = torch.randn(width, channels, side, side, generator=generator)
        tensors[f"{layer}.weight"] = weight / math.sqrt(channels * side * side)
        tensors[f"{layer}.bias"] = torch.zeros(width)
    folder = tmp_path_factory.mktemp("weights")
    save_file(tensors, folder / "alexnet_features.safetensors")
    return folder


def smooth_pictures(seed, num=6):
    coarse = torch.rand(num, 3, 6, 6, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, size=48, mode="bilinear")


def test_real_pictures_are_as_near_as_can_be_and_others_further(weights_dir):
    real = {"a": smooth_pictures(0), "b": smooth_pictures(1)}
    judge = Judge(LuminanceFeatures(), load_lpips("alex", weights_dir), real)
    same = judge.figures("b", real["b"], truth=real["b"])
    other = judge.figures("b", real["b"] * 0.3, truth=real["b"])
    assert same["fd_luminance"] == pytest.approx(0, abs=1e-3)
    assert same["lpips_alex"] == pytest.approx(0, abs=1e-6)
    assert other["lpips_alex"] > 1e-3
    assert other["fd_luminance"] > same["fd_luminance"]
    assert set(judge.figures("b", real["b"], truth=None)) == set(same) - {"lpips_alex"}


def test_the_spread_of_distances_is_compared_with_that_among_real_pictures(weights_dir):
    lpips = load_lpips("alex", weights_dir)
    real, fakes = smooth_pictures(1), smooth_pictures(2) * 0.5

    def distances(first, second):
        pairs = [(a, b) for a in first for b in second if a is not b]
        return torch.cat([lpips.distance(a[None], b[None]) for a, b in pairs])

    among, to_real = distances(real, list(real)), distances(fakes, real)
    among = among[among > 0]
    expected = math.hypot(to_real.mean() - among.mean(), to_real.std() - among.std())
    judge = Judge(LuminanceFeatures(), lpips, {"b": real})
    assert judge.figures("b", fakes, None)["lpips_w_alex"] == pytest.approx(expected, rel=1e-4)


def test_figures_are_those_of_the_metrics_on_pictures_as_they_are_saved():
    real, fakes = smooth_pictures(0), smooth_pictures(2)
    extractor = LuminanceFeatures()
    judge = Judge(extractor, None, {"b": real})
    rounded = [
        (((x + 1) / 2).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
        for x in (fakes, real)
    ]
    features = [
        extractor.features(np.stack([extractor.prepare(Image.fromarray(p)) for p in pixels]))
        for pixels in rounded
    ]
    assert judge.figures("b", fakes, None)["fd_luminance"] == pytest.approx(
        frechet_distance(*features)
    )


def test_translations_that_are_not_finite_leave_a_gap(weights_dir):
    real = smooth_pictures(0)
    judge = Judge(LuminanceFeatures(), load_lpips("alex", weights_dir), {"b": real})
    figures = judge.figures("b", torch.full_like(real, math.nan), real)
    assert all(math.isnan(value) for value in figures.values())


def test_a_run_is_judged_by_its_extractor_and_resumes_so(
    tiny_data, tmp_path, monkeypatch, weights_dir
):
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(weights_dir))
    flags = ["--train.extractor", "luminance", "--train.save-steps", "2"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert train(tiny_data, whole, *flags, steps=6) == 0
    shutil.copytree(whole, cut, symlinks=True)
    shutil.rmtree(cut / "checkpoints" / "step-00000006")
    assert main(["resume", str(cut)]) == 0
    evaluations = events(whole, "evaluation")
    assert evaluations == events(cut, "evaluation")
    names = {"kid_luminance", "fd_luminance", "lpips_alex", "lpips_w_alex"}
    assert {f"{name}_{way}" for name in names for way in ("a2b", "b2a")} <= evaluations[0].keys()
    store = CheckpointStore(whole / "checkpoints")
    by_kid = min(evaluations, key=lambda e: e["kid_luminance_a2b"] + e["kid_luminance_b2a"])
    assert store.best == f"step-{by_kid['step']:08d}"


def test_auto_is_written_down_as_what_it_meant(tiny_data, tmp_path):
    assert choose_extractor("auto") == "none"
    assert train(tiny_data, tmp_path / "run", steps=1) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["config"]["train"]["extractor"] == "none"


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--train.best-by", "kid"], "--train.extractor"),
        (["--train.best-by", "lpips", "--train.extractor", "luminance"], "AlexNet"),
        (["--train.extractor", "no_such_network"], "no_such_network"),
    ],
)
def test_a_judge_that_cannot_be_had_is_refused_before_any_work(
    tiny_data, tmp_path, capsys, flags, word
):
    assert train(tiny_data, tmp_path / "run", *flags) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
