"""Resume is exact: stopped anywhere and continued equals never stopped, bit for bit."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.kill_and_resume import compare, straight, training, under_fire
from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.runs.events import EventLog

STEPS = 40


def run_in_process(words):
    return main([str(word) for word in words][words.index("-m") + 2 :])


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "precision"), [(0, "fp32"), (2, "bf16")])
def test_killed_at_a_random_instant(workers, precision, tiny_data, tmp_path):
    """Real processes, real SIGKILL: three in all over the two settings."""
    call = training("recyclegan", tiny_data, workers, precision, STEPS)
    seconds = straight(tmp_path / "straight", call)
    kills = 2 if workers else 1
    deaths = under_fire(tmp_path / "killed", call, kills, seconds, random.Random(workers))
    assert len(deaths) == kills
    assert compare(tmp_path / "straight", tmp_path / "killed") == []


class Killed(BaseException):
    """Stands for a kill inside this process."""


RESUMED = ["recyclegan", "case-8", "case-9", "cut", "fastcut"]
# A processor without half precision emulates it, which takes minutes.
LONG = [(v, p) for v in RESUMED for p in ("bf16", "fp16") if (v, p) != ("recyclegan", "bf16")]


@pytest.mark.parametrize(
    ("variant", "precision"),
    [
        *((variant, "fp32") for variant in RESUMED),
        ("recyclegan", "bf16"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in LONG),
    ],
)
def test_cut_in_mid_epoch(variant, precision, tiny_data, tmp_path, monkeypatch):
    """A cut right after an arbitrary step, at other places than the checkpoints."""
    call = training(variant, tiny_data, 0, precision, STEPS)
    cut_twice(call, tmp_path, monkeypatch)


OPTIONS = {
    "terms": """--losses.cycle-final 1 --losses.cycle-low-pass 4 --losses.gradient-penalty 1
        --losses.gradient-penalty-interval 3 --losses.jacobian-clamp 1 --losses.jacobian-least 1""",
    "half": "--images.size 64 --images.half-until 0.6",
    "relativistic": "--losses.adversarial relativistic --optimizer.replay-buffer 0",
}
"""Options that are off in every variant."""


@pytest.mark.parametrize("options", OPTIONS)
def test_cut_with_options_on(options, tiny_data, tmp_path, monkeypatch):
    call = training("recyclegan", tiny_data, 0, "fp32", STEPS)
    cut_twice([*call, *OPTIONS[options].split()], tmp_path, monkeypatch)


def cut_twice(call, tmp_path, monkeypatch):
    """Train straight, and with two cuts; the two must not differ."""
    from recyclegan.training import loop

    call = [*call, "--generator.features", "8", "--generator.blocks", "1"]
    call += ["--discriminator.features", "8"]
    assert run_in_process([*call, "--out", tmp_path / "straight"]) == 0
    step, count = loop.train_step, []

    def cut(*args, **kwargs):
        count.append(0)
        if len(count) in (14, 30):
            raise Killed
        return step(*args, **kwargs)

    monkeypatch.setattr(loop, "train_step", cut)
    with pytest.raises(Killed):
        run_in_process([*call, "--out", tmp_path / "cut"])
    with pytest.raises(Killed):
        main(["resume", str(tmp_path / "cut")])
    assert main(["resume", str(tmp_path / "cut")]) == 0
    assert compare(tmp_path / "straight", tmp_path / "cut") == []


@pytest.fixture(scope="module")
def finished(tiny_data, tmp_path_factory):
    run = tmp_path_factory.mktemp("finished") / "run"
    assert run_in_process([*training("recyclegan", tiny_data, 0, "fp32", 24), "--out", run]) == 0
    return run


@pytest.fixture
def run(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


def test_finished_says_so_and_changes_nothing(run, capsys):
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.is_file()}
    assert main(["resume", str(run)]) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())
    after = {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.is_file()}
    assert {p: t for p, t in after.items() if p.name != "metrics.jsonl"} == {
        p: t for p, t in before.items() if p.name != "metrics.jsonl"
    }


@pytest.mark.parametrize("name", ["training_state.pt", "generators.safetensors", "meta.json"])
@pytest.mark.parametrize("damage", ["torn", "missing", "flipped"])
def test_a_torn_checkpoint_falls_back_and_says_so(name, damage, run, finished, capsys):
    last = run / "checkpoints" / "last" / name
    content = last.read_bytes()
    if damage == "torn":
        last.write_bytes(content[: len(content) // 2])
    elif damage == "missing":
        last.unlink()
    else:
        last.write_bytes(content[:40] + bytes([content[40] ^ 255]) + content[41:])
    assert main(["resume", str(run)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "is damaged" in said and "Falling back to the one of step 22" in said
    assert compare(run, finished) == []


def test_longer_is_an_explicit_act(run, capsys):
    assert main(["resume", str(run), "--train.steps", "30"]) == 0
    steps = [e["step"] for e in EventLog(run / "metrics.jsonl").read() if e["event"] == "train"]
    assert steps == [7, 14, 21, 24, 28, 30]
    assert json.loads((run / "config.json").read_text())["config"]["train"]["steps"] == 30
    assert main(["resume", str(run), "--train.steps", "10"]) == 2
    assert "behind step 30" in capsys.readouterr().err


def test_samples_of_earlier_sittings_stay(run):
    before = {p: p.read_bytes() for p in (run / "samples").iterdir()}
    main(["resume", str(run), "--train.steps", "60"])
    assert all(p.read_bytes() == content for p, content in before.items())
    assert len(json.loads((run / "provenance.json").read_text())["sittings"]) == 2


def test_changed_pictures_are_refused(tiny_data, tmp_path, capsys):
    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    run_in_process([*training("recyclegan", data, 0, "fp32", 12), "--out", tmp_path / "run"])
    shutil.copy(data / "trainA" / "0.png", data / "trainA" / "new.png")
    assert main(["resume", str(tmp_path / "run"), "--train.steps", "14"]) == 2
    assert "not those that it was trained on" in capsys.readouterr().err


def test_no_run_no_resume(tmp_path, capsys):
    assert main(["resume", str(tmp_path)]) == 2
    assert "no run" in capsys.readouterr().err


def test_a_full_disk_keeps_what_was_saved(tiny_data, tmp_path, monkeypatch, capsys):
    from recyclegan.checkpoint import store

    write = store.write_synced

    def full(path: Path, content: bytes) -> None:
        if "step-00000022" in str(path):
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(store, "write_synced", full)
    run = tmp_path / "run"
    assert run_in_process([*training("recyclegan", tiny_data, 0, "fp32", 24), "--out", run]) == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error and "make room" in error
    good, torn = CheckpointStore(run / "checkpoints").valid()
    assert [c.step for c in good] == [11] and torn == []
    monkeypatch.undo()
    assert main(["resume", str(run)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(number, tiny_data, tmp_path):
    run = tmp_path / "run"
    call = [*training("recyclegan", tiny_data, 2, "fp32", 100_000), "--out", str(run)]
    call[call.index("--train.save-steps") + 1] = "100000"
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (run / "samples").exists() or not list((run / "samples").iterdir()):
        time.sleep(0.2)
        assert process.poll() is None
    os.kill(process.pid, number)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in error
    assert f"recyclegan resume {run}" in " ".join(out.split())
    good, _ = CheckpointStore(run / "checkpoints").valid()
    assert good and good[-1].step >= 30
    assert sys.executable in call
