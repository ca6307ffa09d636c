"""How often do the 95 % intervals hold the truth, and what do they cost?

    python benchmarks/interval_coverage.py [--repetitions 500]

Pictures are drawn anew in each repetition from distributions that are known. The truth is that of
the distributions (means, KID in closed form, FD of the Gaussians for FD at N = infinity) or, for
shares and for FD at N, the mean over all repetitions. Features are Gaussian: `easy` has 16 of equal
variance, `hard` 512 whose variance falls as 1 / k. `equal` has fake and real from one distribution,
`apart` a fake that is shifted and half as wide again; the `paired` differences are between two
fakes of the same sources, against one real set.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from recyclegan.metrics.frechet import frechet, frechet_infinity
from recyclegan.metrics.kernel import kid
from recyclegan.metrics.resampling import (
    difference,
    draw_order,
    draw_weights,
    mean_figure,
    share_figure,
)

RESULT = Path(__file__).with_suffix(".json")
SPREADS = {"easy": np.ones(16), "hard": 1 / np.sqrt(np.arange(1, 513))}
SHIFT, WIDTH = 0.5, 1.5


def draw_features(rng, num, spread, apart, source=None):
    rows = rng.normal(size=(num, len(spread)))
    if source is not None:
        rows = 0.8 * source + 0.6 * rows
    rows = rows * spread * (WIDTH if apart else 1)
    rows[:, 0] += SHIFT if apart else 0
    return rows


def true_frechet(spread):
    return SHIFT**2 + float(((WIDTH - 1) ** 2 * spread**2).sum())


def true_kid(spread):
    """Expected k(x, x') + k(y, y') - 2 k(x, y), whose x.y is a sum of independent products."""

    def expected_kernel(first, second):
        (mean, deviation), (other_mean, other_deviation) = first, second
        moments = [
            (mean, mean**2 + deviation**2, mean**3 + 3 * mean * deviation**2)
            for mean, deviation in ((mean, deviation[0]), (other_mean, other_deviation[0]))
        ]
        one, two, three = np.prod(moments, axis=0)
        rest = ((deviation * other_deviation)[1:] ** 2).sum()
        num = len(deviation)
        return 1 + 3 * one / num + 3 * (two + rest) / num**2 + (three + 3 * one * rest) / num**3

    fake, real = (SHIFT, WIDTH * spread), (0.0, spread)
    return (
        expected_kernel(fake, fake) + expected_kernel(real, real) - 2 * expected_kernel(fake, real)
    )


def scalar_figures(rng, num, weights):
    common, ours, theirs = rng.normal(size=(3, num))
    skewed = rng.exponential(size=num)
    quality = rng.random((2, num)) + 0.3 * rng.random(num) - 0.15
    first, second = (
        share_figure(row < share, weights) for row, share in zip(quality, (0.9, 0.6), strict=True)
    )
    yield "mean, normal", mean_figure(common, weights), 0.0
    yield "mean, exponential", mean_figure(skewed, weights), 1.0
    pair = (mean_figure(2 * common + ours + 1, weights), mean_figure(2 * common + theirs, weights))
    yield "difference of means, paired", difference(*pair), 1.0
    yield "share", first, None
    yield "difference of shares, paired", difference(first, second), None


def set_figures(rng, num, weights, orders, truths):
    for name, spread in SPREADS.items():
        source = rng.normal(size=(num, len(spread)))
        real = draw_features(rng, num, spread, False)
        equal = draw_features(rng, num, spread, False, source)
        apart = draw_features(rng, num, spread, True, source)
        kids = [kid(fake, real, *weights) for fake in (apart, equal)]
        distances = [frechet(fake, real, *weights) for fake in (apart, equal)]
        yield f"kid, {name}, equal", kids[1], 0.0
        yield f"kid, {name}, apart", kids[0], truths[name]
        yield f"kid, {name}, difference, paired", difference(*kids), truths[name]
        yield f"fd at N, {name}, equal", distances[1], None
        yield f"fd at N, {name}, apart", distances[0], None
        yield f"fd at N, {name}, difference, paired", difference(*distances), None
        endless = [frechet_infinity(fake, real, *orders, *weights) for fake in (apart, equal)]
        yield f"fd at infinity, {name}, apart", endless[0], true_frechet(spread)
        yield f"fd at infinity, {name}, equal", endless[1], 0.0
        yield (
            f"fd at infinity, {name}, difference, paired",
            difference(*endless),
            true_frechet(spread),
        )


def covered(num, repetitions, truths):
    rng, figures = np.random.default_rng(num), defaultdict(list)
    for repetition in range(repetitions):
        names = [[f"{side}{repetition}-{index}" for index in range(num)] for side in "ab"]
        weights = [draw_weights(side) for side in names]
        orders = [draw_order(side) for side in names]
        for name, figure, truth in scalar_figures(rng, num, weights[0]):
            figures[name].append((figure, truth))
        for name, figure, truth in set_figures(rng, num, weights, orders, truths):
            figures[name].append((figure, truth))
    rows = {}
    for name, drawn in figures.items():
        values = np.array([figure.value for figure, _ in drawn])
        low, high = np.array([figure.interval for figure, _ in drawn]).T
        truth = values.mean() if drawn[0][1] is None else drawn[0][1]
        rows[name] = {
            "coverage": float(((low <= truth) & (truth <= high)).mean()),
            "truth": float(truth),
            "mean": float(values.mean()),
            "mean_half_width": float((high - low).mean() / 2),
            "deviation": float(values.std()),
        }
        print(f"N {num:4} {name:42} coverage {rows[name]['coverage']:.3f}", flush=True)
    return rows


def seconds(num, num_features=1280):
    rng = np.random.default_rng(0)
    fake, real = rng.normal(size=(2, num, num_features)).astype(np.float32)
    names = [[f"{side}{index}" for index in range(num)] for side in "ab"]
    row, weights, orders = {}, [], []

    def timed(name, work):
        start = time.process_time()
        result = work()
        row[name] = round(time.process_time() - start, 3)
        print(f"N {num:4} {name:42} {row[name]:.2f} s", flush=True)
        return result

    weights = timed("weights of both sets", lambda: [draw_weights(side) for side in names])
    orders = [draw_order(side) for side in names]
    timed("kid, 1,000 replicates", lambda: kid(fake, real, *weights))
    timed("fd, 1,000 replicates", lambda: frechet(fake, real, *weights))
    timed("fd at infinity", lambda: frechet_infinity(fake, real, *orders, *weights))
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=500)
    given = parser.parse_args()
    truths = {name: true_kid(spread) for name, spread in SPREADS.items()}
    coverage, costs = {}, {}
    results = {
        "repetitions": given.repetitions,
        "coverage": coverage,
        "processor_seconds_with_1280_features": costs,
    }
    for table, measured, counts in (
        (coverage, lambda num: covered(num, given.repetitions, truths), (20, 50, 200)),
        (costs, seconds, (200, 1000, 5000)),
    ):
        for num in counts:
            table[num] = measured(num)
            RESULT.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
