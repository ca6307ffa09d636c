"""Waiting for pictures is measured apart from computing, and said where it matters."""

import time

import pytest

from recyclegan.training.clock import StepClock
from recyclegan.training.progress import waited
from tests.small_run import events, train


class FakeTime:
    """A clock that stands still unless it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr("recyclegan.training.clock.perf_counter", fake)
    return fake


def steps(clock: StepClock, fake_time: FakeTime, num: int, *, wait: float, compute: float) -> None:
    def batches():
        for number in range(num):
            fake_time.sleep(wait)
            yield number

    for _ in clock.timed(batches()):
        fake_time.sleep(compute)
        clock.computed()
        fake_time.sleep(7)  # Evaluating and saving count for neither.


def test_waiting_and_computing_are_told_apart(fake_time):
    clock = StepClock()
    steps(clock, fake_time, 5, wait=3, compute=1)
    assert (clock.waiting, clock.computing, clock.share) == (15, 5, 0.75)
    assert clock.drain() == {"waiting": 15, "computing": 5}
    steps(clock, fake_time, 2, wait=0, compute=2)
    assert clock.drain() == {"waiting": 0, "computing": 4}
    assert clock.drain() == {"waiting": 0, "computing": 0}


def test_the_recent_share_forgets_a_slow_beginning(fake_time):
    clock = StepClock()
    steps(clock, fake_time, 50, wait=3, compute=1)
    assert clock.recent_share == pytest.approx(0.75)
    steps(clock, fake_time, 250, wait=0, compute=1)
    assert clock.recent_share < 0.05 < clock.share


def test_only_much_waiting_is_worth_a_sentence():
    clock = StepClock()
    assert waited(clock) == ""
    clock.waiting, clock.computing = 1.0, 1.0
    assert waited(clock) == ""
    clock.waiting, clock.computing = 40.0, 960.0
    assert waited(clock) == ""
    clock.waiting, clock.computing = 100.0, 300.0
    assert "25% of the steps' time (1:40 min, beside 5:00 min" in waited(clock)


def test_a_training_logs_both(tiny_data, tmp_path):
    train(tiny_data, tmp_path / "run")
    for event in events(tmp_path / "run", "train"):
        assert event["time"]["waiting"] >= 0 and event["time"]["computing"] > 0


def test_a_slow_disk_is_said_while_training_and_at_the_end(
    tiny_data, tmp_path, monkeypatch, capsys
):
    from recyclegan.data.pairs import UnpairedPictures

    batch = UnpairedPictures.batch

    def slow(self, indices):
        time.sleep(1)
        return batch(self, indices)

    monkeypatch.setattr(UnpairedPictures, "batch", slow)
    for limit in ("MUCH_WAITING", "FEW_SECONDS"):
        # However slow the steps of a loaded machine are, the first batch is waited for.
        monkeypatch.setattr(f"recyclegan.training.progress.{limit}", 0.0)
    train(tiny_data, tmp_path / "run", "--images.workers", "1", "--generator.blocks", "1")
    said = " ".join(capsys.readouterr().out.split())
    assert "% waiting for pictures" in said
    assert "went by waiting for pictures: a faster disk" in said
