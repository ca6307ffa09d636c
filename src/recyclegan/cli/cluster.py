"""`--engine`: whether a command works by itself or has the workers of a Ray cluster do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from recyclegan import ranks
from recyclegan.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from recyclegan.cluster.shares import Cluster, Workers

Engine = Literal["local", "ray"]


def require(engine: Engine) -> None:
    """Pass if what an engine needs is installed.

    Raises:
        UserError: it is not, with the command that installs it; or torchrun shares the work.
    """
    if engine == "ray":
        if ranks.world_size() > 1:
            raise UserError("--engine ray is for one process: run it without torchrun.")
        from recyclegan.cluster.session import require_ray

        require_ray()


@contextmanager
def cluster_of(engine: Engine, console: Console) -> Iterator[Cluster | None]:
    """Yield the cluster that an engine works on, which says what it is; None where there is none.

    Raises:
        UserError: Ray is not installed.
    """
    if engine == "local":
        yield None
        return
    from recyclegan.cluster.session import cluster

    def say(workers: Workers) -> None:
        cores = f"{workers.num * workers.num_cpus} cores in {workers.num} processes"
        console.print(f"On a Ray cluster of {cores}", highlight=False)

    with cluster(on_start=say) as workers:
        yield workers
