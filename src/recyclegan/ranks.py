"""The processes that torchrun starts together: which one this is, and what they tell each other.

Without torchrun there is one, and nothing here imports torch or waits for anybody. Values travel
between the processors of the machines (gloo), tensors of a GPU between GPUs (NCCL).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from recyclegan.errors import RunFailed, UserError

if TYPE_CHECKING:
    import torch
    from lightning_fabric import Fabric
    from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")

TIMEOUT = timedelta(hours=6)
"""Longest wait for another process, whose share of the work may take longer. One that ends closes
its connections, which is noticed at once: this is for machines that vanish."""

_on_its_own: ContextVar[bool] = ContextVar("_on_its_own", default=False)


class RankLost(RunFailed):
    """Another process ended, so what all do together cannot go on."""


def world_size() -> int:
    """Return the number of processes that share this work."""
    return 1 if _on_its_own.get() else int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return the number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Return whether this is the process that prints and writes records."""
    return rank() == 0


def num_here() -> int:
    """Return the number of processes on this machine, which share its cores."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def join(accelerator: str = "cpu", timeout: timedelta = TIMEOUT) -> torch.device:
    """Meet the other processes, and return the device that this one is to compute on.

    Only work on a GPU, or with another timeout, has to call it, before anything else here; a later
    call changes nothing.

    Raises:
        UserError: a machine has fewer GPUs than processes.
    """
    if not _launched:
        _launched.append(_launch(accelerator, timeout))
    return _launched[0].device


def gather(value: T) -> list[T]:
    """Return every rank's value, in the order of ranks; all ranks have to call it.

    Raises:
        RankLost: another process ended.
    """
    if world_size() == 1:
        return [value]
    from torch import distributed

    join()
    values: list[Any] = [None] * world_size()
    with _together():
        distributed.all_gather_object(values, value)
    return values


def from_first(value: T) -> T:
    """Return the first rank's value, whatever the others have.

    Raises:
        RankLost: another process ended.
    """
    if world_size() == 1:
        return value
    join()
    with _together():
        return _launched[0].broadcast(value)


def on_first(work: Callable[[], T]) -> T:
    """Return what the first rank makes of work that it does while the others wait.

    Raises:
        RankLost: the work failed, or another process ended; the first rank raises what the work
            raised.
    """
    if world_size() == 1:
        return work()
    value, failed = None, False
    if is_first():
        token = _on_its_own.set(True)
        try:
            value = work()
        except Exception:
            failed = True
            raise
        finally:
            _on_its_own.reset(token)
            if failed:
                from_first((value, failed))
    answer, failed = from_first((value, failed))
    if failed:
        raise RankLost("The first process could not go on.")
    return answer  # type: ignore[return-value]


def in_shares(
    work: Callable[[Sequence[T]], Iterable[R]], items: Sequence[T], *, block: int = 1
) -> Iterable[R]:
    """Return the results for all items in order, of which each rank works out a share.

    Args:
        work: maps items to as many results in their order; results have to be picklable.
        items: the same on all ranks.
        block: neighbours that stay together, in one share.

    Raises:
        RankLost: another process ended.
    """
    num = world_size()
    if num == 1:
        return work(items)
    owners = [place // block % num for place in range(len(items))]
    mine = [item for item, owner in zip(items, owners, strict=True) if owner == rank()]
    shares = [iter(share) for share in gather(list(work(mine)))]
    return [next(shares[owner]) for owner in owners]


def average(tensors: Sequence[Tensor]) -> None:
    """Put the mean over all ranks, the same to the last bit on each, in place of tensors.

    Raises:
        RankLost: another process ended.
    """
    if world_size() == 1 or not tensors:
        return
    import torch
    from torch import distributed

    join()
    flat = torch.cat([tensor.detach().flatten() for tensor in tensors])
    with _together():
        distributed.all_reduce(flat)
    parts = torch.split(flat.div_(world_size()), [tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.detach().copy_(part.view_as(tensor))


_launched: list[Fabric] = []


def _launch(accelerator: str, timeout: timedelta) -> Fabric:
    import logging

    import torch
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
    from lightning_fabric.strategies.ddp import DDPStrategy

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if accelerator == "cuda" and num_here() > torch.cuda.device_count():
        raise UserError(
            f"torchrun started {num_here()} processes on a machine with "
            f"{torch.cuda.device_count()} GPUs: start one for each, or give --train.device cpu."
        )
    strategy = DDPStrategy(
        # Values go by gloo beside GPUs too: NCCL does not notice that a process is lost.
        process_group_backend="cpu:gloo,cuda:nccl" if accelerator == "cuda" else "gloo",
        timeout=timeout,
    )
    fabric = Fabric(
        accelerator=accelerator,
        devices=num_here(),
        num_nodes=world_size() // num_here(),
        strategy=strategy,
        plugins=TorchElasticEnvironment(),
    )
    with _together():
        fabric.launch()
    return fabric


@contextmanager
def _together() -> Iterator[None]:
    """Take an error of a connection for what it is: the process at its other end is gone."""
    try:
        yield
    except RuntimeError:
        raise RankLost("Another process of this run has ended, so this one does too.") from None
