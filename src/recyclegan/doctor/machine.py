"""What a machine has to compute with: processor, accelerators, memory, disk."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from recyclegan.memory import machine_memory

CGROUP = Path("/sys/fs/cgroup/memory.max")
SHARED_MEMORY = Path("/dev/shm")
DRIVER = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"))


@dataclass(frozen=True)
class Accelerator:
    """One device beside the processor."""

    name: str
    memory: int | None
    """Bytes of its own memory, where it has some."""


@dataclass(frozen=True)
class Machine:
    """Facts about a machine; sizes are in bytes, None where the system does not say."""

    processor: str
    cores: int
    simd: str
    """The widest vector instructions that torch uses, such as AVX2."""
    native_bf16: bool
    threads: int
    thread_settings: dict[str, str]
    """Environment variables that limit threads, as they are set."""
    accelerators: tuple[Accelerator, ...]
    nvidia_driver: bool
    torch_cuda: str | None
    """The CUDA release that torch was built for; None for a build without."""
    memory: int | None
    memory_free: int | None
    disk_free: int
    shared_memory: int | None
    compiler: str | None
    """Path of the C++ compiler that `--train.compile` uses on a processor."""


def read_machine(folder: Path) -> Machine:
    """Return what this machine has; the disk is that of a folder."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    shared = SHARED_MEMORY.is_dir()
    return Machine(
        processor=_processor(),
        cores=num_cores(),
        simd=torch.backends.cpu.get_cpu_capability(),
        native_bf16=torch.cpu._is_avx512_bf16_supported(),
        threads=torch.get_num_threads(),
        thread_settings={name: os.environ[name] for name in names if name in os.environ},
        accelerators=_accelerators(),
        nvidia_driver=any(path.exists() for path in DRIVER) or bool(shutil.which("nvidia-smi")),
        torch_cuda=torch.version.cuda,
        memory=_memory(),
        memory_free=_memory_free(),
        disk_free=shutil.disk_usage(folder).free,
        shared_memory=shutil.disk_usage(SHARED_MEMORY).total if shared else None,
        compiler=shutil.which(os.environ.get("CXX") or "g++"),
    )


def num_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def _accelerators() -> tuple[Accelerator, ...]:
    if torch.cuda.is_available():
        found = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        return tuple(Accelerator(each.name, each.total_memory) for each in found)
    other = torch.accelerator.current_accelerator(check_available=True)
    return (Accelerator(other.type, None),) if other and other.type != "cpu" else ()


def _memory() -> int | None:
    """Return the bytes of the machine, or those that its container may use."""
    whole = machine_memory()
    try:
        limit = int(CGROUP.read_text())
    except (OSError, ValueError):  # No container, or one without a limit ("max").
        return whole
    return min(whole, limit) if whole else limit


def _memory_free() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next(int(s.split()[1]) * 1024 for s in lines if s.startswith("MemAvailable"))
