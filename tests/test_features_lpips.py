"""LPIPS is the published one, and a distance between vectors."""

import hashlib
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from recyclegan.errors import UserError
from recyclegan.features import lpips as lpips_module
from recyclegan.features.lpips import has_local_lpips, load_lpips
from recyclegan.images.tensors import to_tensor

NETS = ("alex", "vgg")


def convolutions(module):
    return [layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d)]


@pytest.fixture(scope="module", params=NETS)
def files(request, tmp_path_factory):
    """The name of a network, and a file of random numbers in the layout of its weights."""
    torch.manual_seed(0)
    trunk = (lpips_module._alexnet if request.param == "alex" else lpips_module._vgg16)()
    for layer in convolutions(trunk):
        torch.nn.init.kaiming_normal_(layer.weight)
    path = tmp_path_factory.mktemp("weights") / lpips_module.TRUNKS[request.param].names[0]
    save_file({f"features.{key}": value for key, value in trunk.state_dict().items()}, path)
    return request.param, path


def published(net, ours):
    """Return the distance by the authors' package: its network and heads, these weights."""
    package = pytest.importorskip("lpips")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = package.LPIPS(net=net, pnet_rand=True, verbose=False)
    for theirs, mine in zip(convolutions(model.net), convolutions(ours.trunk), strict=True):
        theirs.load_state_dict(mine.state_dict())

    def distance(first, second):
        with torch.inference_mode():
            return model(first, second).flatten()

    return distance


def pairs(size=(70, 65), num=5):
    noise = torch.rand((2, num, 3, *size), generator=torch.Generator().manual_seed(1))
    return noise * 2 - 1


def test_parity_with_the_published_package(files):
    lpips = load_lpips(*files)
    a, b = pairs()
    found = lpips.distance(a, b)
    assert torch.allclose(found, published(files[0], lpips)(a, b), atol=1e-4)
    assert found.std() > 1e-4 and found.min() > 0.01


def test_the_squared_distance_of_vectors(files):
    lpips = load_lpips(*files)
    a, b = pairs(size=(40, 36))
    first, second = lpips.embed(a).double(), lpips.embed(b).double()
    squared = torch.cdist(first, second).square().float()
    assert torch.allclose(squared.diagonal(), lpips.distance(a, b), rtol=1e-4)
    assert torch.allclose(squared[0], lpips.distance(a[[0] * 5], b), rtol=1e-4)
    assert not torch.allclose(squared[0], squared[1], rtol=1e-2)


def test_a_picture_is_as_itself_and_the_order_is_of_no_matter(files):
    lpips = load_lpips(*files)
    a, b = pairs(size=(40, 40))
    assert lpips.distance(a, a).tolist() == [0.0] * 5
    assert torch.allclose(lpips.distance(a, b), lpips.distance(b, a), rtol=1e-6)


def test_batch_size_changes_nothing(files, monkeypatch):
    lpips = load_lpips(*files)
    a, b = pairs(size=(40, 40))
    whole = lpips.distance(a, b)
    monkeypatch.setattr(lpips_module, "BATCH", 2)
    assert torch.allclose(lpips.distance(a, b), whole, rtol=1e-5)
    assert torch.allclose(lpips.distance(a[3:4], b[3:4]), whole[3:4], rtol=1e-5)


class Probe(torch.nn.Module):
    """Keeps what it was given."""

    def forward(self, pictures):
        self.seen = pictures
        return pictures


def test_black_and_white_reach_the_network_at_minus_one_and_one(files):
    lpips = load_lpips(*files)
    probe = Probe()
    lpips.trunk.insert(0, probe)
    mean, std = (np.array(v) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    for colour, value in (("black", 0), ("white", 1)):
        lpips.embed(to_tensor(Image.new("RGB", (40, 40), colour))[None])
        seen = probe.seen.mean((0, 2, 3)).numpy()
        assert np.allclose(seen, (value - mean) / std, atol=1e-5)
        # The network's own normalisation undone, that is [-1, 1].
        assert np.allclose((seen * std + mean) * 2 - 1, value * 2 - 1, atol=1e-5)


@pytest.mark.parametrize("change", [lambda x: x * 255, lambda x: x + 0.1, lambda x: x * np.nan])
def test_values_out_of_range_are_refused(files, change):
    lpips = load_lpips(*files)
    a, b = pairs(size=(40, 40), num=1)
    for given in ((change(a), b), (a, change(b))):
        with pytest.raises(AssertionError, match=r"\[-1, 1\]"):
            lpips.distance(*given)


def test_pictures_too_small_are_refused_and_the_smallest_are_not(files):
    lpips = load_lpips(*files)
    side = lpips.min_side
    assert torch.isfinite(lpips.distance(*pairs((side, side), 1))).all()
    with pytest.raises(UserError, match=f"{side} px"):
        lpips.embed(pairs((side - 1, 60))[0])


def test_the_identity_names_the_weights(files, tmp_path):
    net, path = files
    lpips = load_lpips(net, path.parent)
    assert lpips.name == f"lpips_{net}"
    assert lpips.identity["weights_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert lpips.identity["version"] == "0.1" and len(lpips.identity["heads_sha256"]) == 64
    assert has_local_lpips(net, path.parent) and not has_local_lpips(net, tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize("net", NETS)
def test_parity_on_real_weights_and_pictures(net, shared_dir):
    lpips = load_lpips(net, shared_dir / "weights")
    assert {layer.weight.dtype for layer in convolutions(lpips.trunk)} == {torch.float32}
    folder = shared_dir / "data" / "nexet_samples"
    day, night = (
        torch.stack([to_tensor(Image.open(path)) for path in sorted((folder / name).iterdir())[:3]])
        for name in ("day", "night")
    )
    found = lpips.distance(day, night)
    assert torch.allclose(found, published(net, lpips)(day, night), atol=1e-4)
    assert 0.3 < found.mean() < 1
