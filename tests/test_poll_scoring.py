"""Scores: closed forms, known preferences recovered, intervals that cover, worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import kendalltau, spearmanr

from recyclegan.errors import UserError
from recyclegan.poll import resampling
from recyclegan.poll.agreement import krippendorff_alpha
from recyclegan.poll.attention import judge_attention
from recyclegan.poll.bradley_terry import RIDGE, fit_strengths, sigmoid
from recyclegan.poll.correlation import correlate, kendall, spearman
from recyclegan.poll.preferences import Preferences
from recyclegan.poll.ranking import judge_pairs, rank_sets
from recyclegan.poll.resampling import interval, resample_strengths
from recyclegan.poll.scoring import score_poll
from recyclegan.poll.votes import Ballots, Vote
from tests.poll_people import STRENGTHS, ballot_of, build


def population(
    strengths, rng, *, num_people=12, num_pictures=10, num_asked=30, spread=0.0, tie=0.3
):
    """Votes by Davidson's model, with tastes of people and peculiarities of pictures."""
    num = len(strengths)
    pairs = np.array(np.triu_indices(num, 1)).T
    people, frames = (rng.normal(0, spread, (n, num)) for n in (num_people, num_pictures))
    voters = np.repeat(np.arange(num_people), num_asked)
    questions = [rng.permutation(len(pairs) * num_pictures)[:num_asked] for _ in range(num_people)]
    chosen = np.concatenate(questions)
    pictures, (first, second) = chosen % num_pictures, pairs[chosen // num_pictures].T
    level = strengths + people[voters] + frames[pictures]
    rows = np.arange(len(chosen))
    gap = level[rows, first] - level[rows, second]
    win, lose = np.exp(gap / 2), np.exp(-gap / 2)
    drawn = rng.random(len(chosen)) * (win + lose + tie)
    credit = np.where(drawn < win, 1.0, np.where(drawn < win + tie, 0.5, 0.0))
    names = tuple(f"set {place}" for place in range(num))
    return Preferences(names, voters, pictures, first, second, credit)


def truth_of(strengths, spread=0.0, tie=0.3):
    """What endless votes would give: the fit to expected wins."""
    gaps = (strengths[:, None] - strengths[None])[..., None]
    gaps = gaps + np.random.default_rng(0).normal(0, 2 * spread, 20000)
    win, lose = np.exp(gaps / 2), np.exp(-gaps / 2)
    expected = ((win + tie / 2) / (win + lose + tie)).mean(-1) * (1 - np.eye(len(strengths)))
    return fit_strengths(1e7 * expected)


def wins_of(first, second):
    return np.array([[0.0, first], [second, 0.0]])


@pytest.mark.parametrize(("first", "second"), [(30, 10), (3, 2), (12.5, 0), (1, 400)])
def test_two_sets_have_a_closed_form(first, second):
    strengths = fit_strengths(wins_of(first, second))
    gap = strengths[0] - strengths[1]
    # Where the gradient of the penalised likelihood is 0; without the ridge, log(first / second).
    exact = brentq(
        lambda d: first - (first + second) * sigmoid(np.array(d)) - RIDGE * d / 2, -50, 50
    )
    assert gap == pytest.approx(exact, abs=1e-6)
    if min(first, second) >= 10:
        assert gap == pytest.approx(np.log(first / second), abs=0.02)
    assert strengths.sum() == pytest.approx(0, abs=1e-12)


def test_a_fit_is_where_the_gradient_is_zero_and_many_are_fitted_as_one():
    rng = np.random.default_rng(0)
    wins = rng.gamma(0.3, 60, (40, 6, 6)) * (rng.random((40, 6, 6)) < 0.5) * (1 - np.eye(6))
    strengths = fit_strengths(wins)
    chance = sigmoid(strengths[:, :, None] - strengths[:, None, :])
    compared = wins + wins.transpose(0, 2, 1)
    gradient = (wins - compared * chance).sum(-1) - RIDGE * strengths
    assert np.abs(gradient).max() < 1e-6
    assert np.allclose(strengths[7], fit_strengths(wins[7]), atol=1e-8)


def test_ties_alone_make_all_equal_and_nothing_clear():
    votes = population(np.array([1.0, 0.0, -1.0]), np.random.default_rng(0))
    votes = Preferences(*list(vars(votes).values())[:-1], np.full(len(votes.credit), 0.5))
    strengths = fit_strengths(votes.wins())
    assert np.allclose(strengths, 0, atol=1e-9)
    replicates = resample_strengths(votes)
    pairs = judge_pairs(votes, strengths, replicates)
    assert {pair["verdict"] for pair in pairs} == {"unclear"}
    assert all(pair["num_ties"] and not pair["num_wins"] for pair in pairs)
    sets = rank_sets(list(votes.sets), strengths, replicates, pairs, 0)
    assert {row["rank_interval"] for row in sets.values()} == {(1, 3)}


def test_unanimous_and_disconnected_votes_stay_finite():
    """Sets 0 and 1 are compared, 2 and 3 are, always with one answer; nobody compared across."""
    person, picture = (grid.ravel() for grid in np.mgrid[0:12, 0:10])
    half = np.arange(120) % 2 * 2
    votes = Preferences(tuple("abcd"), person, picture, half, half + 1, np.ones(120))
    strengths, replicates = fit_strengths(votes.wins()), resample_strengths(votes)
    assert np.isfinite(strengths).all() and np.isfinite(replicates).all()
    verdicts = {
        (p["first"], p["second"]): p["verdict"] for p in judge_pairs(votes, strengths, replicates)
    }
    assert verdicts.pop(("a", "b")) == verdicts.pop(("c", "d")) == "first"
    assert verdicts[("a", "c")] == verdicts[("b", "d")] == "unclear"


def test_three_unanimous_votes_are_not_clear():
    zeros = np.zeros(3, dtype=int)
    votes = Preferences(("a", "b"), np.arange(3), np.arange(3), zeros, zeros + 1, np.ones(3))
    (pair,) = judge_pairs(votes, fit_strengths(votes.wins()), resample_strengths(votes))
    assert pair["num_wins"] == 3 and pair["verdict"] == "unclear"


def test_intervals_cover_the_truth_about_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(resampling, "NUM_RESAMPLES", 150)
    strengths, spread = np.array([0.5, 0.0, -0.5]), 0.4
    truth = truth_of(strengths, spread)
    covered = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        votes = population(strengths, rng, num_people=15, num_pictures=15, spread=spread)
        found, replicates = fit_strengths(votes.wins()), resample_strengths(votes, seed=seed)
        for first, second in ((0, 1), (0, 2), (1, 2)):
            low, high = interval(
                found[first] - found[second], replicates[:, first] - replicates[:, second]
            )
            covered.append(low <= truth[first] - truth[second] <= high)
    assert 0.88 <= np.mean(covered) < 1


def test_product_weights_alone_would_be_too_wide():
    """With no tastes and no peculiarities, only votes vary: counted three times when unscaled."""
    votes = population(np.zeros(3), np.random.default_rng(0), num_people=40, num_pictures=40)
    exact, wide = (
        resample_strengths(votes, scaled=scaled).var(0).sum() for scaled in (True, False)
    )
    assert 2 < wide / exact < 3.5


def test_more_people_do_not_stand_for_more_pictures():
    """A peculiarity of three pictures stays however many people look at them."""
    rng = np.random.default_rng(0)
    strengths = np.zeros(2)
    few = population(strengths, rng, num_people=200, num_pictures=3, num_asked=3, spread=1.0)
    many = population(strengths, rng, num_people=20, num_pictures=30, num_asked=30, spread=1.0)
    widths = [np.ptp(interval(0.0, resample_strengths(votes)[:, 0])) for votes in (few, many)]
    assert widths[0] > 2 * widths[1]


def test_alpha_is_that_of_the_worked_example():
    """Krippendorff (2011): four observers, twelve units; 0.743 nominal, 0.849 interval."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    given = [(unit, value) for row in table for unit, value in enumerate(row) if value]
    units, values = (np.array(column) for column in zip(*given, strict=True))
    assert krippendorff_alpha(units, values.astype(float), "nominal") == pytest.approx(
        0.743, abs=5e-4
    )
    assert krippendorff_alpha(units, values.astype(float), "interval") == pytest.approx(
        0.849, abs=5e-4
    )


def test_alpha_at_its_ends():
    units = np.repeat(np.arange(50), 4)
    agreed = np.repeat(np.arange(50) % 2, 4).astype(float)
    assert krippendorff_alpha(units, agreed) == pytest.approx(1)
    drawn = np.random.default_rng(0).choice([0, 0.5, 1], 200)
    assert abs(krippendorff_alpha(units, drawn)) < 0.15
    assert krippendorff_alpha(units, np.ones(200)) is None
    assert krippendorff_alpha(np.arange(5), np.arange(5.0)) is None


def test_rank_correlations_are_those_of_scipy():
    rng = np.random.default_rng(0)
    quality = rng.integers(0, 4, 7).astype(float)
    rows = rng.integers(0, 5, (30, 7)).astype(float)
    found = (spearman(quality[None], rows), kendall(quality[None], rows))
    for row, ours, tau in zip(rows, *found, strict=True):
        assert ours == pytest.approx(spearmanr(quality, row).statistic)
        assert tau == pytest.approx(kendalltau(quality, row).statistic)


@pytest.mark.parametrize(("num_sets", "verdict"), [(3, "unclear"), (6, "agrees")])
def test_three_sets_can_never_tell_a_metric_from_chance(num_sets, verdict):
    strengths = np.arange(num_sets, dtype=float)
    replicates = strengths + np.random.default_rng(0).normal(0, 0.05, (500, num_sets))
    sure = np.zeros(num_sets)
    found = correlate(strengths**3, sure, strengths, replicates)
    assert found.spearman == found.kendall == pytest.approx(1) and found.verdict == verdict
    if num_sets == 3:
        assert found.chance == pytest.approx(2 / 6)
    assert correlate(-strengths, sure, strengths, replicates).verdict in ("unclear", "disagrees")
    assert correlate(sure, sure, strengths, replicates) is None


def test_people_alone_one_sided_unlinked_and_unchecked_are_warned_of(tmp_path):
    _, poll, key = build(tmp_path, "--attention", "0")
    ballots = Ballots(poll)
    for number in range(3):
        votes = ballot_of(poll, key, number)
        left = [Vote(v.question, v.first, "first", 1.0, v.number) for v in votes]
        ballots.add(f"person {number}", left, "here")
    said = " ".join(score_poll(poll, key, ballots)["warnings"])
    for words in (
        "3 people alone",
        "3 voters stopped before any",
        "shown first was chosen 72 times",
    ):
        assert words in said
    asked = {q.id: {key.pictures[number].set for number in q.pictures} for q in poll.questions}
    only = Ballots(poll)
    pair = [v for v in ballot_of(poll, key, 0) if asked[v.question] == {"alpha", "beta"}]
    only.add("one", pair, "here")
    score = score_poll(poll, key, only)
    assert "never compared" in " ".join(score["warnings"])
    assert score["agreement"]["krippendorff_alpha"] is None


def test_a_metric_that_is_not_sure_itself_is_not_clear():
    strengths = np.arange(7.0)
    replicates = strengths + np.random.default_rng(0).normal(0, 0.05, (500, 7))
    sure, unsure = (
        correlate(strengths, np.full(7, error), strengths, replicates) for error in (0.1, 9.0)
    )
    assert sure.spearman == unsure.spearman and sure.verdict == "agrees"
    assert unsure.verdict == "unclear" and unsure.spearman_interval[0] < 0


def test_attention_drops_those_who_do_not_look(tmp_path):
    _, poll, key = build(tmp_path)
    careful = ballot_of(poll, key, 0)
    one_slip = [Vote(v.question, v.first, "second", 1.0, 1) if key.checks.get(v.question) and
                key.checks[v.question].kind == "same" else v for v in careful]  # fmt: skip
    same = [q for q, check in key.checks.items() if check.kind == "same"]
    half = {v.question: v for v in careful if v.question != same[0]}
    half[same[0]] = next(v for v in one_slip if v.question == same[0])
    left = [Vote(v.question, v.first, "first", 1.0, 1) for v in careful]
    early = [v for v in careful if v.question not in key.checks][:3]
    people = {"careful": careful, "slip": list(half.values()), "two slips": one_slip,
              "always first": left, "early": early}  # fmt: skip
    judged = judge_attention(key, {n: {v.question: v for v in own} for n, own in people.items()})
    assert list(judged.kept) == ["careful", "slip", "early"] and judged.num_unchecked == 1
    assert judged.dropped["two slips"] == (2, 4) and set(judged.dropped) == {
        "two slips",
        "always first",
    }


def test_known_preferences_are_recovered_through_the_files(tmp_path):
    _, poll, key = build(tmp_path, "--questions", "24")
    ballots = Ballots(poll)
    for number in range(30):
        ballots.add(f"person {number}", ballot_of(poll, key, number), "here")
    ballots.add(
        "clicker",
        [Vote(v.question, v.first, "first", 0.1, 1) for v in ballot_of(poll, key, 1)],
        "here",
    )
    comparison = {
        "metrics": {
            "kid": {"title": "KID", "unit": "", "better": "lower"},
            "psnr": {"title": "PSNR", "unit": "dB", "better": "higher"},
            "flat": {"title": "Flat", "unit": "", "better": "higher"},
        },
        "figures": {
            "alpha": {"kid": {"value": 0.1, "interval": None}, "psnr": {"value": 1, "interval": None}, "flat": {"value": 1}},
            "beta": {"kid": {"value": 0.2}, "psnr": {"value": None}, "flat": {"value": 1}},
            "gamma": {"kid": {"value": 0.3}, "psnr": {"value": 3}, "flat": {"value": 1}},
            "other": {"kid": {"value": 0.0}},
        },
    }  # fmt: skip
    same = {"name": "alpha", "num": 8, "digest": key.sets["alpha"].digest}
    comparison["sets"] = [same, {"name": "beta", "num": 900, "digest": "0"}]
    score = score_poll(poll, key, ballots, reference="beta", comparison=comparison)
    (unlike,) = score["warnings"]
    assert unlike.startswith("beta: the metrics were measured on other pictures (900)")
    truth = truth_of(np.array(list(STRENGTHS.values())))
    for (name, row), true in zip(score["sets"].items(), truth, strict=True):
        low, high = row["strength"]["interval"]
        assert low <= true <= high and high - low < 1
        assert row["rank_interval"] == (row["rank"], row["rank"]), name
    against = score["sets"]["alpha"]["wins_against_reference"]
    assert against["interval"][0] <= float(sigmoid(truth[0] - truth[1])) <= against["interval"][1]
    assert score["votes"]["num_voters_dropped"] == 1 and score["votes"]["num_votes"] == 30 * 24
    assert score["metrics"]["kid"]["spearman"]["value"] == pytest.approx(1)
    assert score["metrics"]["kid"]["verdict"] == "unclear"
    assert {row["metric"] for row in score["skipped"]} == {"psnr", "flat"}
    with pytest.raises(UserError, match="--reference delta"):
        score_poll(poll, key, ballots, reference="delta")
