"""Two processes train as one with their batches together, and neither outlives the other."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from recyclegan.checkpoint.store import CheckpointStore
from recyclegan.cli.main import main
from recyclegan.training.session import Session
from recyclegan.training.state import Counters
from tests.ranked import LAUNCHER, run_lines
from tests.small_run import FAST, events

SMALL = [*FAST, "--generator.blocks", "1", "--train.threads", "1"]
NO_CHANCE = ["--optimizer.replay-buffer", "0", "--train.precision", "fp32"]


def train_line(data, out, variant, *flags):
    return ["train", variant, "--data", str(data), "--out", str(out), *SMALL, *flags]


def state_of(run):
    return CheckpointStore(run / "checkpoints").valid()[0][-1].training_state()


@pytest.fixture(scope="module")
def runs(tiny_data, tmp_path_factory):
    """One process and two in one folder, and what the two said.

    `grown` began with one process and went on with two, `shrunk` the other way round.
    """
    root = tmp_path_factory.mktemp("runs")
    exact = [*NO_CHANCE, "--train.steps", "3"]
    four, two = (["--optimizer.batch", str(num)] for num in (4, 2))
    assert main(train_line(tiny_data, root / "one", "cyclegan", *exact, *four)) == 0
    again = [*exact, *two, "--optimizer.accumulate", "2"]
    assert main(train_line(tiny_data, root / "accumulated", "cyclegan", *again)) == 0
    epochs = ["--train.epochs", "4", "--train.save-steps", "2"]
    assert main(train_line(tiny_data, root / "grown", "recyclegan", *two, *epochs)) == 0
    lines = [
        train_line(tiny_data, root / "two", "cyclegan", *exact, *two),
        train_line(tiny_data, root / "shrunk", "recyclegan", *two, "--train.steps", "4"),
        ["resume", str(root / "grown"), "--train.steps", "12"],
    ]
    said = run_lines(lines)
    assert said.returncode == 0, said.stdout
    return SimpleNamespace(root=root, said=" ".join(said.stdout.split()))


@pytest.mark.parametrize("name", ["two", "accumulated"])
def test_a_step_is_that_of_the_whole_batch(name, runs):
    """What differs is rounding, which Adam blows up from step to step where a gradient is zero."""
    ours, theirs = events(runs.root / name, "train"), events(runs.root / "one", "train")
    assert len(ours) == len(theirs) == 3
    for mine, other, tolerance in zip(ours, theirs, (1e-5, 1e-3, 1e-2), strict=True):
        assert {k: v for k, v in mine.items() if "/" in k} == pytest.approx(
            {k: v for k, v in other.items() if "/" in k}, rel=tolerance
        )
        assert (mine["step"], mine["epoch"]) == (other["step"], other["epoch"])
    first, second = (state_of(runs.root / n)["translator"]["networks"] for n in (name, "one"))
    for key, weights in first.items():
        if key.endswith("weight"):
            assert (weights - second[key]).abs().mean() < 0.05 * 3 * 2e-4, key


@pytest.mark.parametrize("name", ["two", "shrunk", "grown"])
def test_weights_and_averages_are_the_same_on_all(name, runs):
    places = sorted(runs.root.glob(f"{name}-*-0.digest"))
    assert places
    for place in places:
        other = place.with_name(place.name.replace("-0.digest", "-1.digest"))
        assert place.read_text() == other.read_text()
    assert len({place.read_text() for place in places}) == len(places)


def test_it_says_what_a_step_takes(runs):
    assert runs.said.count("batch 2 on each of 2 devices: 4, 3 steps, on cpu in fp32") == 1
    provenance = json.loads((runs.root / "two" / "provenance.json").read_text())
    assert [sitting["processes"] for sitting in provenance["sittings"]] == [2]


def test_each_process_has_its_own_chance_and_memory(runs):
    state = state_of(runs.root / "shrunk")
    (other,) = state["others"]
    assert not torch.equal(state["random"], other["random"])
    mine, theirs = (s["translator"]["buffers"]["a"]["pictures"] for s in (state, other))
    assert len(mine) == len(theirs) == 8
    assert not any(torch.equal(ours, yours) for ours in mine for yours in theirs)


def test_two_go_on_where_one_stopped(runs):
    assert "Saved by 1, resumed by 2" in runs.said
    assert "of the replay buffers those of process 2 and up begin empty" in runs.said
    state = state_of(runs.root / "grown")
    # Ten steps of two pictures are four epochs of five; two steps of four follow.
    assert state["counters"]["step"] == 12 and state["counters"]["pictures"] == 28
    assert [event["epoch"] for event in events(runs.root / "grown", "train")][-3:] == [4, 4.8, 5.6]
    sizes = [len(s["translator"]["buffers"]["b"]["pictures"]) for s in (state, *state["others"])]
    assert sizes == [24, 4]


def test_one_goes_on_where_two_stopped(runs, tmp_path, capsys):
    shutil.copytree(runs.root / "shrunk", tmp_path / "run", symlinks=True)
    before = state_of(tmp_path / "run")
    assert main(["resume", str(tmp_path / "run"), "--train.steps", "5"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Saved by 2, resumed by 1" in said and "process 2 and up are left out" in said
    state = state_of(tmp_path / "run")
    assert state["counters"]["pictures"] == 16 + 2 and not state["others"]
    kept = before["translator"]["buffers"]["a"]["pictures"]
    assert all(map(torch.equal, state["translator"]["buffers"]["a"]["pictures"], kept))
    assert main(["translate", str(tmp_path / "run"), *_pair(runs, tmp_path)]) == 0


def _pair(runs, tmp_path):
    picture = json.loads((runs.root / "one" / "config.json").read_text())["data"][0] + "/testA"
    return [picture, str(tmp_path / "out"), "--direction", "a2b"]


@pytest.mark.parametrize(("num", "accumulate"), [(1, 1), (2, 1), (2, 3), (3, 2)])
def test_each_index_is_one_processs(num, accumulate, monkeypatch):
    """The processes' batches of a step are the next so many indices, each once."""
    asked = []
    config = SimpleNamespace(images=SimpleNamespace(workers=1))
    session = SimpleNamespace(
        config=config,
        device=torch.device("cpu"),
        dataset=SimpleNamespace(batches=lambda indices, size, **_: asked.append((indices, size))),
        pictures_a_step=2 * accumulate * num,
        state=SimpleNamespace(counters=Counters(pictures=60)),
    )
    monkeypatch.setenv("WORLD_SIZE", str(num))
    for rank in range(num):
        monkeypatch.setenv("RANK", str(rank))
        Session.batches(session)
    for step in range(3):
        taken = [next(indices) for indices, size in asked for _ in range(size)]
        first = 60 + step * 2 * accumulate * num
        assert sorted(taken) == list(range(first, first + 2 * accumulate * num))


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_all_and_leaves_a_checkpoint(victim, tiny_data, tmp_path):
    run = tmp_path / "run"
    budget = ["--train.steps", "100000", "--train.save-steps", "3"]
    line = train_line(tiny_data, run, "recyclegan", *budget)
    launched = subprocess.Popen(
        [*LAUNCHER, "--nproc-per-node", "2", "-m", "recyclegan", *line],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not list((run / "checkpoints").glob("step-*[1-9]")):
        assert launched.poll() is None, launched.stdout.read()
        time.sleep(0.1)
    os.kill(_process(launched.pid, victim), signal.SIGKILL)
    said, _ = launched.communicate(timeout=25)
    assert launched.returncode != 0
    assert said.count("recyclegan: ") == said.count("Another process of this run has ended") == 1
    good, damaged = CheckpointStore(run / "checkpoints").valid()
    assert good and not damaged
    step = good[-1].step
    assert main(["resume", str(run), "--train.steps", str(step + 1)]) == 0
    assert events(run, "train")[-1]["step"] == step + 1


def _process(launcher, rank):
    """The id of the process of this rank, among the children of torchrun."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    wanted = f"RANK={rank}".encode()
    environments = {pid: Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in children}
    return next(int(pid) for pid, words in environments.items() if wanted in words)
