"""An extractor is the network that it says it is, from weights that are looked for and checked."""

import hashlib
import os
import pickle
import time

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from recyclegan.errors import UserError
from recyclegan.features.extractor import LuminanceFeatures, NetworkFeatures
from recyclegan.features.inception import FILE, load_inception
from recyclegan.features.loading import find_extractor, load_extractor
from recyclegan.features.lpips import load_lpips
from recyclegan.networks import weights as weights_module
from recyclegan.networks.pretrained import Backbone, load_backbone


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    """Torch hub's cache is empty, and a request is never answered."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("RECYCLEGAN_WEIGHTS", raising=False)
    monkeypatch.setattr(weights_module.urllib.request, "urlopen", lambda *_, **__: time.sleep(60))
    monkeypatch.setattr(weights_module, "SECONDS", 0.2)
    return tmp_path


@pytest.fixture(scope="module")
def resnet():
    """Random numbers in the layout of torchvision's ResNet18."""
    torchvision = pytest.importorskip("torchvision")
    pytest.importorskip("timm")
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture(scope="module")
def inception_path(tmp_path_factory):
    """Random numbers in the layout of torch-fidelity's Inception."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")

    class Unread(module.FeatureExtractorInceptionV3):
        def load_state_dict(self, *_):
            pass

    folder = tmp_path_factory.mktemp("inception")
    torch.save({}, folder / "none.pth")
    torch.manual_seed(0)
    network = Unread("random", ["2048"], folder / "none.pth")
    # Without a variance of this size the layers would make the signal vanish.
    torch.save(
        {
            key: value / 6 if key.endswith("running_var") else value
            for key, value in network.state_dict().items()
        },
        folder / FILE,
    )
    return folder / FILE


def test_the_penultimate_layer_of_torchvisions_file(resnet, no_network):
    path = no_network / "resnet18-f37072fd.pth"
    prefixed = {f"module.{key}": value for key, value in resnet.state_dict().items()}
    torch.save(prefixed, path)
    backbone = load_backbone("resnet18", path)
    assert (backbone.size, backbone.name) == (224, "resnet18.tv_in1k")
    assert backbone.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    resnet.fc = torch.nn.Identity()
    with torch.inference_mode():
        wanted = resnet(((pixels / 255 - mean) / std).permute(0, 3, 1, 2))
    assert wanted.shape == (2, 512)
    assert torch.allclose(backbone.features(pixels), wanted, atol=1e-4)


def test_half_precision_on_disk_is_single_in_work(resnet, no_network):
    path = no_network / "resnet18.safetensors"
    halves = {
        key: value.half() if value.is_floating_point() else value
        for key, value in resnet.state_dict().items()
    }
    save_file(halves, path)
    backbone = load_backbone("resnet18", path)
    assert {value.dtype for value in backbone.network.parameters()} == {torch.float32}
    assert backbone.features(torch.zeros(1, 224, 224, 3, dtype=torch.uint8)).dtype == torch.float32


def test_places_in_order(resnet, no_network, monkeypatch):
    state = {k: v.clone() for k, v in resnet.state_dict().items() if "fc." not in k}
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


@pytest.mark.parametrize(
    ("load", "wanted"),
    [
        (lambda: load_extractor("resnet18"), ["resnet18-f37072fd.pth"]),
        (lambda: load_extractor("inception"), [FILE]),
        (find_extractor, [FILE, "--extractor"]),
        (lambda: load_lpips("alex"), ["alexnet-owt-7be5be79.pth"]),
    ],
)
def test_without_weights_or_network_it_says_so_at_once(load, wanted, no_network):
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        load()
    assert time.monotonic() - start < 10
    said = str(caught.value)
    for word in (*wanted, str(no_network / "hub"), "--weights", "RECYCLEGAN_WEIGHTS"):
        assert word in said
    assert "--features" not in said


def test_weights_of_another_network_and_other_files(resnet, no_network):
    path = no_network / "w.safetensors"
    save_file({"conv.weight": torch.zeros(1)}, path)
    with pytest.raises(UserError, match=r"lacks bn1\.bias, .* more"):
        load_backbone("resnet18", path)
    with pytest.raises(UserError, match=r"w\.safetensors is not of lpips_alex"):
        load_lpips("alex", path)
    state = dict(resnet.state_dict())
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
        load_extractor("resnet-18", path)
    with pytest.raises(UserError, match="--extractor NAME"):
        find_extractor(path)


class Hostile:
    """Runs a command when it is unpickled without care."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("network", ["resnet18", "inception", "lpips"])
