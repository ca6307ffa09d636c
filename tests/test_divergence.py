"""What a run does when training goes wrong: warn, stop, or go back at half the rate."""

import pytest
from tests.small_run import events, train

from recyclegan.checkpoint.store import CheckpointStore


def test_a_nan_stops_the_run_and_keeps_the_checkpoint(tiny_data, tmp_path, capsys):
    run = tmp_path / "run"
    flags = [
        "--train.save-steps",
        "1",
        "--optimizer.lr-generator",
        "1e30",
        "--optimizer.lr-discriminator",
        "1e30",
    ]
    assert train(tiny_data, run, *flags, steps=200) == 1
    assert "Traceback" not in capsys.readouterr().err
    good, _ = CheckpointStore(run / "checkpoints").valid()
    assert good and events(run, "alarm")[-1]["step"] < 100
    for checkpoint in good:
        networks = checkpoint.training_state()["translator"]["networks"]
        assert all(tensor.isfinite().all() for tensor in networks.values())


def test_rollback_halves_the_rate_and_goes_on(tiny_data, tmp_path, monkeypatch):
    from recyclegan.training import divergence
    from recyclegan.training.health import Alarm, HealthMonitors

    observe = HealthMonitors.observe
    raised = []

    def alarm_once(self, step, scalars, pictures):
        if step == 6 and not raised:
            raised.append(step)
            return [Alarm("gradient", "Step 6: the gradients explode.", diverged=True)]
        return observe(self, step, scalars, pictures)

    monkeypatch.setattr(HealthMonitors, "observe", alarm_once)
    monkeypatch.setattr(divergence, "SUSPECT_STEPS", 2)
    run = tmp_path / "run"
    flags = [
        "--train.save-steps",
        "2",
        "--train.on-divergence",
        "rollback",
        "--optimizer.decay-from",
        "1",
    ]
    assert train(tiny_data, run, *flags, steps=8) == 0
    (rollback,) = events(run, "rollback")
    assert (rollback["step"], rollback["left_at"], rollback["rate_scale"]) == (4, 6, 0.5)
    log = events(run, "train")
    assert [event["step"] for event in log] == list(range(1, 9))
    assert [event["rate"] for event in log] == pytest.approx([2e-4] * 4 + [1e-4] * 4)


@pytest.mark.parametrize("choice", ["stop", "warn"])
def test_divergence_stops_or_only_warns(choice, tiny_data, tmp_path, monkeypatch, capsys):
    from recyclegan.training.health import Alarm, HealthMonitors

    def alarm(self, step, scalars, pictures):
        return (
            [Alarm("cycle", "Step 2: the cycle error rises.", diverged=True)] if step == 2 else []
        )

    monkeypatch.setattr(HealthMonitors, "observe", alarm)
    run = tmp_path / "run"
    status = train(
        tiny_data, run, "--train.on-divergence", choice, "--train.save-steps", "1", steps=4
    )
    assert status == (1 if choice == "stop" else 0)
    assert [e["kind"] for e in events(run, "alarm")] == ["cycle"]
    assert "the cycle error rises" in "".join(capsys.readouterr())


def test_rollback_goes_to_the_oldest_where_all_are_suspect(tiny_data, tmp_path, monkeypatch):
    """Checkpoints close before an alarm are suspect, yet better than starting again."""
    from recyclegan.training.health import Alarm, HealthMonitors

    raised = []

    def alarm_once(self, step, scalars, pictures):
        if step == 7 and not raised:
            raised.append(step)
            return [Alarm("cycle", "Step 7: the cycle error rises.", diverged=True)]
        return []

    monkeypatch.setattr(HealthMonitors, "observe", alarm_once)
    run = tmp_path / "run"
    flags = [
        "--train.save-steps",
        "2",
        "--train.on-divergence",
        "rollback",
        "--train.eval-steps",
        "99",
    ]
    assert train(tiny_data, run, *flags, steps=8) == 0
    (rollback,) = events(run, "rollback")
    assert (rollback["step"], rollback["sentence"]) == (4, "Step 7: the cycle error rises.")
    assert [event["step"] for event in events(run, "train")] == list(range(1, 9))


def test_a_bf16_run_goes_on_in_fp16(tiny_data, tmp_path):
    """As when a run moves from a CPU to a GPU without bf16."""
    from dataclasses import replace

    from recyclegan.cli.main import main
    from recyclegan.runs.run_dir import open_run, write_record

    path = tmp_path / "run"
    train(tiny_data, path, "--train.precision", "bf16")
    run, record = open_run(path)
    config = replace(record.config, train=replace(record.config.train, precision="fp16"))
    write_record(run, replace(record, config=config))
    assert main(["resume", str(path), "--train.steps", "5"]) == 0


def test_going_back_in_vain_leads_to_the_start(tiny_data, tmp_path, monkeypatch):
    """The checkpoint that did not help is not tried again; the clock and the log go on."""
    from recyclegan.training.health import Alarm, HealthMonitors

    raised = []

    def alarm_twice(self, step, scalars, pictures):
        if step == 5 and len(raised) < 2:
            raised.append(step)
            return [Alarm("collapse", "Step 5: all pictures are one.", diverged=True)]
        return []

    monkeypatch.setattr(HealthMonitors, "observe", alarm_twice)
    run = tmp_path / "run"
    flags = [
        "--train.save-steps",
        "4",
        "--train.on-divergence",
        "rollback",
        "--train.eval-steps",
        "99",
    ]
    assert train(tiny_data, run, *flags, "--optimizer.decay-from", "1", steps=6) == 0
    rollbacks = events(run, "rollback")
    assert [(e["step"], e["rate_scale"]) for e in rollbacks] == [(4, 0.5), (0, 0.25)]
    assert [event["step"] for event in events(run, "train")] == [1, 2, 3, 4, 5, 6]
    assert events(run, "train")[-1]["rate"] == pytest.approx(0.5e-4)
