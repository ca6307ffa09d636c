"""A cluster for the length of a command: one of our own on this machine, or one that is there."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

from recyclegan.cluster.shares import Cluster, Workers
from recyclegan.errors import UserError

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}
"""No telemetry, nothing said beside our own words, and workers that stand back for others no more
than the command itself; whoever sets one of these is heeded."""

WAIT = 10.0
"""Seconds in which a cluster has to answer."""

MOST_CPUS = 8
"""Cores of a worker: more of them in one process wait for each other."""


@contextmanager
def cluster(on_start: Callable[[Workers], None] = lambda workers: None) -> Iterator[Cluster]:
    """Yield the cluster at RAY_ADDRESS, or one that is this machine's own and ends with the block.

    It is started, and `on_start` told, when it is first given work: mistakes in a call are found
    before, and where nothing is left to do it is not needed.

    Raises:
        UserError: Ray is not installed; from its first use also that none is at that address.
    """
    require_ray()
    with ExitStack() as stack:

        @cache
        def start() -> Workers:
            workers = stack.enter_context(_session())
            on_start(workers)
            return workers

        yield Cluster(start)


def require_ray() -> None:
    """Pass if Ray and what it needs for data are installed.

    Raises:
        UserError: they are not; says the command that installs them.
    """
    if any(find_spec(name) is None for name in ("ray", "pyarrow", "fsspec")):
        raise UserError("--engine ray needs Ray: pip install 'recyclegan[ray]'.")


@contextmanager
def _session() -> Iterator[Workers]:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray
    import ray.data

    # Losses of workers would be printed among our own output, JSON too; they are in its log files.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None
    address = os.environ.get("RAY_ADDRESS") or "local"
    try:
        _knock(address)
        with _no_stderr():
            ray.init(
                address,
                include_dashboard=False if address == "local" else None,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"No Ray cluster answers at RAY_ADDRESS={address} ({_first_line(error)}); start one "
            "with `ray start --head`, or unset RAY_ADDRESS for one on this machine alone."
        ) from None
    try:
        _hush()
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        yield _workers([int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]])
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Pass if something listens at an address with a port: Ray would try for many minutes."""
    host, _, port = address.split("://")[-1].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=WAIT).close()


def _workers(cores: list[int]) -> Workers:
    """Return the workers that fit on machines of so many cores."""
    cores = [num for num in cores if num]
    if not cores:
        raise UserError("No machine of the Ray cluster offers a core: start one with --num-cpus.")
    num_cpus = min(MOST_CPUS, *cores)
    return Workers(sum(num // num_cpus for num in cores), num_cpus)


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Keep silent what is not Python's and tells of its own log level when it starts."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _hush() -> None:
    """Leave what Ray says of its own doings to its log files."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logger = logging.getLogger("ray.data")
    for handler in [*logger.handlers]:
        if isinstance(handler, logging.StreamHandler):
            logger.removeHandler(handler)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
