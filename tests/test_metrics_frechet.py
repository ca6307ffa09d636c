"""The Fréchet distance: torch-fidelity's arithmetic, closed forms, no matrix root, never below 0."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from recyclegan.errors import UserError
from recyclegan.metrics import frechet as module
from recyclegan.metrics.frechet import (
    Moments,
    frechet,
    frechet_distance,
    frechet_infinity,
    frechet_matrix,
)
from recyclegan.metrics.resampling import difference, draw_order, draw_weights


def draw(num, num_features=16, seed=0, shift=0.0, scale=1.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num, num_features)) * scale + shift


def names_of(num, label=""):
    return [f"{label}{index}" for index in range(num)]


def gaussian(num, mean, covariance, seed=0):
    """Features whose own mean and covariance are exactly these."""
    rows = np.random.default_rng(seed).normal(size=(num, len(mean)))
    rows -= rows.mean(axis=0)
    white = np.linalg.qr(rows)[0] * np.sqrt(num - 1)
    return white @ np.linalg.cholesky(covariance).T + mean


@pytest.mark.parametrize("num", [30, 200])
def test_it_agrees_with_torch_fidelity(num):
    fidelity = pytest.importorskip("torch_fidelity.metric_fid")
    fake, real = draw(num, 64, 1, 0.3, 1.2), draw(num + 7, 64, 2)
    statistics = [
        {"mu": rows.mean(axis=0), "sigma": np.cov(rows, rowvar=False)} for rows in (fake, real)
    ]
    theirs = fidelity.fid_statistics_to_metric(*statistics, verbose=False)
    expected = theirs["frechet_inception_distance"]
    assert frechet_distance(fake, real) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("num", "golden"), [(12, 21.82664996120528), (100, 5.81152142083041)]
)  # fmt: skip
def test_no_matrix_root_is_taken(num, golden, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("sqrtm was called")

    monkeypatch.setattr(scipy.linalg, "sqrtm", refuse)
    # Not numpy's normal draws, whose stream may change between its versions.
    places = np.arange(num * 24, dtype=np.float64).reshape(num, 24)
    fake, real = (
        np.sin(places * 1.7 + places**2 / 91) * 1.5 + 0.2,
        np.cos(places * 2.3 + places**2 / 83),
    )
    assert frechet_distance(fake, real) == pytest.approx(golden, rel=1e-6)
    assert frechet(fake, real).value == pytest.approx(golden, rel=1e-6)


def test_gaussians_whose_covariances_commute_have_the_closed_form():
    rotation = np.linalg.qr(draw(6, 6, 3))[0]
    first, second = np.array([9.0, 4, 1, 1, 0.25, 2]), np.array([1.0, 4, 16, 2, 0.25, 3])
    mean = np.array([1.0, -2, 0, 0, 0.5, 3])
    fake = gaussian(40, mean, rotation * first @ rotation.T, 1)
    real = gaussian(50, np.zeros(6), rotation * second @ rotation.T, 2)
    expected = (mean**2).sum() + ((np.sqrt(first) - np.sqrt(second)) ** 2).sum()
    assert frechet_distance(fake, real) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("num", [2, 10, 50])
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_a_set_against_itself_is_nothing_and_not_below(num, scale):
    rows = draw(num, 300, num, shift=0.4, scale=scale).astype(np.float32)
    order = np.random.default_rng(0).permutation(num)
    for value in (frechet_distance(rows, rows), frechet_distance(rows, rows[order])):
        assert 0 <= value < 1e-3
    weights = draw_weights(names_of(num))
    low, high = frechet(rows, rows, weights, weights).interval
    assert low == pytest.approx(0, abs=1e-3) and high == pytest.approx(0, abs=1e-3)


def test_one_picture_is_refused_in_a_sentence():
    for fake, real in ((draw(1), draw(5)), (draw(5), draw(1)), (draw(0), draw(5))):
        for distance in (frechet_distance, frechet):
            with pytest.raises(UserError, match="at least 2"):
                distance(fake, real)
        with pytest.raises(UserError, match="at least 2"):
            frechet_distance(Moments.of(fake), Moments.of(real))
    with pytest.raises(UserError, match="at least 8"):
        frechet_infinity(draw(7), draw(9), np.arange(7), np.arange(9))


@pytest.mark.parametrize(
    "fake",
    [
        np.full((8, 5), 2.0),
        np.zeros((8, 5)),
        np.repeat(draw(2, 5), 4, axis=0),
        draw(8, 1, 3) * np.ones((1, 5)),
        draw(8, 5, 4) * 1e-8,
        draw(8, 5, 5) * 1e6,
    ],
    ids=["constant", "zero", "duplicated", "rank one", "tiny", "huge"],
)
def test_degenerate_features_give_a_real_number(fake):
    real = draw(9, 5, 6)
    weights = draw_weights(names_of(8)), draw_weights(names_of(9, "r"))
    figure = frechet(fake, real, *weights)
    for value in (
        figure.value,
        *figure.interval,
        frechet_distance(Moments.of(fake), Moments.of(real)),
    ):
        assert isinstance(value, float) and np.isfinite(value)
    assert figure.value >= 0 and 0 <= frechet_distance(fake, fake) <= 1e-9 * max(1, (fake**2).sum())
    orders = draw_order(names_of(8)), draw_order(names_of(9))
    assert np.isfinite(frechet_infinity(fake, real, *orders, *weights).interval).all()


@pytest.mark.parametrize("num", [12, 60])
def test_order_rotation_and_a_common_shift_change_nothing(num):
    fake, real = draw(num, 20, 1, 0.5, 1.5), draw(num + 5, 20, 2)
    value = frechet_distance(fake, real)
    rotation = np.linalg.qr(draw(20, 20, 3))[0]
    order = np.random.default_rng(0).permutation(num)
    for ours, theirs in (
        (fake[order], real),
        (fake @ rotation, real @ rotation),
        (fake + 7, real + 7),
        (real, fake),
    ):
        assert frechet_distance(ours, theirs) == pytest.approx(value, rel=1e-9)


def test_shards_add_up_to_the_whole():
    fake, real = draw(90, 16, 1, 3.0, 1.3), draw(70, 16, 2)
    parts = [Moments.of(rows) for rows in np.split(fake, [11, 12, 60])]
    merged = parts[2] + parts[0] + (parts[3] + parts[1])
    whole = Moments.of(fake)
    assert merged.num == whole.num == 90
    np.testing.assert_allclose(merged.total, whole.total, rtol=1e-12)
    np.testing.assert_allclose(merged.outer, whole.outer, rtol=1e-12)
    value = frechet_distance(merged, Moments.of(real))
    assert value == pytest.approx(frechet_distance(fake, real), rel=1e-9)
    few, fewer = draw(9, 40, 1), draw(7, 40, 2)
    value = frechet_distance(Moments.of(few[:4]) + Moments.of(few[4:]), fewer)
    assert value == pytest.approx(frechet_distance(few, fewer), rel=1e-6)


def test_the_matrix_holds_every_pair():
    sets = [draw(9, seed=0), draw(40, seed=1, shift=1.0), draw(15, seed=2, scale=2.0)]
    distances = frechet_matrix(sets)
    np.testing.assert_array_equal(distances, distances.T)
    assert (np.diag(distances) == 0).all()
    for first, second in ((0, 1), (0, 2), (1, 2)):
        expected = frechet_distance(sets[first], sets[second])
        assert distances[first, second] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("num", [15, 60])
def test_an_influence_is_the_derivative_along_more_of_a_picture(num):
    fake, real = draw(num, 20, 1, 0.5, 1.5), draw(num + 5, 20, 2)
    _, influences = module._distance_and_influences(fake, real)
    step = 1e-5
    for side, index in ((0, 3), (1, 7)):
        values = []
        for sign in (1, -1):
            sets = [fake, real]
            weights = np.full(len(sets[side]), (1 - sign * step) / len(sets[side]))
            weights[index] += sign * step
            sets[side] = with_weights(sets[side], weights)
            values.append(frechet_distance(*sets))
        slope = (values[0] - values[1]) / (2 * step)
        assert influences[side][index] == pytest.approx(slope, rel=1e-4, abs=1e-4)
        assert influences[side].mean() == pytest.approx(0, abs=1e-9)


def with_weights(rows, weights):
    """As many rows whose mean and covariance are those of weighted rows."""
    mean = weights @ rows
    scaled = (rows - mean) * np.sqrt(weights * len(rows))[:, None]
    # A reflection of the rows that frees them of their mean and keeps their products.
    axis = np.sqrt(weights) - 1 / np.sqrt(len(rows))
    axis /= np.linalg.norm(axis)
    return scaled - 2 * np.outer(axis, axis @ scaled) + mean


def test_the_line_reaches_the_true_distance_that_the_plain_value_misses():
    plain, endless = [], []
    for seed in range(12):
        fake, real = draw(120, 16, 2 * seed, scale=1.5), draw(120, 16, 2 * seed + 1)
        order = draw_order(names_of(120))
        plain.append(frechet_distance(fake, real))
        endless.append(frechet_infinity(fake, real, order, order).value)
    truth = 16 * 0.5**2
    error = np.std(endless) / np.sqrt(12)
    assert np.mean(plain) > truth + 0.8 > truth + 3 * error
    assert abs(np.mean(endless) - truth) < 3 * error


def test_intervals_hold_the_truth_at_their_rate():
    rng, repetitions, num = np.random.default_rng(0), 60, 50
    weights = draw_weights(names_of(num)), draw_weights(names_of(num, "r"))
    orders = draw_order(names_of(num)), draw_order(names_of(num, "r"))
    drawn = []
    for _ in range(repetitions):
        source, real = rng.normal(size=(2, num, 8))
        fakes = 1.5 * (0.8 * source + 0.6 * rng.normal(size=(num, 8))), source
        figures = [frechet(fake, real, *weights) for fake in fakes]
        endless = [frechet_infinity(fake, real, *orders, *weights) for fake in fakes]
        drawn.append([*figures, difference(*figures), *endless, difference(*endless)])
    values = np.array([[figure.value for figure in row] for row in drawn])
    ends = np.array([[figure.interval for figure in row] for row in drawn])
    truths = np.array([*values.mean(axis=0)[:3], 2.0, 0.0, 2.0])
    held = ((ends[..., 0] <= truths) & (truths <= ends[..., 1])).mean(axis=0)
    # Three standard errors of a rate of 0.95 over 60 repetitions are 0.085.
    assert (held > 0.86).all(), held
    # Nor are they safe by being vague: at most 1.7 times as wide as the spread calls for.
    assert ((ends[..., 1] - ends[..., 0]).mean(axis=0) / values.std(axis=0) / 3.92 < 1.7).all()
