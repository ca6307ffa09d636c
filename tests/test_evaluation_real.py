"""An evaluation of real translations through real networks."""

from __future__ import annotations

import pytest

from recyclegan.evaluation.evaluating import evaluate
from tests.evaluation_sets import strict

pytestmark = pytest.mark.shared


@pytest.fixture
def night(shared_dir, tmp_path):
    """What a published model made of real day frames, beside another's of the same frames."""
    samples = shared_dir / "data" / "nexet_samples"
    return strict(
        evaluate(
            samples / "night",
            samples / "day_to_night" / "cyclegan",
            source=samples / "day",
            truth=samples / "day_to_night" / "turbo",
            weights=shared_dir / "weights",
            cache_dir=tmp_path,
        )
    )


def test_a_published_model_makes_nights_and_colour_transfer_does_not(night):
    figures, rows = night["metrics"], night["rows"]
    name = "kid_efficientnet_lite0"
    assert figures[name]["value"] == pytest.approx(0.0147, abs=0.002)
    assert rows["identity"][name]["value"] == pytest.approx(0.222, abs=0.01)
    for row in ("identity", "colour_transfer"):
        assert night["differences"][row][name]["verdict"] == "better"
        assert night["differences"][row]["structure"]["verdict"] == "worse"
    low, high = rows["real_halves"][name]["interval"]
    assert low < 0 < high
    share = "domain_share_efficientnet_lite0"
    assert figures[share]["recipe"]["held_out_accuracy"]["value"] > 0.9
    assert figures[share]["value"] > 0.7
    assert rows["colour_transfer"][share]["value"] < 0.2
    assert 0.3 < figures["structure"]["value"] < rows["colour_transfer"]["structure"]["value"]
    assert figures["colour_share"]["value"] < rows["colour_transfer"]["colour_share"]["value"]


def test_two_models_are_nearer_to_each_other_than_a_source_is(night):
    figure = night["metrics"]["lpips_alex"]
    assert figure["recipe"]["version"] == "0.1" and len(figure["recipe"]["weights_sha256"]) == 64
    assert 0.1 < figure["value"] < 0.4
    assert night["differences"]["identity"]["lpips_alex"]["verdict"] == "better"
    assert {"psnr", "ssim"} <= set(night["metrics"])
