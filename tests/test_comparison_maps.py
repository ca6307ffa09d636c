"""Maps of sets: what is alike coincides, what fits is exact, and few sets are enough."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from recyclegan.comparison.figures.labels import place_labels
from recyclegan.comparison.maps import embed, scale
from recyclegan.comparison.matrices import Matrix, draw_maps

SIZES = (3, 4, 5, 50)


def distances(num, dimensions=6, seed=0):
    points = np.random.default_rng(seed).normal(size=(num, dimensions))
    # The last set is the first one again.
    points[-1] = points[0]
    return np.linalg.norm(points[:, None] - points, axis=2)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("num", SIZES)
def test_same_sets_coincide_and_others_do_not(num, dimensions):
    wanted = distances(num)
    for points in (scale(wanted, dimensions).points, embed(wanted, dimensions).points):
        assert points.shape == (num, dimensions) and np.isfinite(points).all()
        gaps = np.linalg.norm(points[:, None] - points, axis=2)
        assert gaps[0, -1] < 1e-6 * gaps.max()
        assert np.sort(gaps[0])[2] > 1e-3 * gaps.max()


def test_what_fits_a_map_is_mapped_exactly_and_what_does_not_says_so():
    flat = distances(9, dimensions=2)
    exact = scale(flat, 2)
    gaps = np.linalg.norm(exact.points[:, None] - exact.points, axis=2)
    assert exact.stress < 1e-9 and gaps == pytest.approx(flat, abs=1e-9)
    # A regular simplex of 5 corners: every distance 1, which fits into no plane.
    simplex = 1 - np.eye(5)
    poor, better = scale(simplex, 2), scale(simplex, 3)
    assert poor.stress > better.stress > 0.05
    mapped = np.linalg.norm(poor.points[:, None] - poor.points, axis=2)
    kruskal = np.sqrt(((simplex - mapped) ** 2).sum() / (mapped**2).sum())
    assert poor.stress == pytest.approx(kruskal)


def test_scaling_is_no_worse_than_many_random_starts():
    from sklearn.manifold import smacof

    wanted = distances(12)
    raw, _ = smacof(wanted, n_components=2, n_init=8, random_state=0, normalized_stress=False,
                    max_iter=3000, eps=1e-9)  # fmt: skip
    mapped = np.linalg.norm(raw[:, None] - raw, axis=2)
    stress = np.sqrt(((wanted - mapped) ** 2).sum() / (mapped**2).sum())
    assert scale(wanted, 2).stress < 1.05 * stress


@pytest.mark.parametrize("num", [6, 24])
def test_groups_stay_groups_under_tsne(num):
    rng = np.random.default_rng(1)
    centres = np.repeat(20 * rng.normal(size=(3, 8)), num // 3, axis=0)
    points = centres + rng.normal(size=centres.shape)
    groups = np.repeat(np.arange(3), num // 3)
    for dimensions in (2, 3):
        drawn = embed(np.linalg.norm(points[:, None] - points, axis=2), dimensions).points
        gaps = np.linalg.norm(drawn[:, None] - drawn, axis=2) + 1e9 * np.eye(num)
        assert (groups[gaps.argmin(axis=1)] == groups).all()


def test_maps_are_the_same_again_and_sets_without_any_distance_are_one_point():
    wanted = distances(7)
    before = wanted.copy()
    assert (embed(wanted, 2).points == embed(wanted, 2).points).all()
    assert (wanted == before).all()
    for points in (scale(np.zeros((4, 4)), 2).points, embed(np.zeros((4, 4)), 3).points):
        assert not points.any()


def test_squared_distances_are_mapped_by_their_roots():
    squares = distances(6, dimensions=2) ** 2
    squares[0, -1] = squares[-1, 0] = -0.01  # as an unbiased estimate of 0 may be
    labels = tuple("abcdef")
    maps = draw_maps(Matrix("KID", labels, squares, squared=True))
    assert maps["mds2"]["stress"] < 1e-9 and "roots" in maps["of"]
    assert draw_maps(Matrix("W", labels, squares.clip(0), squared=False))["mds2"]["stress"] > 0.01
    assert {"points", "perplexity", "seed"} == set(maps["tsne3"])
    missing = squares.copy()
    missing[0, 1] = missing[1, 0] = np.nan
    assert draw_maps(Matrix("LPIPS", labels, missing, squared=True)) is None
    assert Matrix("LPIPS", labels, missing, squared=True).as_json()["values"][0][1] is None


def test_names_on_a_map_lie_over_no_point_and_no_other_name():
    figure = Figure((8, 7), dpi=100)
    axes = figure.add_subplot()
    points = np.random.default_rng(3).uniform(80, 620, (25, 2))
    points[3] = points[4]
    names = [f"variant-{index}-trained-long" for index in range(len(points))]
    place_labels(axes, points, names)
    texts = [text for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert [text.get_text() for text in texts] == names
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
        assert not any(box.contains(*point) for point in points)
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
