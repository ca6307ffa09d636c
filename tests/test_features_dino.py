"""Structure distance: keys of the last block, compared with each other."""

import pytest
import torch
from torch.nn.functional import cosine_similarity, linear

from recyclegan.features import dino as dino_module
from recyclegan.features.dino import has_local_dino, load_dino

NAME = "vit_small_patch16_224.dino"


@pytest.fixture(scope="module")
def network():
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    return timm.create_model(NAME, pretrained=False, num_classes=0).eval()


@pytest.fixture(scope="module")
def weights_dir(network, tmp_path_factory):
    """Random numbers in the layout of the smaller DINO's published file."""
    folder = tmp_path_factory.mktemp("weights")
    torch.save(network.state_dict(), folder / "dino_deitsmall16_pretrain.pth")
    return folder


@pytest.fixture(scope="module")
def dino(weights_dir):
    return load_dino(weights_dir)


@pytest.fixture(scope="module")
def pictures():
    small = torch.rand((2, 3, 14, 14), generator=torch.Generator().manual_seed(2)) * 2 - 1
    return torch.nn.functional.interpolate(small, (224, 224), mode="nearest")


def test_the_smaller_network_is_found(dino, weights_dir, tmp_path):
    assert dino.identity["extractor"] == NAME
    assert len(dino.identity["weights_sha256"]) == 64
    assert has_local_dino(weights_dir) and not has_local_dino(tmp_path)


def test_cosines_of_the_keys(dino, network, pictures):
    found = dino.self_similarity(pictures[:1])
    given = {}
    block = network.blocks[-1]
    handle = block.register_forward_pre_hook(lambda _, inputs: given.update(tokens=inputs[0]))
    mean, std = (
        torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    with torch.inference_mode():
        network(((pictures[:1] + 1) / 2 - mean) / std)
        handle.remove()
        width = network.embed_dim
        part = slice(width, 2 * width)
        qkv = block.attn.qkv
        keys = linear(block.norm1(given["tokens"]), qkv.weight[part], qkv.bias[part])[0]
    assert found.shape == (1, 197, 197)
    for first, second in ((0, 0), (0, 5), (3, 190)):
        wanted = cosine_similarity(keys[first], keys[second], dim=0)
        assert torch.isclose(found[0, first, second], wanted, atol=1e-4)


def test_the_mean_squared_change(dino, pictures, monkeypatch):
    a, b = pictures, pictures.flip(0)
    monkeypatch.setattr(dino_module, "BATCH", 1)
    found = dino.structure_distance(a, b)
    wanted = (dino.self_similarity(a) - dino.self_similarity(b)).square().mean((1, 2))
    assert torch.allclose(found, wanted, rtol=1e-4) and found[0] > 1e-6
    assert dino.structure_distance(a, a).tolist() == [0.0] * 2


def test_any_size_in_range(dino, pictures):
    half = torch.nn.functional.avg_pool2d(pictures, 2)
    assert dino.structure_distance(pictures, half[..., :90]).shape == (2,)
    with pytest.raises(AssertionError, match=r"\[-1, 1\]"):
        dino.self_similarity(pictures * 2)
