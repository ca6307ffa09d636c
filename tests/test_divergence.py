"""What a run does when training goes wrong: warn, stop, or go back at half the rate."""

from dataclasses import replace

import pytest

from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.runs.run_dir import open_run, write_record
from recyclegan.training import divergence
from recyclegan.training.health import Alarm, HealthMonitors
from tests.small_run import events, train

ROLLBACK = ["--train.on-divergence", "rollback", "--optimizer.decay-from", "1"]


@pytest.fixture
def alarms_at(monkeypatch):
    """Let the monitors raise an alarm at a step, so many times, and be silent otherwise."""

    def install(step, times=1):
        left = [Alarm("cycle", f"Step {step}: the cycle error rises.", diverged=True)] * times
        monkeypatch.setattr(
            HealthMonitors,
            "observe",
            lambda self, at, *seen: [left.pop()] if at == step and left else [],
        )

    return install


def test_a_nan_stops_the_run_and_keeps_the_checkpoint(tiny_data, tmp_path, capsys):
    run = tmp_path / "run"
    rates = [f"--optimizer.lr-{side}={1e30}" for side in ("generator", "discriminator")]
    assert train(tiny_data, run, *rates, "--train.save-steps", "1", steps=200) == 1
    assert "Traceback" not in capsys.readouterr().err
    good, _ = CheckpointStore(run / "checkpoints").valid()
    assert good and events(run, "alarm")[-1]["step"] < 100
    for checkpoint in good:
        networks = checkpoint.training_state()["translator"]["networks"]
        assert all(tensor.isfinite().all() for tensor in networks.values())


@pytest.mark.parametrize("choice", ["stop", "warn"])
def test_divergence_stops_or_only_warns(choice, tiny_data, tmp_path, alarms_at, capsys):
    alarms_at(2)
    run = tmp_path / "run"
    status = train(
        tiny_data, run, "--train.on-divergence", choice, "--train.save-steps", "1", steps=4
    )
    assert status == (1 if choice == "stop" else 0)
    assert [e["kind"] for e in events(run, "alarm")] == ["cycle"]
    assert "the cycle error rises" in "".join(capsys.readouterr())


def test_rollback_halves_the_rate_and_goes_on(tiny_data, tmp_path, alarms_at, monkeypatch):
    alarms_at(6)
    monkeypatch.setattr(divergence, "SUSPECT_STEPS", 2)
    run = tmp_path / "run"
    assert train(tiny_data, run, *ROLLBACK, "--train.save-steps", "2", steps=8) == 0
    (rollback,) = events(run, "rollback")
    assert (rollback["step"], rollback["left_at"], rollback["rate_scale"]) == (4, 6, 0.5)
    assert rollback["sentence"] == "Step 6: the cycle error rises."
    log = events(run, "train")
    assert [event["step"] for event in log] == list(range(1, 9))
    assert [event["rate"] for event in log] == pytest.approx([4e-4] * 4 + [2e-4] * 4)


def test_rollback_goes_to_the_oldest_where_all_are_suspect(tiny_data, tmp_path, alarms_at):
    """Checkpoints close before an alarm are suspect, yet better than starting again."""
    alarms_at(7)
    run = tmp_path / "run"
    flags = [*ROLLBACK, "--train.save-steps", "2", "--train.eval-steps", "99"]
    assert train(tiny_data, run, *flags, steps=8) == 0
    assert [event["step"] for event in events(run, "rollback")] == [4]
    assert [event["step"] for event in events(run, "train")] == list(range(1, 9))


def test_going_back_in_vain_leads_to_the_start(tiny_data, tmp_path, alarms_at):
    """What did not help is not tried again, and every rollback stays on record."""
    alarms_at(5, times=2)
    run = tmp_path / "run"
    flags = [*ROLLBACK, "--train.save-steps", "4", "--train.eval-steps", "99"]
    assert train(tiny_data, run, *flags, steps=6) == 0
    rollbacks = events(run, "rollback")
    assert [(e["step"], e["rate_scale"]) for e in rollbacks] == [(4, 0.5), (0, 0.25)]
    log = events(run, "train")
    assert [event["step"] for event in log] == [1, 2, 3, 4, 5, 6]
    assert log[-1]["rate"] == pytest.approx(1e-4)


def test_it_gives_up_after_five(tiny_data, tmp_path, alarms_at, capsys):
    alarms_at(2, times=99)
    run = tmp_path / "run"
    assert train(tiny_data, run, *ROLLBACK, "--train.save-steps", "1", steps=4) == 1
    assert "after 5 rollbacks" in capsys.readouterr().err
    assert CheckpointStore(run / "checkpoints").valid()[0]


def test_a_bf16_run_goes_on_in_fp16(tiny_data, tmp_path):
    """As when a run moves from a CPU to a GPU without bf16."""
    path = tmp_path / "run"
    train(tiny_data, path, "--train.precision", "bf16")
    run, record = open_run(path)
    config = replace(record.config, train=replace(record.config.train, precision="fp16"))
    write_record(run, replace(record, config=config))
    assert main(["resume", str(path), "--train.steps", "5"]) == 0
