"""Which figures can be had with the folders given and the weights at hand, before any reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recyclegan.errors import UserError
from recyclegan.evaluation.instruments import Instruments, Network, is_at_hand, load_network
from recyclegan.evaluation.registry import INCEPTION, Metric, all_metrics, describe
from recyclegan.features.cache import default_cache_dir
from recyclegan.features.extractor import Extractor
from recyclegan.features.loading import find_extractor, load_extractor
from recyclegan.metrics.frechet import PICTURES_A_FEATURE
from recyclegan.networks.pretrained import has_local_weights

AUTO = "auto"
"""The extractor for which weights are at hand, Inception first."""


@dataclass(frozen=True)
class Choice:
    """The figures to be taken, what they are taken with, and the others with the reason."""

    metrics: tuple[Metric, ...]
    instruments: Instruments
    skipped: tuple[dict[str, str], ...] = field(default=())

    def fitting(self, num: int, *, asked: bool) -> Choice:
        """Return the figures that can be told of sets of no more than `num` pictures.

        Raises:
            UserError: one that was asked for by name cannot, or none is left.
        """
        small = [metric for metric in self.metrics if metric.min_pictures > num]
        reasons = tuple(
            _skipped(m, f"it needs {m.min_pictures:,} pictures in each set and one has {num:,}")
            for m in small
        )
        if small and (asked or len(small) == len(self.metrics)):
            raise UserError(f"{small[0].name}: {reasons[0]['reason']}: give more pictures.")
        left = tuple(metric for metric in self.metrics if metric not in small)
        return Choice(left, self.instruments, self.skipped + reasons)


def choose(
    names: Sequence[str] | None,
    folders: Collection[str],
    *,
    extractor: str = AUTO,
    weights: Path | None = None,
    lpips: Sequence[str] = ("alex",),
    cache_dir: Path | None = None,
) -> Choice:
    """Load what the figures need, of those named or of all that can be had without a download.

    Args:
        names: figures that must be had; all that can be where None.
        folders: what there is, as the flags call it: `real`, `truth`, `source`, `recovered`.
        extractor: whose features are compared where no names are given.
        weights: a directory of weights, or a file: of the extractor where one is used.
        lpips: `alex`, `vgg` or both.
        cache_dir: where features are kept.

    Raises:
        UserError: a figure that was named needs another folder, or weights that are not to be had;
            no extractor can be found where no names are given. In seconds.
    """
    if names is None:
        return _all(folders, extractor, weights, lpips, cache_dir or default_cache_dir())
    metrics = tuple(describe(name) for name in dict.fromkeys(names))
    for metric in metrics:
        lacking = _lacking(metric, folders)
        if lacking:
            raise UserError(f"{metric.name} needs {lacking}: give it, or leave the metric out.")
    extractors = {
        name: _extractor_called(name, extractor, weights)
        for name in dict.fromkeys(m.extractor for m in metrics if m.extractor)
    }
    networks = {
        name: load_network(name, _of_others(weights, extractors))
        for name in dict.fromkeys(m.network for m in metrics if m.network)
    }
    demanding = tuple(_demanding(metric, extractors) for metric in metrics)
    return Choice(demanding, Instruments(extractors, networks, cache_dir or default_cache_dir()))


def _all(
    folders: Collection[str],
    extractor: str,
    weights: Path | None,
    lpips: Sequence[str],
    cache_dir: Path,
) -> Choice:
    chosen = find_extractor(weights) if extractor == AUTO else load_extractor(extractor, weights)
    others = _of_others(weights, {chosen.name: chosen})
    metrics: list[Metric] = []
    skipped: list[dict[str, str]] = []
    networks: dict[str, Network] = {}
    for metric in all_metrics((chosen.name,), lpips):
        lacking = _lacking(metric, folders)
        if lacking:
            skipped.append(_skipped(metric, f"it needs {lacking}"))
        elif metric.network and not is_at_hand(metric.network, others):
            reason = f"weights of {metric.network} are not at hand; ask for it by --metrics"
            skipped.append(_skipped(metric, reason))
        else:
            metrics.append(_demanding(metric, {chosen.name: chosen}))
            if metric.network and metric.network not in networks:
                networks[metric.network] = load_network(metric.network, others)
    instruments = Instruments({chosen.name: chosen}, networks, cache_dir)
    return Choice(tuple(metrics), instruments, tuple(skipped))


def _demanding(metric: Metric, extractors: Mapping[str, Extractor]) -> Metric:
    """Ask for as many pictures as a line to sets without end needs before it can be believed."""
    if metric.family != "fd_infinity":
        return metric
    wanted = PICTURES_A_FEATURE * extractors[str(metric.extractor)].width
    return replace(metric, min_pictures=max(metric.min_pictures, wanted))


def _lacking(metric: Metric, folders: Collection[str]) -> str:
    flags = [f"--{flag}" for flag in metric.needs if flag not in folders]
    if metric.family == "domain_share" and find_spec("sklearn") is None:
        flags.append("scikit-learn (pip install 'recyclegan[eval]')")
    return " and ".join(flags)


def _skipped(metric: Metric, reason: str) -> dict[str, str]:
    return {"metric": metric.name, "reason": reason}


def _of_others(weights: Path | None, extractors: dict[str, Any]) -> Path | None:
    """Return the weights for networks that are no extractors: a single file is the extractor's."""
    return None if weights and extractors and not weights.is_dir() else weights


def _extractor_called(short: str, given: str, weights: Path | None) -> Extractor:
    """Return the extractor with the short name that a figure tells."""
    if given == AUTO:
        return load_extractor(_full_name(short, weights), weights)
    extractor = load_extractor(given, weights)
    if extractor.name != short:
        raise UserError(
            f"A metric of {short} is asked for and --extractor {given} is another: leave one out."
        )
    return extractor


def _full_name(short: str, weights: Path | None) -> str:
    """Return which of timm's names a short one stands for: that whose weights are at hand."""
    if short in (INCEPTION, "luminance"):
        return short
    try:
        import timm
    except ImportError:
        return short
    names = [name for name in (short, f"tf_{short}") if timm.is_model(name)]
    at_hand = (name for name in names if has_local_weights(name, weights))
    return next(at_hand, names[0] if names else short)
