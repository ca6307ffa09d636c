"""Three published models on real frames, compared with real networks."""

import numpy as np
import pytest

from recyclegan.comparison.comparing import compare
from recyclegan.comparison.request import Request
from recyclegan.features.lpips import load_lpips
from recyclegan.images.decoding import decode
from recyclegan.images.tensors import to_tensor

MODELS = ("cyclegan", "turbo", "recyclegan_9")


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("source", "target"), [("day", "night"), ("night", "day")])
def test_models_leave_their_source_and_near_the_target(shared_dir, tmp_path, source, target):
    frames = shared_dir / "data" / "nexet_samples"
    translated = frames / f"{source}_to_{target}"
    weights = shared_dir / "weights"
    request = Request(
        frames / target,
        {name: translated / name for name in MODELS},
        source=frames / source,
        extractor="tf_efficientnet_lite0",
        weights=weights,
        cache_dir=tmp_path / "cache",
    )
    comparison = compare(request, tmp_path / "out")
    figures, metric = comparison["figures"], "kid_efficientnet_lite0"
    kid = {name: figures[name][metric]["value"] for name in (*MODELS, "identity", "real")}
    assert all(kid["real"] < kid[name] < kid["identity"] / 1.5 for name in MODELS)
    clear = {
        (pair["first"], pair["second"]): pair["verdict"]
        for pair in comparison["differences"][metric]
    }
    assert all(clear[name, "identity"] == "first" for name in MODELS)
    assert (
        figures["identity"]["structure"]["value"] > 0.999 > figures["turbo"]["structure"]["value"]
    )

    net = load_lpips("alex", weights)
    pairs = [
        [to_tensor(decode(translated / model / name))[None] for model in ("cyclegan", "turbo")]
        for name in ("05.jpg", "50.jpg", "95.jpg")
    ]
    direct = [float(net.distance(*pair)) for pair in pairs]
    assert 0.1 < np.mean(direct) < 0.6
    matrix = comparison["matrices"]["lpips_alex"]
    assert matrix["labels"][:2] == ["cyclegan", "turbo"]
    assert matrix["values"][0][1] == pytest.approx(np.mean(direct), abs=0.1)
    assert comparison["recipe"]["lpips"]["real"].startswith("19 of at most 200")
    assert set(comparison["maps"]) == {
        metric,
        "fd_efficientnet_lite0",
        "lpips_alex",
        "lpips_w_alex",
    }
    assert not comparison["left_out"] and not any(entry["flags"] for entry in comparison["sets"])
