"""Trackers: told everything once, over cuts and resumes; they never end or change a training."""

import importlib.util
import json
import os
import sqlite3
import struct

import pytest
from safetensors.torch import load_file

from recyclegan.checkpoint.find import find_generators
from recyclegan.cli.main import main
from recyclegan.runs.run_dir import RunDir
from recyclegan.training.tracking import trackers
from recyclegan.training.tracking.place import identity
from recyclegan.training.tracking.registry import TRACKERS
from tests.small_run import events, train

STEPS = 8
LEVELDB_BLOCK, FULL, LAST = 32768, 1, 4


class Cut(BaseException):
    """As near to a kill as a test can come and go on."""


def train_with_cuts(data, out, name, monkeypatch):
    """Eight steps saved at the even ones, cut at 3 and 5: these two are trained twice."""
    told, cuts = trackers.Trackers.event, iter((3, 5))

    def tell(self, kind, step, values):
        told(self, kind, step, values)
        if kind == "train" and step == at:
            raise Cut

    flags = ["--train.save-steps", "2", "--train.track", name]
    with monkeypatch.context() as patch:
        patch.setattr(trackers.Trackers, "event", tell)
        at = next(cuts)
        with pytest.raises(Cut):
            train(data, out, *flags, steps=STEPS)
        at = next(cuts)
        with pytest.raises(Cut):
            main(["resume", str(out)])
    assert main(["resume", str(out)]) == 0


def curve(run, name="losses/cycle_a"):
    """Steps and values as metrics.jsonl has them."""
    return [(event["step"], event[name]) for event in events(run, "train")]


class Listener:
    """A tracker that remembers what it is told, and raises where it is asked to."""

    def __init__(self, run, ill_at=None):
        self.tracked, self.ill_at, self.heard = run, ill_at, []

    def scalars(self, step, values):
        if step == self.ill_at:
            raise RuntimeError("the line is\ndead")
        self.heard.append((step, *values))

    def picture(self, step, path):
        self.heard.append((step, path.name))

    def go_back(self, step):
        self.heard.append(("back to", step))

    def finish(self, report):
        self.report = report

    def close(self):
        self.heard.append("closed")


def listen(monkeypatch, **options):
    made = []

    def open_tracker(name, run):
        made.append(Listener(run, **options))
        return made[-1]

    monkeypatch.setattr(trackers, "open_tracker", open_tracker)
    return made


def test_a_tracker_hears_scalars_grids_configuration_and_report(tiny_data, tmp_path, monkeypatch):
    made = listen(monkeypatch)
    assert train(tiny_data, tmp_path / "run", "--train.track", "tensorboard", steps=4) == 0
    (tracker,) = made
    assert tracker.tracked.config["optimizer"]["beta1"] == 0.5 and tracker.tracked.name == "run"
    steps = [entry[0] for entry in tracker.heard if "losses/cycle_a" in entry]
    assert steps == [1, 2, 3, 4]
    assert [e for e in tracker.heard if str(e[1]).endswith(".png")] == [
        (2, "step-00000002.png"),
        (4, "step-00000004.png"),
    ]
    assert any(
        "evaluation/cycle_a" in entry or "evaluation/swd_a2b" in entry for entry in tracker.heard
    )
    assert tracker.report.summary["step"] == 4 and "| time |" in tracker.report.text
    assert tracker.report.model == find_generators(tmp_path / "run")


def test_a_tracker_that_fails_is_dropped_with_one_sentence(
    tiny_data, tmp_path, monkeypatch, capsys
):
    (made) = listen(monkeypatch, ill_at=2)
    assert train(tiny_data, tmp_path / "run", "--train.track", "tensorboard", steps=4) == 0
    sentence = "Tracking by tensorboard ended (the line is); training goes on without it."
    assert capsys.readouterr().out.count(sentence) == 1
    assert [entry[0] for entry in made[0].heard] == [1]


