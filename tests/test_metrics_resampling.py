"""Intervals hold the truth at their rate; weights go by name; differences are paired."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recyclegan.metrics.resampling import (
    NUM_RESAMPLES,
    Figure,
    difference,
    draw_order,
    draw_weights,
    linear_figure,
    mean_figure,
    share_figure,
)


def names_of(num, label=""):
    return [f"{label}{index}.png" for index in range(num)]


def test_every_resample_draws_as_many_pictures_as_there_are():
    weights = draw_weights(names_of(30))
    assert weights.shape == (NUM_RESAMPLES, 30)
    assert (weights.sum(axis=1) == 30).all() and (weights >= 0).all()
    assert np.abs(weights.mean(axis=0) - 1).max() < 0.15
    # A multinomial count over n cells has the variance 1 - 1 / n.
    assert abs(weights.var() - (1 - 1 / 30)) < 0.05


def test_weights_and_orders_follow_the_names_whatever_their_order():
    names = names_of(12)
    shuffled = list(np.random.default_rng(0).permutation(names))
    places = [shuffled.index(name) for name in names]
    np.testing.assert_array_equal(draw_weights(names), draw_weights(shuffled)[:, places])
    ordered = [names[index] for index in draw_order(names)]
    assert ordered == [shuffled[index] for index in draw_order(shuffled)]
    assert sorted(ordered) == sorted(names) and ordered != names


def test_other_names_and_other_seeds_are_drawn_independently():
    names = names_of(20)
    ours = draw_weights(names)
    for theirs in (draw_weights(names_of(20, "b")), draw_weights(names, seed=1)):
        assert abs(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]) < 0.03
    assert list(draw_order(names)) != list(draw_order(names, seed=1))


def test_a_name_that_comes_twice_is_refused():
    for draw in (draw_weights, draw_order):
        with pytest.raises(ValueError, match="twice"):
            draw(["a", "b", "a"])


def test_a_mean_counts_finite_values_alone():
    weights = draw_weights(names_of(6))
    figure = mean_figure([1.0, math.inf, 3.0, math.nan, 5.0, -math.inf], weights)
    assert (figure.value, figure.num) == (3.0, 3)
    low, high = figure.interval
    assert low < 3 < high and math.isfinite(low) and math.isfinite(high)


def test_what_cannot_have_an_interval_has_none():
    assert mean_figure([], draw_weights([])) == Figure(None, None, 0)
    assert mean_figure([math.nan], draw_weights(["a"])).value is None
    one = mean_figure([2.0], draw_weights(["a"]))
    assert (one.value, one.num, one.interval) == (2.0, 1, None)
    assert difference(one, Figure(None, None, 0)).value is None
    assert difference(one, Figure(1.0, None, 1)).interval is None


def test_constant_values_have_an_interval_of_no_width():
    assert mean_figure([2.5] * 9, draw_weights(names_of(9))).interval == (2.5, 2.5)


def test_an_interval_is_put_about_the_value_and_not_about_biased_replicates():
    noise = np.random.default_rng(0).normal(size=NUM_RESAMPLES)
    low, high = Figure(10.0, noise + 50, 40).interval
    assert low < 10 < high and abs((low + high) / 2 - 10) < 0.2


def test_the_paired_difference_of_one_set_from_itself_is_exactly_nothing():
    names = names_of(15)
    values = np.random.default_rng(0).normal(size=15)
    order = np.random.default_rng(1).permutation(15)
    ours = mean_figure(values, draw_weights(names))
    theirs = mean_figure(values[order], draw_weights([names[index] for index in order]))
    assert difference(ours, theirs).interval == pytest.approx((0, 0), abs=1e-12)


def test_pairing_finds_a_small_difference_that_independent_sets_hide():
    rng = np.random.default_rng(0)
    common = rng.normal(size=30) * 5
    ours, theirs = common + 1 + 0.1 * rng.normal(size=30), common
    weights, others = draw_weights(names_of(30)), draw_weights(names_of(30, "b"))
    low, high = difference(mean_figure(ours, weights), mean_figure(theirs, weights)).interval
    assert 0.9 < low < high < 1.1
    low, high = difference(mean_figure(ours, weights), mean_figure(theirs, others)).interval
    assert low < 0 < high


@pytest.mark.parametrize(
    ("hits", "num", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (15, 20, 0.5313, 0.8881)]
)  # fmt: skip
def test_a_share_has_wilsons_interval(hits, num, low, high):
    figure = share_figure([True] * hits + [False] * (num - hits), draw_weights(names_of(num)))
    assert figure.value == hits / num
    assert figure.interval == pytest.approx((low, high), abs=1e-4)


def test_the_difference_of_opposite_shares_is_not_certain():
    weights = draw_weights(names_of(20))
    every, none = share_figure([True] * 20, weights), share_figure([False] * 20, weights)
    low, high = difference(every, none).interval
    assert 0.7 < low < 0.8 and high == 1.0


def test_a_difference_of_shares_agrees_with_newcombes_example():
    # 36 of 50 against 30 of 50, of which 24 both: Newcombe's method 10 without continuity term.
    weights = draw_weights(names_of(50))
    first = np.arange(50) < 36
    second = (np.arange(50) < 24) | ((np.arange(50) >= 36) & (np.arange(50) < 42))
    shares = share_figure(first, weights), share_figure(second, weights)
    spreads = [np.sqrt(share.value * (1 - share.value)) for share in shares]
    correlation = (24 / 50 - 0.72 * 0.6) / np.prod(spreads)
    (low_1, high_1), (low_2, high_2) = (share.interval for share in shares)
    reach_low, reach_high = (
        math.sqrt(a * a + b * b - 2 * correlation * a * b)
        for a, b in ((0.72 - low_1, high_2 - 0.6), (high_1 - 0.72, 0.6 - low_2))
    )
    assert difference(*shares).interval == pytest.approx(
        (0.12 - reach_low, 0.12 + reach_high), abs=0.01
    )


def test_linear_replicates_of_a_mean_are_its_resamples():
    values, weights = np.random.default_rng(0).normal(size=25), draw_weights(names_of(25))
    linear = linear_figure(values.mean(), [values - values.mean()], [weights])
    np.testing.assert_allclose(linear.replicates, mean_figure(values, weights).replicates)
    assert linear_figure(1.0, [values], [None]).replicates is None


def test_intervals_of_means_and_differences_hold_the_truth_at_their_rate():
    rng, repetitions, held = np.random.default_rng(0), 300, np.zeros(4)
    weights = draw_weights(names_of(20))
    for _ in range(repetitions):
        common, first, second = rng.normal(size=(3, 20))
        draws = rng.random((2, 20)) < np.array([[0.9], [0.6]])
        shares = [share_figure(draw, weights) for draw in draws]
        figures = (
            (mean_figure(common, weights), 0.0),
            (difference(mean_figure(2 * common + first + 1, weights), mean_figure(2 * common + second, weights)), 1.0),
            (shares[0], 0.9),
            (difference(*shares), 0.3),
        )  # fmt: skip
        held += [figure.interval[0] <= truth <= figure.interval[1] for figure, truth in figures]
    # Three standard errors of a rate of 0.95 over 300 repetitions are 0.038.
    assert (held / repetitions > 0.91).all() and (held / repetitions < 0.995).all(), held
