"""Features are of the right weights, kept by content, and no picture is read twice."""

import hashlib
import time

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from conftest import draw_picture
from recyclegan.curation import feature_cache, features
from recyclegan.curation.extractors import LuminanceFeatures, load_extractor, squeezed
from recyclegan.curation.feature_cache import FeatureCache
from recyclegan.curation.features import read_features
from recyclegan.data.manifest import BadFile
from recyclegan.errors import UserError
from recyclegan.networks import weights as weights_module
from recyclegan.networks.pretrained import load_backbone


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    """Torch hub's cache is empty and nothing can be fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("RECYCLEGAN_WEIGHTS", raising=False)

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(weights_module.urllib.request, "urlopen", refuse)
    return tmp_path


@pytest.fixture(scope="module")
def resnet_weights():
    """Random numbers in the layout of torchvision's ResNet18."""
    torchvision = pytest.importorskip("torchvision")
    pytest.importorskip("timm")
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(5)]
    for index, path in enumerate(paths):
        draw_picture(path, index)
    return paths


def silent(done, total):
    pass


def test_the_penultimate_layer_of_torchvisions_file(resnet_weights, no_network):
    path = no_network / "resnet18-f37072fd.pth"
    prefixed = {f"module.{key}": value for key, value in resnet_weights.state_dict().items()}
    torch.save(prefixed, path)
    backbone = load_backbone("resnet18", path)
    assert (backbone.size, backbone.name) == (224, "resnet18.tv_in1k")
    assert backbone.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    resnet_weights.fc = torch.nn.Identity()
    with torch.inference_mode():
        wanted = resnet_weights(((pixels / 255 - mean) / std).permute(0, 3, 1, 2))
    assert wanted.shape == (2, 512)
    assert torch.allclose(backbone.features(pixels), wanted, atol=1e-4)


def test_places_in_order(resnet_weights, no_network, monkeypatch):
    state = {k: v.clone() for k, v in resnet_weights.state_dict().items() if "fc." not in k}
    hub = no_network / "hub" / "hub" / "checkpoints"
    own = no_network / "own"
    for folder in (hub, own):
        folder.mkdir(parents=True)
    torch.save(state, hub / "resnet18-f37072fd.pth")
    in_hub = load_backbone("resnet18").weights_sha256
    save_file(state, own / "resnet18.safetensors")
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(own))
    in_own = load_backbone("resnet18").weights_sha256
    assert in_own == hashlib.sha256((own / "resnet18.safetensors").read_bytes()).hexdigest()
    assert in_hub != in_own
    assert load_backbone("resnet18", hub).weights_sha256 == in_hub


def test_without_weights_or_network_it_says_so_at_once(no_network, monkeypatch):
    pytest.importorskip("timm")
    monkeypatch.setattr(weights_module.urllib.request, "urlopen", lambda *_, **__: time.sleep(60))
    monkeypatch.setattr(weights_module, "SECONDS", 0.2)
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        load_backbone("resnet18")
    assert time.monotonic() - start < 10
    said = str(caught.value)
    for word in ("hub/checkpoints/resnet18-f37072fd.pth", "--weights", "RECYCLEGAN_WEIGHTS"):
        assert word in said
    assert "--features luminance" in said


def test_weights_of_another_network_and_other_files(resnet_weights, no_network):
    path = no_network / "w.safetensors"
    save_file({"conv.weight": torch.zeros(1)}, path)
    with pytest.raises(UserError, match=r"lacks bn1\.bias, .* more"):
        load_backbone("resnet18", path)
    state = dict(resnet_weights.state_dict())
    torch.save(state | {"conv1.weight": torch.zeros(1)}, no_network / "w.pth")
    with pytest.raises(UserError, match=r"another shape conv1\.weight"):
        load_backbone("resnet18", no_network / "w.pth")
    for name in ("bad.safetensors", "bad.pth"):
        (no_network / name).write_bytes(b"<html>not found</html>")
        with pytest.raises(UserError, match=name):
            load_backbone("resnet18", no_network / name)
    with pytest.raises(UserError, match="--weights"):
        load_backbone("resnet18", no_network / "missing.pth")
    with pytest.raises(UserError, match="no network resnet-18"):
        load_backbone("resnet-18", path)


def test_a_cached_picture_is_not_decoded_again(pictures, tmp_path, monkeypatch):
    extractor = LuminanceFeatures()
    (tmp_path / "bad.png").write_bytes(b"no picture")
    paths = [*pictures, tmp_path / "bad.png"]
    cache = FeatureCache(tmp_path / "features", extractor.identity)
    first = read_features(paths, extractor, cache, on_progress=silent)
    assert isinstance(first[-1], BadFile)
    again = FeatureCache(tmp_path / "features", extractor.identity)
    assert np.array_equal(again[first[0]].features, cache[first[0]].features)
    assert again[first[0]].brightness == cache[first[0]].brightness

    def never(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr(features, "decode_bytes", never)
    pictures[0].rename(tmp_path / "moved.png")
    paths = [tmp_path / "moved.png", *pictures[1:]]
    assert read_features(paths, extractor, again, on_progress=silent) == first[:-1]


def test_an_interruption_keeps_what_was_done(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "BATCH", 2)
    monkeypatch.setattr(feature_cache, "SHARD", 2)
    extractor = LuminanceFeatures()

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_features(
            pictures, extractor, FeatureCache(tmp_path / "f", extractor.identity), on_progress=stop
        )
    cache = FeatureCache(tmp_path / "f", extractor.identity)
    assert len(cache.records) == 2
    digests = read_features(pictures, extractor, cache, on_progress=silent)
    assert len(set(digests)) == 5
    shards = sorted((tmp_path / "f").rglob("*.safetensors"))
    shards[0].write_bytes(b"damaged")
    assert len(FeatureCache(tmp_path / "f", extractor.identity).records) == 3


def test_other_weights_never_meet_in_the_cache(tmp_path):
    one = {"features": "net", "weights_sha256": "a"}
    folders = {FeatureCache(tmp_path, one | {"weights_sha256": key}).folder for key in "ab"}
    assert len(folders) == 2


def test_luminance_is_blind_to_exposure(tmp_path):
    rng = np.random.default_rng(0)
    scenes = rng.uniform(60, 200, (2, 16, 24, 3)).repeat(8, 1).repeat(8, 2)
    extractor = LuminanceFeatures()

    def feature(pixels):
        image = Image.fromarray(pixels.astype(np.uint8))
        return extractor.features(squeezed(image, extractor.size)[None])[0]

    bright, other = map(feature, scenes)
    dim = feature(scenes[0] * 0.4)
    assert np.isclose(np.linalg.norm(bright), 1, atol=1e-5)
    assert bright @ dim > 0.9 > 0.3 > bright @ other
    assert np.allclose(feature(np.zeros((16, 16, 3))), 0)


@pytest.mark.shared
def test_efficientnet_from_a_local_file(shared_dir):
    pytest.importorskip("timm")
    path = shared_dir / "weights" / "tf_efficientnet_lite0.safetensors"
    extractor = load_extractor("tf_efficientnet_lite0", path)
    found = extractor.features(np.zeros((1, extractor.size, extractor.size, 3), np.uint8))
    assert found.shape == (1, 1280) and np.isclose(np.linalg.norm(found), 1, atol=1e-4)
