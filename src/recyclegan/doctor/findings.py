"""What is wrong with a machine, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recyclegan.doctor.machine import Machine
from recyclegan.doctor.weights import Weights
from recyclegan.networks.weights import VARIABLE

GB = 2**30
LITTLE_DISK, LITTLE_MEMORY, LITTLE_SHARED = 2 * GB, GB, GB // 8


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and its mend; both are sentences."""

    wrong: str
    mend: str


def findings(
    machine: Machine,
    unmet: Sequence[str],
    weights: Sequence[Weights],
    environment: Mapping[str, str] = os.environ,
) -> list[Finding]:
    """Return what is wrong, the gravest first."""
    return [
        *_of_packages(unmet),
        *_of_accelerators(machine),
        *_of_space(machine),
        *_of_threads(machine),
        *_of_weights(weights, environment.get(VARIABLE)),
    ]


def _of_packages(unmet: Sequence[str]) -> list[Finding]:
    if not unmet:
        return []
    wanted = " ".join(f"'{one}'" for one in unmet)
    return [Finding(f"Missing or too old: {', '.join(unmet)}.", f"pip install {wanted}")]


def _of_accelerators(machine: Machine) -> list[Finding]:
    if not machine.nvidia_driver or machine.accelerators:
        return []
    if machine.torch_cuda is None:
        return [
            Finding(
                "There is an NVIDIA driver, but torch is built for the processor alone.",
                "pip install --force-reinstall torch "
                "--index-url https://download.pytorch.org/whl/cu126",
            )
        ]
    return [
        Finding(
            f"There is an NVIDIA driver, but torch (CUDA {machine.torch_cuda}) finds no GPU.",
            "See what nvidia-smi says: a driver older than this CUDA wants an update, and "
            "CUDA_VISIBLE_DEVICES may hide the GPU.",
        )
    ]


def _of_space(machine: Machine) -> list[Finding]:
    found = []
    if machine.disk_free < LITTLE_DISK:
        found.append(
            Finding(
                f"Only {machine.disk_free / GB:.1f} GB of disk are free here; checkpoints and "
                f"decoded pictures want {LITTLE_DISK / GB:.0f} GB.",
                "Make room, or work in a folder on another disk.",
            )
        )
    if machine.memory_free is not None and machine.memory_free < LITTLE_MEMORY:
        found.append(
            Finding(
                f"Only {machine.memory_free / GB:.1f} GB of memory are free.",
                "End other programs, or train smaller: --images.size 64 --optimizer.batch 1.",
            )
        )
    if machine.shared_memory is not None and machine.shared_memory < LITTLE_SHARED:
        found.append(
            Finding(
                f"/dev/shm has {machine.shared_memory / 2**20:.0f} MB, too little for several "
                "processes (torchrun, --engine ray).",
                "Start the container with more: docker run --shm-size=2g.",
            )
        )
    return found


def _of_threads(machine: Machine) -> list[Finding]:
    ones = [name for name, value in machine.thread_settings.items() if value == "1"]
    if not ones or machine.cores == 1 or machine.accelerators:
        return []
    return [
        Finding(
            f"{' and '.join(ones)} is 1, so one of {machine.cores} cores computes.",
            f"unset {' '.join(ones)}, or train with --train.threads {machine.cores}.",
        )
    ]


def _of_weights(weights: Sequence[Weights], own_dir: str | None) -> list[Finding]:
    if not own_dir:
        return []
    if not Path(own_dir).is_dir():
        return [
            Finding(
                f"{VARIABLE} names {own_dir}, and there is no such folder.",
                f"Put the weights there, or unset {VARIABLE}.",
            )
        ]
    if any(one.path and one.path.is_relative_to(own_dir) for one in weights):
        return []
    return [
        Finding(
            f"{VARIABLE} names {own_dir}, and no weights in it have a name that is looked for.",
            f"Give them these names: {', '.join(one.wanted for one in weights)}.",
        )
    ]
