"""KID: torch-fidelity's arithmetic, unbiased, blind to order and place, with honest intervals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recyclegan.errors import UserError
from recyclegan.metrics import kernel
from recyclegan.metrics.kernel import kid, kid_matrix
from recyclegan.metrics.resampling import difference, draw_weights


def draw(num, num_features=16, seed=0, shift=0.0, scale=1.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num, num_features)) * scale + shift


def by_definition(fake, real):
    def k(first, second):
        return (float(first @ second) / len(first) + 1) ** 3

    def mean(first, second, same):
        pairs = [
            (i, j) for i in range(len(first)) for j in range(len(second)) if not same or i != j
        ]
        return np.mean([k(first[i], second[j]) for i, j in pairs])

    return mean(fake, fake, True) + mean(real, real, True) - 2 * mean(fake, real, False)


def test_it_is_the_u_statistic_of_its_definition():
    fake, real = draw(7, 5, 1, 0.5), draw(11, 5, 2)
    assert kid(fake, real).value == pytest.approx(by_definition(fake, real), rel=1e-12)


@pytest.mark.parametrize("num", [30, 200])
def test_it_agrees_with_torch_fidelity(num):
    fidelity = pytest.importorskip("torch_fidelity.metric_kid")
    fake, real = draw(num, 64, 1, 0.3, 1.2), draw(num, 64, 2)
    theirs = fidelity.kid_features_to_metric(
        torch.from_numpy(fake), torch.from_numpy(real), kid_subsets=1, kid_subset_size=num, verbose=False
    )  # fmt: skip
    expected = theirs["kernel_inception_distance_mean"]
    assert kid(fake, real).value == pytest.approx(expected, rel=1e-6)


def test_blocks_change_nothing(monkeypatch):
    fake, real = draw(23, seed=1, shift=0.2), draw(31, seed=2)
    whole = kid(fake, real, draw_weights(range_names(23)), draw_weights(range_names(31)))
    monkeypatch.setattr(kernel, "BLOCK", 4)
    parts = kid(fake, real, draw_weights(range_names(23)), draw_weights(range_names(31)))
    assert parts.value == pytest.approx(whole.value, rel=1e-12)
    np.testing.assert_allclose(parts.replicates, whole.replicates, rtol=1e-10)


def test_order_and_precision_of_the_input_change_nothing():
    fake, real = draw(20, seed=1, shift=0.4), draw(25, seed=2)
    order = np.random.default_rng(0).permutation(20)
    names = range_names(20)
    ours = kid(fake, real, draw_weights(names), draw_weights(range_names(25)))
    theirs = kid(
        fake[order], real, draw_weights([names[i] for i in order]), draw_weights(range_names(25))
    )
    assert theirs.value == pytest.approx(ours.value, rel=1e-12)
    assert theirs.interval == pytest.approx(ours.interval, rel=1e-9)
    single = kid(fake.astype(np.float32), real.astype(np.float32)).value
    assert single == pytest.approx(ours.value, rel=1e-5)


def test_six_pictures_a_side_run_and_may_give_less_than_nothing():
    values = [kid(draw(6, seed=2 * seed), draw(6, seed=2 * seed + 1)).value for seed in range(100)]
    assert np.isfinite(values).all()
    assert 20 < sum(value < 0 for value in values) < 80
    # Unbiased: the mean over draws from one distribution is 0 within its error.
    assert abs(np.mean(values)) < 3 * np.std(values) / 10


def test_it_grows_with_the_distance_and_is_symmetric():
    real = draw(80, seed=0)
    fakes = [draw(80, seed=1, shift=shift) for shift in (0, 0.3, 0.6)]
    values = [kid(fake, real).value for fake in fakes]
    assert abs(values[0]) < 0.1 and values[0] < values[1] < values[2]
    assert kid(real, fakes[2]).value == pytest.approx(values[2], rel=1e-12)


def test_the_matrix_holds_every_pair():
    sets = [draw(9, seed=0), draw(12, seed=1, shift=1.0), draw(15, seed=2, scale=2.0)]
    distances = kid_matrix(sets)
    np.testing.assert_array_equal(distances, distances.T)
    assert (np.diag(distances) == 0).all()
    for first, second in ((0, 1), (0, 2), (1, 2)):
        expected = kid(sets[first], sets[second]).value
        assert distances[first, second] == pytest.approx(expected, rel=1e-12)


def test_one_picture_is_refused_in_a_sentence():
    for fake, real in ((draw(1), draw(5)), (draw(5), draw(1)), (draw(0), draw(5))):
        with pytest.raises(UserError, match="at least 2"):
            kid(fake, real)
    with pytest.raises(UserError, match="at least 2"):
        kid_matrix([draw(5), draw(1)])


def test_two_pictures_a_side_and_constant_features_are_finite():
    names = range_names(2)
    figure = kid(draw(2, seed=1), draw(2, seed=2), draw_weights(names), draw_weights(names))
    assert np.isfinite([figure.value, *figure.interval]).all()
    constant = np.full((5, 4), 3.0)
    weights = draw_weights(range_names(5))
    even = kid(constant, constant, weights, weights)
    assert even.value == pytest.approx(0, abs=1e-9) and even.interval == pytest.approx(
        (0, 0), abs=1e-9
    )


def test_a_replicate_is_the_distance_of_the_resample_without_pairs_of_copies():
    fake, real = draw(6, 4, 1, 0.5), draw(7, 4, 2)
    weights = draw_weights(range_names(6)), draw_weights(range_names(7, "r"))
    replicates = kid(fake, real, *weights).replicates

    def mean_kernel(first, second, drawn, other, same):
        pairs = [(i, j) for i in drawn for j in other if not same or i != j]
        return np.mean([(first[i] @ second[j] / 4 + 1) ** 3 for i, j in pairs])

    for row in range(5):
        ours, theirs = (np.repeat(np.arange(len(w[row])), w[row].astype(int)) for w in weights)
        expected = mean_kernel(fake, fake, ours, ours, True)
        expected += mean_kernel(real, real, theirs, theirs, True)
        expected -= 2 * mean_kernel(fake, real, ours, theirs, False)
        assert replicates[row] == pytest.approx(expected, rel=1e-10)


def test_its_intervals_hold_the_truth_at_their_rate():
    # With x.y a sum over 16 features, E k = 1 + 3 E t + 3 E t^2 + E t^3, t = x.y / 16.
    shift = 0.5
    mean, square, cube = (
        [*values] for values in zip(*(moments(m) for m in (shift, 0.0)), strict=True)
    )

    def expected(i, j):
        one, two, three = mean[i] * mean[j], square[i] * square[j], cube[i] * cube[j]
        return 1 + 3 * one / 16 + 3 * (two + 15) / 256 + (three + 45 * one) / 4096

    truth = expected(0, 0) + expected(1, 1) - 2 * expected(0, 1)
    held, repetitions = np.zeros(3), 200
    rng = np.random.default_rng(0)
    weights = draw_weights(range_names(20)), draw_weights(range_names(20, "real "))
    for _ in range(repetitions):
        source, real = rng.normal(size=(2, 20, 16))
        apart = 0.8 * source + 0.6 * rng.normal(size=(20, 16))
        apart[:, 0] += shift
        figures = kid(apart, real, *weights), kid(source, real, *weights)
        checked = (figures[0], truth), (figures[1], 0.0), (difference(*figures), truth)
        held += [figure.interval[0] <= value <= figure.interval[1] for figure, value in checked]
    assert (held / repetitions > 0.9).all(), held


def moments(mean):
    return mean, mean**2 + 1, mean**3 + 3 * mean


def range_names(num, label=""):
    return [f"{label}{index}" for index in range(num)]
