"""Evaluation on held-out pictures in the course of training, with the averaged generators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from recyclegan.data.held_out import evenly_spaced, held_out_pictures
from recyclegan.data.layouts import DomainFiles, UnpairedFolders
from recyclegan.metrics.paired import psnr, ssim
from recyclegan.metrics.patches import sliced_wasserstein
from recyclegan.training.judge import Judge, load_judge
from recyclegan.translators.translator import GENERATORS

BATCH = 8
MOST_DECIBELS = 100.0


@dataclass(frozen=True)
class HeldOut:
    """Fixed pictures (N,3,S,S) in [-1, 1] of both domains, and their truth where it is known."""

    pictures: Mapping[str, Tensor]
    truth: Mapping[str, Tensor | None]
    judge: Judge | None = None

    def has_truth(self, directions: Iterable[str]) -> bool:
        """Return whether the true translation of every picture is known, in these directions."""
        return all(self.truth[direction[0]] is not None for direction in directions)


def load_held_out(
    folders: UnpairedFolders, size: int, limit: int, extractor: str
) -> HeldOut | None:
    """Return the held-out pictures and their judge, or None where a domain has none.

    Raises:
        UserError: the extractor cannot be had.
    """
    domains = {"a": folders.a, "b": folders.b}
    if not all(domain.test for domain in domains.values()):
        return None
    loaded = {name: _load(domain, size, limit) for name, domain in domains.items()}
    pictures = {name: real for name, (real, _) in loaded.items()}
    truth = {name: truth for name, (_, truth) in loaded.items()}
    return HeldOut(pictures, truth, load_judge(extractor, pictures))


def _load(domain: DomainFiles, size: int, limit: int) -> tuple[Tensor, Tensor | None]:
    chosen = evenly_spaced(domain.test, limit)
    pictures = torch.stack(held_out_pictures(chosen, size=size, limit=None))
    if not all(path in domain.truth for path in chosen):
        return pictures, None
    truth = [domain.truth[path] for path in chosen]
    return pictures, torch.stack(held_out_pictures(truth, size=size, limit=None))


def translate_all(generator: nn.Module, pictures: Tensor) -> Tensor:
    """Return the translations of pictures (N,3,H,W), on the CPU, a few at a time."""
    device = next(generator.parameters()).device
    with torch.inference_mode():
        parts = torch.split(pictures, BATCH)
        return torch.cat([generator(part.to(device)).float().cpu() for part in parts])


def directions_of(generators: nn.ModuleDict) -> list[str]:
    """Return the directions in which generators translate."""
    return [direction for direction, name in GENERATORS.items() if name in generators]


def evaluate(generators: nn.ModuleDict, held_out: HeldOut) -> dict[str, float]:
    """Return the held-out figures of the directions that there are, by name.

    `cycle_a` in [0, 2], where there is a way back; `swd_a2b`, a sliced Wasserstein distance of
    translations to real pictures; with truth `psnr_a2b` in dB and `ssim_a2b`, means over pictures;
    what the judge says.
    """
    figures = {}
    for direction in directions_of(generators):
        source, target = direction.split("2")
        real = held_out.pictures[source]
        fake = translate_all(generators[GENERATORS[direction]], real)
        way_back = GENERATORS[f"{target}2{source}"]
        if way_back in generators:
            back = translate_all(generators[way_back], fake)
            figures[f"cycle_{source}"] = (back - real).abs().mean().item()
        figures[f"swd_{direction}"] = sliced_wasserstein(fake, held_out.pictures[target])
        truth = held_out.truth[source]
        if truth is not None:
            # A picture equal to its truth has an infinite PSNR, which no mean would survive.
            decibels = psnr(fake, truth).clamp(max=MOST_DECIBELS)
            figures[f"psnr_{direction}"] = decibels.mean().item()
            figures[f"ssim_{direction}"] = ssim(fake, truth).mean().item()
        if held_out.judge is not None:
            judged = held_out.judge.figures(target, fake, truth)
            figures |= {f"{figure}_{direction}": value for figure, value in judged.items()}
    return figures


def score(figures: Mapping[str, float], best_by: str) -> float:
    """Return one number of an evaluation, the mean over the directions; less is better."""
    # Of the two LPIPS figures the one to the truth.
    figure = "lpips_alex" if best_by == "lpips" else best_by
    chosen = [value for name, value in figures.items() if name.startswith(f"{figure}_")]
    mean = sum(chosen) / len(chosen)
    return -mean if best_by in ("psnr", "ssim") else mean