@pytest.mark.parametrize("write", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o, 2))])
def test_a_hostile_pickle_is_refused_unexecuted(write, network, tmp_path):
    pytest.importorskip("timm")
    path, trace = tmp_path / "w.pth", tmp_path / "executed"
    write({"weight": Hostile(f"touch {trace}")}, path)
    with pytest.raises(UserError, match=r"w\.pth"):
        load_lpips("alex", path) if network == "lpips" else load_extractor(network, path)
    assert not trace.exists()


def test_inception_is_torch_fidelitys(inception_path, no_network):
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    extractor = load_extractor("inception", inception_path)
    reference = module.FeatureExtractorInceptionV3("reference", ["2048"], inception_path)
    assert (
        extractor.identity["weights_sha256"]
        == hashlib.sha256(inception_path.read_bytes()).hexdigest()
    )
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    pixels = extractor.prepare(image)
    assert pixels.shape == (40, 60, 3)
    found = extractor.features(np.stack([pixels, 255 - pixels]))
    (wanted,) = reference(torch.from_numpy(pixels).permute(2, 0, 1)[None])
    assert found.shape == (2, 2048) and found.dtype == np.float32
    assert np.allclose(found[0], wanted[0], rtol=1e-4, atol=1e-5)
    assert wanted.std() > 0.1
    assert not np.allclose(found[0], found[1], atol=1e-2)


def test_weights_of_another_inception_are_refused(tmp_path):
    pytest.importorskip("torch_fidelity")
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / FILE)
    with pytest.raises(UserError, match="is not of inception"):
        load_inception(tmp_path)


def test_inception_comes_first_where_it_is_at_hand(inception_path, resnet, no_network, monkeypatch):
    save_file(resnet.state_dict(), no_network / "resnet18.safetensors")
    monkeypatch.setenv("RECYCLEGAN_WEIGHTS", str(no_network))
    assert find_extractor().name == "resnet18"
    (no_network / FILE).symlink_to(inception_path)
    assert find_extractor().name == "inception"
    assert find_extractor(no_network / "resnet18.safetensors").name == "resnet18"


class Probe(torch.nn.Module):
    """Keeps what it was given."""

    def forward(self, pictures):
        self.seen = pictures
        return pictures.mean((2, 3))


def test_black_and_white_reach_the_network_at_the_ends_of_its_range():
    half = torch.full((3, 1, 1), 0.5)
    extractor = NetworkFeatures(Backbone("tf_probe.tag", "none", Probe(), 8, half, half))
    assert extractor.name == "probe"
    for colour, wanted in (("black", -1), ("white", 1)):
        extractor.features(extractor.prepare(Image.new("RGB", (20, 12), colour))[None])
        assert extractor.backbone.network.seen.unique().tolist() == [wanted]


def test_luminance_is_blind_to_exposure():
    rng = np.random.default_rng(0)
    scenes = rng.uniform(60, 200, (2, 16, 24, 3)).repeat(8, 1).repeat(8, 2)
    extractor = LuminanceFeatures()

    def feature(pixels):
        image = Image.fromarray(pixels.astype(np.uint8))
        found = extractor.features(extractor.prepare(image)[None])[0]
        return found / max(np.linalg.norm(found), 1e-12)

    bright, other = map(feature, scenes)
    dim = feature(scenes[0] * 0.4)
    assert bright @ dim > 0.9 > 0.3 > bright @ other
    assert np.allclose(feature(np.zeros((16, 16, 3))), 0)


@pytest.mark.shared
def test_efficientnet_from_a_local_file(shared_dir):
    pytest.importorskip("timm")
    extractor = find_extractor(shared_dir / "weights")
    assert extractor.name == "efficientnet_lite0"
    assert extractor.identity["extractor"].startswith("tf_efficientnet_lite0")
    found = extractor.features(extractor.prepare(Image.new("RGB", (30, 20), "white"))[None])
    assert found.shape == (1, 1280) and np.isfinite(found).all() and found.std() > 0
