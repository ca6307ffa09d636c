"""Differences of means over trainings, under chance in pictures and in seeds."""

import math

import numpy as np
import pytest
from scipy.special import ndtri, stdtrit

from recyclegan.metrics.resampling import difference, draw_weights, mean_figure
from recyclegan.study.uncertainty import mean_over_seeds, subtract_means


def scores(seed, num_seeds, num=20, spread=1.0, shift=0.0):
    """Scores (S,N): what pictures share, what trainings share, and what neither does."""
    own, common = np.random.default_rng(seed), np.random.default_rng(99)
    pictures = common.normal(0, 1, num)
    return (
        shift
        + pictures
        + own.normal(0, spread, (num_seeds, 1))
        + own.normal(0, 0.3, (num_seeds, num))
    )


def names(num=20):
    return [f"picture {n}" for n in range(num)]


def mean(values, label):
    weights = draw_weights(names(values.shape[1]))
    return mean_over_seeds([mean_figure(row, weights) for row in values], label)


def test_the_replicates_are_those_of_a_written_out_bootstrap():
    ours, theirs = scores(1, 3), scores(2, 4)
    of_pictures = draw_weights(names()) / 20
    found = subtract_means(mean(ours, "ours"), mean(theirs, "theirs"))
    assert found.value == pytest.approx(ours.mean() - theirs.mean())
    wanted = []
    for row in range(1000):
        drawn = []
        for values, label in ((ours, "ours"), (theirs, "theirs")):
            num = len(values)
            counts = draw_weights([f"{label}, training {s}" for s in range(num)])[row]
            with_pictures = [of_pictures[row] @ values[s] for s in range(num)]
            middle = sum(with_pictures) / num
            chosen = sum(counts[s] * with_pictures[s] for s in range(num)) / num
            drawn.append(middle + math.sqrt(num / (num - 1)) * (chosen - middle))
        wanted.append(drawn[0] - drawn[1])
    assert found.replicates == pytest.approx(np.array(wanted))


def test_the_spread_is_that_of_the_closed_form():
    """Pictures that all are alike leave the seeds alone: their variance over their number."""
    values = np.repeat(np.array([[1.0], [2.0], [4.0], [7.0], [11.0]]), 30, axis=1)
    found = mean(values, "a")
    assert found.of_pictures == pytest.approx(np.full(1000, 5.0))
    assert found.seed_variance == pytest.approx(np.var(values[:, 0], ddof=1) / 5)
    # A thousand draws know a variance to about 5 %.
    assert np.var(found.replicates) == pytest.approx(found.seed_variance, rel=0.15)


def test_few_seeds_widen_the_interval_by_students_t():
    values = np.repeat(np.array([[1.0], [2.0], [4.0]]), 30, axis=1)
    found = mean(values, "a")
    tails = np.quantile(found.replicates, [0.025, 0.975]) - found.replicates.mean()
    wide = math.sqrt(30 / 29) * stdtrit(2, 0.025) / ndtri(0.025)
    assert found.interval == pytest.approx(tuple(found.value + wide * tails))
    assert stdtrit(2, 0.025) / ndtri(0.025) > 2


def test_one_training_each_is_the_paired_difference_of_evaluate():
    ours, theirs = scores(1, 1), scores(2, 1)
    weights = draw_weights(names())
    wanted = difference(mean_figure(ours[0], weights), mean_figure(theirs[0], weights))
    found = subtract_means(mean(ours, "ours"), mean(theirs, "theirs"))
    assert (found.value, found.interval) == (wanted.value, wanted.interval)


def test_what_all_pictures_share_leaves_a_difference():
    """Paired: the pictures' own spread, which is far larger than the seeds', cancels."""
    ours, theirs = scores(1, 3, spread=0.01, shift=0.5), scores(2, 3, spread=0.01)
    low, high = subtract_means(mean(ours, "ours"), mean(theirs, "theirs")).interval
    alone = mean(ours, "ours").interval
    assert high - low < 0.6 * (alone[1] - alone[0])
    assert low > 0


def test_seeds_of_two_variants_are_drawn_apart():
    values = scores(1, 4)
    found = subtract_means(mean(values, "ours"), mean(values, "theirs"))
    assert found.value == 0 and np.var(found.replicates) > 0


def test_figures_that_could_not_be_taken_count_for_nothing():
    weights = draw_weights(names())
    good, none = mean_figure(scores(1, 1)[0], weights), mean_figure(np.full(20, np.nan), weights)
    assert mean_over_seeds([none, good], "a").num_seeds == 1
    assert mean_over_seeds([none], "a") is None


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "num_seeds"), [(0.0, 3), (0.5, 3), (0.5, 5)])
def test_the_intervals_cover_the_true_difference(spread, num_seeds):
    covered = 0
    for trial in range(200):
        ours, theirs = (scores(2 * trial + k, num_seeds, spread=spread) for k in (0, 1))
        low, high = subtract_means(mean(ours, "ours"), mean(theirs, "theirs")).interval
        covered += low <= 0 <= high
    # Three standard errors below 95 % of 200; too wide is no fault here.
    assert covered >= 180
