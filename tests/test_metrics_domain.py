"""The domain judge: honest on held-out reals, blind to a translation's own source, by name."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from recyclegan.errors import UserError
from recyclegan.metrics.domain import expected_calibration_error, train_domain_judge
from recyclegan.metrics.resampling import draw_weights

NUM = 40


def names_of(label, num=NUM):
    return [f"{label}{index}" for index in range(num)]


def draw_domains(apart, num=NUM, num_features=64, seed=0):
    source, target = np.random.default_rng(seed).normal(size=(2, num, num_features))
    target[:, :4] += apart
    return source, target


@pytest.fixture(scope="module")
def judged():
    source, target = draw_domains(3.0)
    return source, target, train_domain_judge(source, target, names_of("s"), names_of("t"))


def test_far_domains_are_told_apart_and_equal_ones_are_not(judged):
    *_, judge = judged
    assert judge.accuracy.value > 0.95 and judge.accuracy.num == 2 * NUM
    source, target = draw_domains(0.0)
    judge = train_domain_judge(source, target, names_of("s"), names_of("t"))
    low, high = judge.accuracy.interval
    # Chance is met although 64 features separate the 64 training pictures perfectly.
    assert 0.25 < judge.accuracy.value < 0.75 and high - low > 0.15


def test_the_identity_is_taken_for_the_source_and_reals_for_the_target(judged):
    source, target, judge = judged
    weights = draw_weights(names_of("s"))
    assert judge.share(source, names_of("s"), weights).value < 0.06
    share = judge.share(target, names_of("s"), weights)
    assert share.value > 0.9 and share.interval[0] > 0.75
    half = np.where(np.arange(NUM)[:, None] % 2, source, target + 0.1)
    assert judge.share(half, names_of("s"), weights).value == pytest.approx(0.5, abs=0.08)


def test_no_picture_is_judged_by_a_classifier_that_saw_its_name():
    # Domains alike in all but each picture's own mark: only who has seen a mark can know it.
    source, target = draw_domains(0.0, num_features=300)
    judge = train_domain_judge(source, target, names_of("s"), names_of("t"))
    weights = draw_weights(names_of("s"))
    honest = judge.share(source, names_of("s"), weights).value
    # Under other names four classifiers of five have seen the picture and know it for a source.
    turned = [f"s{(index + 1) % NUM}" for index in range(NUM)]
    seen = judge.share(source, turned, weights).value
    assert honest > 0.3 and seen < honest - 0.15


def test_a_name_of_both_domains_is_held_out_of_both():
    source, target = draw_domains(0.0, num_features=300)
    judge = train_domain_judge(source, target, names_of("x"), names_of("x"))
    probabilities = judge.probabilities(target, names_of("x"))
    # The truth of a translation is no more known to its judge than its source is.
    assert 0.25 < (probabilities > 0.5).mean() < 0.75


def test_folds_hold_their_part_of_both_domains():
    source, target = draw_domains(1.0, num=23)
    judge = train_domain_judge(source, target, names_of("s", 23), names_of("t", 23))
    for label in "st":
        counts = np.bincount([judge.folds[name] for name in names_of(label, 23)], minlength=5)
        assert counts.min() >= 4 and counts.max() <= 5


def test_order_changes_nothing_and_the_seed_draws_other_folds(judged):
    source, target, judge = judged
    order = np.random.default_rng(0).permutation(NUM)
    names = [names_of("s")[index] for index in order]
    again = train_domain_judge(source[order], target, names, names_of("t"))
    assert again.folds == judge.folds and again.accuracy.value == judge.accuracy.value
    np.testing.assert_allclose(
        again.probabilities(source[order], names),
        judge.probabilities(source, names_of("s"))[order],
        atol=1e-3,
    )
    other = train_domain_judge(source, target, names_of("s"), names_of("t"), seed=1)
    assert other.folds != judge.folds


def test_unlike_numbers_do_not_tip_the_judgement():
    source, _ = draw_domains(0.0, num=160)
    _, target = draw_domains(0.0, num=20, seed=1)
    judge = train_domain_judge(source, target, names_of("s", 160), names_of("t", 20))
    shares = (judge.probabilities(source, names_of("s", 160)) > 0.5).mean()
    assert shares > 0.1


def test_a_name_of_neither_domain_is_judged(judged):
    _, target, judge = judged
    assert (judge.probabilities(target + 0.01, names_of("new")) > 0.5).mean() > 0.9


def test_constant_features_are_finite():
    source, target = draw_domains(2.0)
    source[:, 10:20] = target[:, 10:20] = 1.0
    judge = train_domain_judge(source, target, names_of("s"), names_of("t"))
    assert np.isfinite(judge.directions).all() and np.isfinite(judge.offsets).all()


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy():
    confidence = np.array([0.99] * 10 + [0.61] * 10)
    right = np.array([True] * 9 + [False] + [True] * 6 + [False] * 4)
    assert expected_calibration_error(confidence, right) == pytest.approx((0.09 + 0.01) / 2)
    assert expected_calibration_error(np.ones(5), np.ones(5, bool)) == 0
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    right = rng.random(20_000) < confidence
    assert expected_calibration_error(confidence, right) < 0.015


def test_too_few_pictures_and_a_missing_library_are_sentences(monkeypatch):
    source, target = draw_domains(1.0)
    with pytest.raises(UserError, match="at least 5 pictures of each, and one has 4"):
        train_domain_judge(source, target[:4], names_of("s"), names_of("t", 4))
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(UserError, match=r"pip install 'recyclegan\[eval\]'"):
        train_domain_judge(source, target, names_of("s"), names_of("t"))
