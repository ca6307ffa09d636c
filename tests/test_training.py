"""Training end to end from the command line: every variant trains, saves, resumes, translates."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from recyclegan.checkpoint.generators import read_generators
from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.errors import UserError
from recyclegan.variants.registry import VARIANTS
from tests.small_run import FAST, events, train


@pytest.mark.usefixtures("with_vgg19")
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
    assert rates == pytest.approx([4e-4] * 5 + [3e-4, 2e-4, 1e-4])


def test_a_time_budget_ends_and_is_finished(tiny_data, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(tiny_data, run, "--train.minutes", "0.03", steps=None) == 0
    capsys.readouterr()
    assert main(["resume", str(run)]) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())


def test_epochs_count_the_larger_folder(tiny_data, tmp_path):
    run = tmp_path / "run"
    assert train(tiny_data, run, "--train.epochs", "2", steps=None) == 0
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


def test_python_takes_names_and_paths_as_they_come(tiny_data, tmp_path):
    from dataclasses import replace

    import recyclegan

    config = recyclegan.get_variant("recyclegan")
    config = replace(
        config,
        images=replace(config.images, size=32, workers=0),
        train=replace(config.train, steps=1, device="cpu"),
    )
    assert recyclegan.train(config, str(tiny_data), str(tmp_path / "run"))
    assert recyclegan.resume(str(tmp_path / "run"))
    with pytest.raises(UserError, match="did you mean case-4"):
        recyclegan.train("case4", tiny_data, tmp_path / "other")
    assert "case-4" in recyclegan.list_variants()


def test_two_workers_train_the_same_weights_as_none(tiny_data, tmp_path):
    for workers in "02":
        train(tiny_data, tmp_path / workers, "--images.workers", workers)
    files = [tmp_path / w / "checkpoints/last/generators.safetensors" for w in "02"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_second_process_is_kept_out(tiny_data, tmp_path, capsys):
    from recyclegan.runs.lock import locked
    from recyclegan.runs.run_dir import RunDir

    run = tmp_path / "run"
    train(tiny_data, run)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with locked(RunDir(run)):
        assert main(["resume", str(run), "--train.steps", "9"]) == 2
        assert "another process" in capsys.readouterr().err
        assert train(tiny_data, run, "--overwrite") == 2
        assert "another process" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_a_run_and_its_pictures_are_kept_apart(tiny_data, tmp_path, capsys):
    import shutil

    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    assert train(data, data / "run") == 2
    assert "lie in one another" in capsys.readouterr().err
    run = tmp_path / "run"
    train(tiny_data, run)
    shutil.copytree(tiny_data, run / "data")
    assert train(run / "data", run, "--overwrite") == 2
    assert (run / "data" / "trainA" / "0.png").exists() and (run / "config.json").exists()


def test_overwrite_keeps_the_old_run_where_the_new_one_cannot_be(tiny_data, tmp_path):
    run = tmp_path / "run"
    train(tiny_data, run)
    for flags in (["--train.minutes", "inf"], ["--train.best-by", "nothing"], ["--seed", "x"]):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stderr", open("/dev/null", "w"))  # noqa: SIM115, PTH123
            try:
                status = train(tiny_data, run, "--overwrite", *flags)
            except SystemExit as ended:
                status = ended.code
        assert status == 2
    assert (run / "checkpoints" / "last" / "generators.safetensors").exists()


def test_pictures_are_halved_for_a_share_of_the_training(tiny_data, tmp_path, monkeypatch):
    from recyclegan.training import loop

    seen, take = [], loop.train_step

    def look(state, batches, **rest):
        seen.append(batches[0].real_a)
        return take(state, batches, **rest)

    monkeypatch.setattr(loop, "train_step", look)
    half = ["--images.size", "64", "--images.half-until", "0.5"]
    assert train(tiny_data, tmp_path / "run", *half, steps=4) == 0
    assert [x.shape[-1] for x in seen] == [32, 32, 64, 64]
    whole, seen[:] = list(seen), []
    assert train(tiny_data, tmp_path / "other", *half[:2], steps=4) == 0
    for ours, theirs in zip(whole[:2], seen, strict=False):
        blocks = theirs.reshape(2, 3, 32, 2, 32, 2)
        torch.testing.assert_close(ours, blocks.mean(dim=(3, 5)))
    assert torch.equal(whole[2], seen[2])


@pytest.mark.parametrize("size", ["32", "72"])
def test_pictures_too_small_to_halve_are_refused(size, tiny_data, tmp_path, capsys):
    half = ["--images.size", size, "--images.half-until", "0.5"]
    assert train(tiny_data, tmp_path / "run", *half) == 2
    assert "a multiple of 16 from 64" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()
