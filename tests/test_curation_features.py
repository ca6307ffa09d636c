"""Curation compares directions of features, and keeps each picture's measures beside them."""

import numpy as np
import pytest
from PIL import Image

from recyclegan.curation.features import curation_extractor, describe
from recyclegan.errors import UserError
from recyclegan.features import reading
from recyclegan.features.cache import FeatureCache
from recyclegan.features.extractor import LuminanceFeatures
from recyclegan.images.measures import measure
from tests.conftest import draw_picture


def silent(done, total):
    pass


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(5)]
    for index, path in enumerate(paths):
        draw_picture(path, index)
    return paths


def test_unit_features_and_measures_in_the_order_asked_for(pictures, tmp_path):
    extractor = LuminanceFeatures()
    (tmp_path / "bad.png").write_bytes(b"no picture")
    asked = [*pictures[::-1], tmp_path / "bad.png"]
    described, bad = describe(asked, extractor, tmp_path / "features", on_progress=silent)
    assert described.paths == tuple(pictures[::-1])
    assert [file.path for file in bad] == [tmp_path / "bad.png"]
    image = Image.open(pictures[4])
    raw = extractor.features(extractor.prepare(image)[None])[0]
    assert np.allclose(described.features[0], raw / np.linalg.norm(raw), atol=1e-3)
    assert np.allclose(np.linalg.norm(described.features, axis=1), 1, atol=1e-3)
    assert described.brightness[0] == measure(image).brightness
    assert described.sharpness[0] == measure(image).sharpness


def test_a_black_picture_has_features_of_zeros(tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "black.png")
    described, _ = describe(
        [tmp_path / "black.png"], LuminanceFeatures(), tmp_path / "features", on_progress=silent
    )
    assert not described.features.any()


def test_a_described_picture_is_not_decoded_again(pictures, tmp_path, monkeypatch):
    first, _ = describe(pictures, LuminanceFeatures(), tmp_path / "f", on_progress=silent)
    monkeypatch.setattr(reading, "decode_bytes", None)
    again, _ = describe(pictures, LuminanceFeatures(), tmp_path / "f", on_progress=silent)
    assert np.array_equal(first.features, again.features)
    assert np.array_equal(first.sharpness, again.sharpness)


def test_features_without_measures_are_another_matter(pictures, tmp_path):
    extractor = LuminanceFeatures()
    plain = FeatureCache(tmp_path / "f", extractor.identity)
    reading.read_features(pictures, extractor, plain)
    described, _ = describe(pictures, extractor, tmp_path / "f", on_progress=silent)
    assert len(described.sharpness) == len(pictures)


def test_the_way_out_needs_no_weights(tmp_path, monkeypatch, no_network):
    pytest.importorskip("timm")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("RECYCLEGAN_WEIGHTS", raising=False)
    with pytest.raises(UserError, match=r"resnet18-f37072fd\.pth .* --features luminance"):
        curation_extractor("resnet18")
    assert curation_extractor("luminance").name == "luminance"
