"""Long trainings stay as small and as quick as they began."""

import sys
import time
from pathlib import Path
from statistics import median

import pytest

from recyclegan.runs.events import EventLog
from recyclegan.training import loop
from tests.small_run import train

pytestmark = pytest.mark.slow


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory in use from /proc")
def test_memory_and_logging_do_not_grow(tiny_data, tmp_path, monkeypatch):
    memory, seconds = [], []
    step, append = loop.train_step, EventLog.append

    def counted_step(*args, **kwargs):
        memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
        return step(*args, **kwargs)

    def timed_append(self, *args, **kwargs):
        began = time.perf_counter()
        append(self, *args, **kwargs)
        seconds.append(time.perf_counter() - began)

    monkeypatch.setattr(loop, "train_step", counted_step)
    monkeypatch.setattr(EventLog, "append", timed_append)
    flags = [
        "--generator.blocks",
        "1",
        "--optimizer.replay-buffer",
        "8",
        "--train.eval-steps",
        "9999",
    ]
    assert train(tiny_data, tmp_path / "run", *flags, steps=400) == 0
    assert memory[-1] - memory[100] < 20 * 2**20
    # Generous: the machine may be busy; what grows with the log would be far above it.
    assert median(seconds[-50:]) < 3 * median(seconds[:50])
