"""LPIPS between whole sets: the same as pair by pair, each picture seen once."""

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan.comparison import perceptual
from recyclegan.comparison.distributions import describe_distributions, wasserstein_matrix
from recyclegan.comparison.perceptual import measure_perceptual
from recyclegan.evaluation.sets import find_files, read_set
from recyclegan.features.lpips import load_lpips
from recyclegan.images.decoding import decode
from recyclegan.images.tensors import to_tensor
from tests.comparison_sets import CHANGES, NUM, copy, draw_folders, random_weights


def read(folder):
    return read_set(folder, find_files("sets", folder))


@pytest.fixture(scope="module")
def lpips(tmp_path_factory):
    return load_lpips("alex", random_weights(tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return draw_folders(tmp_path_factory.mktemp("sets"))


def measure(embed, real, sets):
    return measure_perceptual(embed, real, sets, on_progress=lambda done, total: None)


def enlarged(path, size=(77, 64)):
    image = decode(path)
    return to_tensor(image.resize(size, Image.Resampling.BICUBIC))[None]


def test_all_pairs_are_what_the_network_says_of_each(lpips, root):
    real, sets = read(root / "real"), {name: read(root / name) for name in CHANGES}
    found = measure(lpips.embed, real, sets)
    assert found.size == (77, 64), "48x40 pictures are enlarged to what the network can look at"
    assert found.num_held == NUM and found.num_resized == 4 * NUM
    ordered = sorted(real.pictures.values(), key=lambda picture: picture.sha256)
    for row, path in enumerate(sets["middle"].paths):
        for column, picture in enumerate(ordered):
            wanted = float(lpips.distance(enlarged(path), enlarged(picture.path)))
            assert found.to_real["middle"][row, column] == pytest.approx(wanted, abs=1e-5)
    pairs = zip(sets["near"].paths, sets["far"].paths, strict=True)
    mean = np.mean([float(lpips.distance(enlarged(a), enlarged(b))) for a, b in pairs])
    assert found.between[0, 2] == found.between[2, 0] == pytest.approx(mean, abs=1e-5)
    assert (np.diag(found.between) == 0).all()


def test_each_picture_goes_through_the_network_once(lpips, root):
    real, sets = read(root / "real"), {name: read(root / name) for name in CHANGES}
    seen = []

    def embed(pictures):
        seen.extend(pictures)
        return lpips.embed(pictures)

    measure(embed, real, sets)
    # One more, to learn how many real pictures fit into memory.
    assert len(seen) == 4 * NUM + 1
    assert len({picture.numpy().tobytes() for picture in seen}) == 4 * NUM
    values = torch.stack(seen)
    assert -1 <= values.min() < -0.5 and values.max() <= 1


def test_real_pairs_count_once_and_a_copy_of_the_real_set_coincides_with_it(lpips, root):
    real = read(root / "real")
    sets = {"far": read(root / "far"), "again": real, "twice": real}
    found = measure(lpips.embed, real, sets)
    described = describe_distributions(found.to_real)
    assert described["real"]["num"] == NUM * (NUM - 1) / 2
    assert described["again"]["num"] == NUM * (NUM - 1), "not beside itself"
    spread = wasserstein_matrix(described)
    labels = list(described)
    assert spread[labels.index("real"), labels.index("again")] < 1e-6
    assert spread[labels.index("real"), labels.index("far")] > 1e-3
    assert found.between[1, 2] == 0 and np.isnan(found.between[0, 1]), "no name in common"
    for entry in described.values():
        assert sum(entry["counts"]) == entry["num"] and entry["edges"] == described["real"]["edges"]
    m, s = ([described[k][f] for k in ("real", "far")] for f in ("mean", "std"))
    assert spread[labels.index("real"), labels.index("far")] == pytest.approx(
        np.hypot(m[0] - m[1], s[0] - s[1])
    )


def test_memory_holds_fewer_real_pictures_where_they_are_large(lpips, root, monkeypatch):
    real, sets = read(root / "real"), {"near": read(root / "near"), "far": read(root / "far")}
    all_held = measure(lpips.embed, real, sets)
    vector = lpips.embed(enlarged(real.paths[0]))
    monkeypatch.setattr(perceptual, "MEMORY", 3 * vector.nbytes)
    monkeypatch.setattr(perceptual, "GROUP", 2)
    found = measure(lpips.embed, real, sets)
    assert found.num_held == 3 and found.to_real["far"].shape == (NUM, 3)
    assert found.to_real["far"] == pytest.approx(all_held.to_real["far"][:, :3], abs=1e-6)
    assert found.between == pytest.approx(all_held.between, abs=1e-6)
    # Each of those that are not held beside the three, and the three pairs among these.
    assert np.isfinite(found.to_real["real"]).sum() == 3 * (NUM - 3) + 3


def test_neither_the_order_nor_the_other_sets_change_a_figure(lpips, root):
    real, near, far = (read(root / name) for name in ("real", "near", "far"))
    together = measure(lpips.embed, real, {"near": near, "far": far})
    alone = measure(lpips.embed, real, {"far": far})
    turned = measure(lpips.embed, real, {"far": far, "near": near})
    assert together.to_real["far"] == pytest.approx(alone.to_real["far"], abs=1e-6)
    assert together.between[0, 1] == pytest.approx(turned.between[0, 1], abs=1e-7)


def test_a_set_of_another_size_is_compared_at_the_size_of_the_real_one(lpips, root, tmp_path):
    small = copy(root / "near", "small-near")
    for path in small.iterdir():
        Image.open(path).resize((31, 50)).save(path)
    found = measure(
        lpips.embed, read(root / "real"), {"near": read(root / "near"), "small": read(small)}
    )
    assert found.size == (77, 64) and np.isfinite(found.to_real["small"]).all()
    assert 0 < found.between[0, 1] < 1
