"""Clusters are found, ordered and the same each time."""

import numpy as np

from recyclegan.curation.clusters import cluster_pictures


def blobs(sizes, spread=0.01):
    rng = np.random.default_rng(0)
    centres = np.eye(len(sizes), 16)
    rows = [c + rng.normal(0, spread, (n, 16)) for c, n in zip(centres, sizes, strict=True)]
    return np.concatenate(rows).astype(np.float32), np.repeat(np.arange(len(sizes)), sizes)


def test_blobs_are_clusters_with_the_largest_first():
    features, truth = blobs([20, 60, 40])
    found = cluster_pictures(features, 3, 0)
    assert [set(found.cluster[truth == blob]) for blob in range(3)] == [{2}, {0}, {1}]


def test_rank_goes_from_the_centre_outwards():
    features, _ = blobs([30, 30])
    found = cluster_pictures(features, 2, 0)
    for number in range(2):
        members = np.flatnonzero(found.cluster == number)
        distance = np.linalg.norm(features[members] - features[members].mean(0), axis=1)
        by_rank = distance[np.argsort(found.rank[members])]
        assert sorted(found.rank[members]) == list(range(len(members)))
        assert (np.diff(by_rank) >= -1e-5).all()


def test_a_cluster_is_split_again_and_small_ones_are_not():
    rng = np.random.default_rng(0)
    mixed = np.concatenate([rng.normal(0, 1e-3, (20, 4)), rng.normal(0.1, 1e-3, (20, 4))])
    features = np.concatenate([mixed, rng.normal(5, 1e-3, (9, 4))]).astype(np.float32)
    found = cluster_pictures(features, 2, 0)
    assert set(found.cluster[:40]) == {0} and set(found.cluster[40:]) == {1}
    assert set(found.subcluster[40:]) == {0}
    assert not set(found.subcluster[:20]) & set(found.subcluster[20:40])
    assert len(set(found.subcluster[:40])) <= 2


def test_the_same_each_time_and_few_or_equal_pictures():
    features = np.random.default_rng(1).normal(size=(300, 8)).astype(np.float32)
    one, two = (cluster_pictures(features, 20, 3) for _ in range(2))
    for name in ("cluster", "subcluster", "rank"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert len(set(one.cluster)) == 20
    assert set(cluster_pictures(features[:1], 20, 0).cluster) == {0}
    assert set(cluster_pictures(np.ones((50, 4), np.float32), 20, 0).cluster) == {0}
