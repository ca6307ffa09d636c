"""Nearest neighbours are those of a plain search over all pairs."""

import numpy as np
import pytest

from recyclegan.curation import neighbours
from recyclegan.curation.neighbours import nearest_neighbours, nearest_pairs, oddity


def by_brute_force(features, k):
    wide = features.astype(np.float64)
    distances = np.linalg.norm(wide[:, None] - wide[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, 1), order


@pytest.mark.parametrize("block", [7, 64, 1000])
def test_equal_to_brute_force(block, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    features = np.random.default_rng(0).normal(size=(150, 24)).astype(np.float32)
    wanted_distances, wanted = by_brute_force(features, 6)
    seen = []
    distances, indices = nearest_neighbours(
        features, 6, on_progress=lambda *done: seen.append(done)
    )
    assert np.array_equal(indices, wanted)
    assert np.allclose(distances, wanted_distances, atol=1e-6)
    assert seen[-1] == (150, 150) and len(seen) == -(-150 // block)


def test_equal_pictures_are_neighbours_and_nobody_is_his_own():
    features = np.repeat(np.eye(3, dtype=np.float32), 9, axis=0)
    distances, indices = nearest_neighbours(features, 4)
    assert (indices != np.arange(27)[:, None]).all()
    assert (indices // 9 == np.arange(27)[:, None] // 9).all()
    assert np.allclose(distances, 0, atol=1e-6)


@pytest.mark.parametrize("num", [1, 2, 3])
def test_few_pictures(num):
    features = np.eye(4, dtype=np.float32)[:num]
    distances, indices = nearest_neighbours(features, 10)
    assert distances.shape == indices.shape == (num, num - 1)
    assert np.allclose(oddity(distances), 0 if num == 1 else 2**0.5)


def test_pairs_are_unique_and_nearest_first():
    features = np.array([[0], [1], [1.5], [10], [10.1]], np.float32)
    pairs = nearest_pairs(*nearest_neighbours(features, 2), num_pairs=3)
    assert [(pair.first, pair.second) for pair in pairs] == [(3, 4), (1, 2), (0, 1)]
    assert np.allclose([pair.distance for pair in pairs], [0.1, 0.5, 1], atol=1e-5)
    everything = nearest_pairs(*nearest_neighbours(features, 4), num_pairs=100)
    assert len(everything) == 10