def test_a_tracker_that_cannot_begin_does_not_keep_a_training_from_it(
    tiny_data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(TRACKERS, "tensorboard", ("no_such_module", "None"))
    assert train(tiny_data, tmp_path / "run", "--train.track", "tensorboard", steps=1) == 0
    assert "Tracking by tensorboard ended (No module named" in capsys.readouterr().out


@pytest.mark.parametrize("name", TRACKERS)
def test_a_missing_package_is_said_before_anything_is_read(name, tmp_path, monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "recyclegan.training.tracking.registry.find_spec",
        lambda wanted: None if wanted == name else found(wanted),
    )
    assert train(tmp_path / "none", tmp_path / "run", "--train.track", name) == 2
    assert f"{name}: pip install 'recyclegan[track]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_artifacts_need_what_keeps_them(tmp_path, capsys):
    assert train(tmp_path, tmp_path / "run", "--train.track-artifacts", "model") == 2
    assert "add --train.track wandb" in capsys.readouterr().err


def test_trackers_do_not_change_a_training(tiny_data, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    for name, flags in (("with", ["--train.track", "tensorboard"]), ("without", [])):
        train(tiny_data, tmp_path / name, *flags, steps=4)
    ours, theirs = (load_file(find_generators(tmp_path / name)) for name in ("with", "without"))
    assert all(ours[name].equal(theirs[name]) for name in theirs)
    assert curve(tmp_path / "with") == curve(tmp_path / "without")


def test_tensorboard_shows_one_curve_over_two_cuts(tiny_data, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    train_with_cuts(tiny_data, run, "tensorboard", monkeypatch)
    read = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0, "tensors": 0})
    read.Reload()
    seen = [(event.step, event.value) for event in read.Scalars("losses/cycle_a")]
    assert seen == [(step, pytest.approx(value, rel=1e-6)) for step, value in curve(run)]
    assert [step for step, _ in seen] == [*range(1, STEPS + 1)]
    assert [image.step for image in read.Images("samples")] == [2, 4, 6, 8]
    (report,) = read.Tensors("report/text_summary")
    assert report.step == STEPS
    (configuration,) = read.Tensors("configuration/text_summary")
    assert '"beta1": 0.5' in configuration.tensor_proto.string_val[0].decode()


def test_what_was_told_is_remembered_over_rollbacks_and_cuts(tiny_data, tmp_path, monkeypatch):
    made = listen(monkeypatch)
    run = tmp_path / "run"
    train_with_cuts(tiny_data, run, "wandb", monkeypatch)
    assert [(m.tracked.step, m.tracked.logged) for m in made] == [(0, 0), (2, 3), (4, 5)]
    assert len({m.tracked.id for m in made}) == 1 and identity(RunDir(run))[0] == made[0].tracked.id


@pytest.mark.slow
def test_trackio_keeps_one_curve_over_two_cuts(tiny_data, tmp_path, monkeypatch):
    pytest.importorskip("trackio")
    import trackio.sqlite_storage
    import trackio.utils

    home = tmp_path / "trackio"
    for module in (trackio.sqlite_storage, trackio.utils):
        monkeypatch.setattr(module, "TRACKIO_DIR", home)
    run = tmp_path / "run"
    train_with_cuts(tiny_data, run, "trackio", monkeypatch)
    (place,) = home.rglob("recyclegan*.db")
    with sqlite3.connect(place) as base:
        rows = [
            (step, json.loads(metrics))
            for step, metrics in base.execute("select step, metrics from metrics order by id")
        ]
        names = {name for (name,) in base.execute("select run_name from metrics")}
    seen = [(step, values["losses/cycle_a"]) for step, values in rows if "losses/cycle_a" in values]
    assert seen == curve(run) and len(names) == 1
    assert [step for step, values in rows if "samples" in values] == [2, 4, 6, 8]
    assert [step for step, values in rows if "report" in values] == [STEPS]


def entries(content):
    """What a file of W&B holds: LevelDB's log format after seven bytes of its own."""
    place, whole = 7, b""
    while place + 7 <= len(content):
        if LEVELDB_BLOCK - place % LEVELDB_BLOCK < 7:
            place += LEVELDB_BLOCK - place % LEVELDB_BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        whole += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (FULL, LAST):
            yield whole
            whole = b""


def read_offline(folder):
    """The records of all offline files of W&B, by its own messages, oldest first."""
    from wandb.proto.wandb_internal_pb2 import Record

    paths = sorted(folder.glob("offline-run-*/*.wandb"), key=os.path.getmtime)
    return [Record.FromString(entry) for path in paths for entry in entries(path.read_bytes())]


def history(records):
    """Step and values of each row, the values by their (nested) names."""
    for record in records:
        if record.WhichOneof("record_type") == "history":
            values = {
                "/".join(item.nested_key) or item.key: json.loads(item.value_json)
                for item in record.history.item
            }
            yield record.history.step.num or values["_step"], values


@pytest.mark.slow
def test_wandb_offline_keeps_one_curve_over_two_cuts(tiny_data, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    run = tmp_path / "run"
    train_with_cuts(tiny_data, run, "wandb", monkeypatch)
    records = read_offline(run / "wandb")
    rows = [(step, values) for step, values in history(records) if "losses/cycle_a" in values]
    assert [(step, values["losses/cycle_a"]) for step, values in rows] == curve(run)
    ids = {r.run.run_id for r in records if r.WhichOneof("record_type") == "run"}
    assert ids == {identity(RunDir(run))[0]}
    grids = [step for step, values in history(records) if "samples" in "".join(values)]
    assert grids == [2, 4, 6, 8]
