"""The comparison in sentences: what is clear, what is not, and what the page cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recyclegan.report.comparison_numbers import list_names
from recyclegan.report.comparison_standing import Standing, stand, verdicts_of
from recyclegan.report.figures import ROW_NAMES

HEADLINES = (
    ("kid", "kid_"),
    ("lpips_alex", "lpips_vgg", "ssim", "psnr"),
    ("dino_structure", "structure"),
)
"""Of each group the first metric at hand gets a sentence; "kid_" stands for any extractor's."""


def shown_name(entry: Mapping[str, Any]) -> str:
    """Return what a set is called on the page: baselines by their title."""
    if entry["role"] == "baseline" and entry["name"] in ROW_NAMES:
        return ROW_NAMES[entry["name"]][0]
    return str(entry["name"])


@dataclass(frozen=True)
class Finding:
    """What the metrics of these titles say alike, as the rest of a sentence "By ..., "."""

    titles: tuple[str, ...]
    words: str


def sum_up(comparison: Mapping[str, Any]) -> list[Finding]:
    """Return what is clearly better than what, and what is not clear; empty if nothing ranks."""
    alike: dict[str, list[str]] = {}
    for metric in headline_metrics(comparison):
        standing = stand(comparison, metric)
        if standing:
            words = _rank_words(standing)
            if metric.endswith("structure"):
                words += " (doing nothing at all is best here)"
            else:
                words += _beside_baselines(comparison, metric, standing.best)
            alike.setdefault(words, []).append(comparison["metrics"][metric]["title"])
    return [Finding(tuple(titles), words) for words, titles in alike.items()]


def headline_metrics(comparison: Mapping[str, Any]) -> list[str]:
    """Return up to three metrics: likeness to the real set, to the truth, to the source."""
    chosen = []
    for group in HEADLINES:
        found = (
            name
            for wanted in group
            for name in comparison["metrics"]
            if name == wanted or (wanted.endswith("_") and name.startswith(wanted))
        )
        first = next(found, None)
        if first:
            chosen.append(first)
    return chosen


def _rank_words(standing: Standing) -> str:
    best, level, behind = standing.best, standing.level, standing.behind
    if not level:
        words = f"{best} is clearly better than {list_names(behind)}"
    elif behind:
        words = (
            f"{best} has the best figure, but {list_names(level)} "
            f"{'is' if len(level) == 1 else 'are'} not clearly behind; "
            f"{list_names(behind)} clearly {'is' if len(behind) == 1 else 'are'}"
        )
    else:
        words = f"no set is clearly behind the best figure, which is that of {best}"
    if standing.apart:
        words += f" ({list_names(standing.apart)}: another protocol, not ranked)"
    return words


def _beside_baselines(comparison: Mapping[str, Any], metric: str, best: str) -> str:
    """Say it where a set that learnt is not clearly better than one that learnt nothing."""
    verdicts = verdicts_of(comparison, metric)
    baselines = [entry for entry in comparison["sets"] if entry["role"] == "baseline"]
    unbeaten = [
        shown_name(entry).lower()
        for entry in baselines
        if verdicts.get((best, entry["name"])) in ("worse", "unclear")
    ]
    if not unbeaten:
        return ""
    return f"; even {best} is not clearly better than {' or '.join(unbeaten)}, which learns nothing"


def list_limits(comparison: Mapping[str, Any], metrics: Sequence[str]) -> list[str]:
    """Return sentences on what these figures can and cannot say, those that apply."""
    limits = [
        "Each interval (95 %) says how much the choice of these pictures matters. It does not say "
        "how another training of the same model, with another seed, would turn out.",
        "A difference is called clear where its own interval leaves out zero. With many pairs, a "
        "few of every hundred look clear by chance.",
    ]
    if any(name.startswith(("kid", "fid", "fd")) for name in metrics):
        limits.append(
            "Distances between sets of features (KID, FID and their kin) say whether the pictures "
            "look alike as a crowd to one network. They do not see whether a picture still shows "
            "the same place as its source, and figures of different networks do not compare."
        )
    if {"psnr", "ssim", "lpips_alex", "lpips_vgg"} & set(metrics):
        limits.append(
            "Closeness to the truth rewards caution: where the truth is a matter of chance, a "
            "blurred average beats a crisp guess."
        )
    if {"structure", "dino_structure"} & set(metrics):
        limits.append(
            "Structure kept is best for doing nothing at all: read it beside a distance to the "
            "real pictures."
        )
    if comparison["maps"]:
        limits.append(
            "A map in two or three dimensions cannot keep all distances. The stress says how much "
            "it bends them; t-SNE keeps neighbours and lets go of large distances. The axes mean "
            "nothing, and the matrix is what was measured."
        )
    if comparison["distributions"]:
        limits.append(
            "LPIPS between pictures of different scenes says how varied a set is and how far from "
            "the real one, not how good its pictures are."
        )
    limits.append("The pictures are the evidence. Look at them before you believe a number.")
    return limits
