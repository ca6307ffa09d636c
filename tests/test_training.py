"""Training end to end from the command line: every variant trains, saves, resumes, translates."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from recyclegan.checkpoint.generators import read_generators
from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog
from recyclegan.variants.registry import VARIANTS

FAST = [
    "--images.size", "32", "--images.workers", "0", "--generator.features", "8",
    "--discriminator.features", "8", "--optimizer.batch", "2", "--train.device", "cpu",
    "--train.log-steps", "1", "--train.eval-steps", "2", "--train.eval-images", "2",
]  # fmt: skip


def train(data, out, *flags, variant="recyclegan", steps=3):
    return main(
        [
            "train",
            variant,
            "--data",
            str(data),
            "--out",
            str(out),
            *FAST,
            "--train.steps",
            str(steps),
            *flags,
        ]
    )


def events(run, kind):
    return [event for event in EventLog(run / "metrics.jsonl").read() if event["event"] == kind]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_trains_saves_resumes_and_translates(variant, tiny_data, tmp_path):
    run = tmp_path / "run"
    assert train(tiny_data, run, "--generator.blocks", "1", variant=variant) == 0
    assert main(["resume", str(run), "--train.steps", "4"]) == 0
    assert [event["step"] for event in events(run, "train")] == [1, 2, 3, 4]
    out = tmp_path / "out"
    assert (
        main(["translate", str(run), str(tiny_data / "testA"), str(out), "--direction", "a2b"]) == 0
    )
    assert Image.open(out / "0.png").size == (48, 40)


def test_run_directory_is_readable(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run, steps=4)
    config = json.loads((run / "config.json").read_text())
    assert config["config"]["train"]["steps"] == 4
    assert config["config"]["optimizer"]["beta1"] == 0.5
    provenance = json.loads((run / "provenance.json").read_text())["sittings"]
    assert torch.__version__.startswith(provenance[0]["versions"]["torch"])
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["digest"] == provenance[0]["data_digest"]
    assert {p.name for p in (run / "samples").iterdir()} == {
        "step-00000002.png",
        "step-00000004.png",
    }
    checkpoint = run / "checkpoints" / "last"
    assert {p.name for p in checkpoint.iterdir()} == {
        "generators.safetensors",
        "training_state.pt",
        "meta.json",
    }
    tensors, info = read_generators(checkpoint / "generators.safetensors")
    assert info.domains == {"a": "A", "b": "B"} and info.step == 4
    assert any(name.startswith("generator_b2a.") for name in tensors)


def test_state_needs_no_pickled_code(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run)
    torch.load(run / "checkpoints" / "last" / "training_state.pt", weights_only=True)


def test_shipped_generators_are_the_average(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run)
    state = CheckpointStore(run / "checkpoints").valid()[0][-1].training_state()
    shipped, _ = read_generators(run / "checkpoints" / "last" / "generators.safetensors")
    for name, tensor in shipped.items():
        assert torch.equal(tensor, state["average"][f"module.{name}"])


def test_log_names_every_raw_term(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run, variant="case-8", steps=1)
    (event,) = events(run, "train")
    terms = {name.removeprefix("losses/") for name in event if name.startswith("losses/")}
    assert terms == {
        "adversarial_a2b", "adversarial_b2a", "cycle_a", "cycle_b", "identity_a", "identity_b",
        "path_length_a2b", "path_length_b2a", "discriminator_a", "discriminator_b",
    }  # fmt: skip


def test_evaluation_has_truth_and_chooses_best(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run, steps=8)
    scores = {e["step"]: e["psnr_a2b"] + e["psnr_b2a"] for e in events(run, "evaluation")}
    best = (run / "checkpoints" / "best").resolve().name
    assert best == f"step-{max(scores, key=scores.get):08d}"
    assert len(list((run / "checkpoints").glob("step-*"))) <= 3


def test_rate_is_constant_then_linear(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run, steps=8)
    rates = [event["rate"] for event in events(run, "train")]
    assert rates == pytest.approx([2e-4] * 5 + [1.5e-4, 1e-4, 0.5e-4])


def test_a_time_budget_ends_and_is_finished(tiny_data, tmp_path, capsys):
    run = tmp_path / "run"
    assert (
        main(
            [
                "train",
                "recyclegan",
                "--data",
                str(tiny_data),
                "--out",
                str(run),
                *FAST,
                "--train.minutes",
                "0.03",
            ]
        )
        == 0
    )
    capsys.readouterr()
    assert main(["resume", str(run)]) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())


def test_epochs_count_the_larger_folder(tiny_data, tmp_path):
    run = tmp_path / "run"
    assert (
        main(
            [
                "train",
                "recyclegan",
                "--data",
                str(tiny_data),
                "--out",
                str(run),
                *FAST,
                "--train.epochs",
                "2",
            ]
        )
        == 0
    )
    assert [event["step"] for event in events(run, "train")] == [1, 2, 3, 4, 5]


def test_a_used_folder_is_kept_unless_told(tiny_data, tmp_path, capsys):
    run = tmp_path / "run"
    train(tiny_data, run)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert train(tiny_data, run) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before
    assert train(tiny_data, run, "--overwrite", steps=1) == 0
    assert [event["step"] for event in events(run, "train")] == [1]


def test_overwrite_never_deletes_what_is_no_run(tiny_data, tmp_path):
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    assert train(tiny_data, other, "--overwrite") == 2
    assert (other / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("seed", [0, 1])
def test_same_seed_same_weights(tiny_data, tmp_path, seed):
    weights = []
    for name in ("one", "two"):
        train(tiny_data, tmp_path / name, "--seed", str(seed))
        weights.append((tmp_path / name / "checkpoints/last/generators.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_other_seed_other_weights(tiny_data, tmp_path):
    for seed in "01":
        train(tiny_data, tmp_path / seed, "--seed", seed)
    files = [
        (tmp_path / seed / "checkpoints/last/generators.safetensors").read_bytes() for seed in "01"
    ]
    assert files[0] != files[1]


def test_one_picture_each_trains(tiny_data, tmp_path):
    for domain in "AB":
        folder = tmp_path / f"just{domain}"
        folder.mkdir()
        (folder / "0.png").write_bytes((tiny_data / f"train{domain}" / "0.png").read_bytes())
    run = tmp_path / "run"
    flags = ["--out", str(run), *FAST, "--train.steps", "2", "--optimizer.batch", "4"]
    assert (
        main(
            [
                "train",
                "recyclegan",
                "--data",
                str(tmp_path / "justA"),
                str(tmp_path / "justB"),
                *flags,
            ]
        )
        == 0
    )
    assert events(run, "evaluation") == []
    assert (run / "checkpoints" / "last" / "generators.safetensors").is_file()


def test_corrupt_pictures_are_named_and_skipped(tiny_data, tmp_path, capsys):
    data = tmp_path / "data"
    for folder in ("trainA", "trainB"):
        (data / folder).mkdir(parents=True)
        for picture in (tiny_data / folder).iterdir():
            (data / folder / picture.name).write_bytes(picture.read_bytes())
    whole = (data / "trainA" / "1.png").read_bytes()
    (data / "trainA" / "1.png").write_bytes(whole[: len(whole) // 2])
    assert train(data, tmp_path / "run", steps=1) == 0
    out = capsys.readouterr().out
    assert "Skipped" in out and "1.png" in out


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
    for checkpoint in CheckpointStore(run / "checkpoints").valid()[0]:
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


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--train.minutes", "1"], "--train.steps and --train.minutes"),
        (["--train.device", "cuda:7"], "--train.device cuda:7"),
        (["--train.device", "warp"], "--train.device warp"),
    ],
)
def test_bad_settings_are_said_before_anything_is_written(flags, said, tiny_data, tmp_path, capsys):
    assert train(tiny_data, tmp_path / "run", *flags) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_memory_does_not_hold_graphs(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run, "--optimizer.replay-buffer", "4", steps=6)
    buffers = (
        CheckpointStore(run / "checkpoints")
        .valid()[0][-1]
        .training_state()["translator"]["buffers"]
    )
    pictures = [picture for buffer in buffers.values() for picture in buffer["pictures"]]
    assert len(pictures) == 8
    assert not any(picture.requires_grad for picture in pictures)
    assert Path(run / "checkpoints").is_dir()
