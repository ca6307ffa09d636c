from __future__ import annotations

import hashlib
import json
import pickle

import numpy as np
import pytest
from PIL import Image

from recyclegan.data.scenes import dataset
from recyclegan.data.scenes.dataset import TASKS, scene_index, write_scenes
from recyclegan.data.scenes.scene import View
from recyclegan.errors import RunFailed, UserError

SMALL = {"num": 3, "num_test": 2, "size": 32, "num_workers": 1}


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def picture(path):
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def day2night(tmp_path_factory):
    out_dir = tmp_path_factory.mktemp("sets") / "day2night"
    write_scenes(out_dir, **SMALL, extras=True)
    return out_dir


def test_layout(day2night):
    counts = {
        path.name: len(list(path.glob("*.png"))) for path in day2night.iterdir() if path.is_dir()
    }
    tests = ("testA", "testB", "truthA", "truthB", "depthA", "depthB", "classesA", "classesB")
    assert counts == {"trainA": 3, "trainB": 3} | dict.fromkeys(tests, 2)
    described = json.loads((day2night / "scenes.json").read_text())
    assert described["domains"] == {"a": "day", "b": "night"}
    assert described["task"] == "day2night"
    assert (described["num"], described["size"], described["seed"]) == (3, 32, 0)
    assert [path.name for path in day2night.parent.iterdir()] == ["day2night"]


def test_truth_is_the_same_street_in_the_other_domain(day2night):
    for domain, own, other in (("A", "day", "night"), ("B", "night", "day")):
        for number in range(2):
            name = f"{number:05d}.png"
            view = View(0, scene_index(f"test{domain}", number), 32)
            assert np.array_equal(picture(day2night / f"test{domain}" / name), getattr(view, own)())
            assert np.array_equal(
                picture(day2night / f"truth{domain}" / name), getattr(view, other)()
            )
            assert np.array_equal(picture(day2night / f"classes{domain}" / name), view.classes())
            metres = picture(day2night / f"depth{domain}" / name) * dataset.DEPTH_STEP
            assert np.abs(metres - view.depth()).max() <= 0.011


def test_hazy2clear(tmp_path):
    write_scenes(tmp_path / "set", task="hazy2clear", **SMALL)
    described = json.loads((tmp_path / "set" / "scenes.json").read_text())
    assert described["domains"] == {"a": "hazy", "b": "clear"}
    view = View(0, scene_index("testA", 0), 32)
    assert np.array_equal(picture(tmp_path / "set/testA/00000.png"), view.hazy())
    assert np.array_equal(picture(tmp_path / "set/truthA/00000.png"), view.day())
    assert not (tmp_path / "set" / "depthA").exists()


def test_no_street_is_in_two_sets():
    splits = ("trainA", "trainB", "testA", "testB")
    indices = [scene_index(split, number) for split in splits for number in range(500)]
    assert len(set(indices)) == len(indices)


def test_same_bytes_again_and_with_two_spawned_workers(day2night, tmp_path):
    write_scenes(tmp_path / "two", **(SMALL | {"num_workers": 2}), extras=True)
    assert contents(tmp_path / "two") == contents(day2night)


def test_more_pictures_leave_the_first_as_they_were(day2night, tmp_path):
    write_scenes(tmp_path / "more", **(SMALL | {"num": 4}), extras=True)
    few, more = contents(day2night), contents(tmp_path / "more")
    assert few.items() - more.items() == {("scenes.json", few["scenes.json"])}
    assert len(more) == len(few) + 2


def test_another_seed_gives_other_streets(day2night, tmp_path):
    write_scenes(tmp_path / "other", **SMALL, seed=1)
    few, other = contents(day2night), contents(tmp_path / "other")
    assert not set(few.values()) & set(other.values())


def test_number_of_test_pictures_by_default(tmp_path):
    write_scenes(tmp_path / "set", num=1, size=32, num_workers=1)
    assert len(list((tmp_path / "set" / "testA").iterdir())) == 8


def test_progress_counts_every_street(tmp_path):
    seen = []
    write_scenes(
        tmp_path / "set", **SMALL, on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 10) for done in range(1, 11)]


@pytest.mark.parametrize(
    ("changed", "flag"),
    [
        ({"task": "summer2winter"}, "--task"),
        ({"num": 0}, "--num 0"),
        ({"num_test": 0}, "--num-test"),
        ({"size": 31}, "--size"),
        ({"size": 5000}, "--size"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_bad_arguments_name_their_flag(tmp_path, changed, flag):
    with pytest.raises(UserError, match=flag):
        write_scenes(tmp_path / "set", **(SMALL | changed))
    assert not list(tmp_path.iterdir())


def test_a_set_is_replaced_only_when_told(tmp_path):
    out_dir = tmp_path / "set"
    write_scenes(out_dir, **SMALL)
    before = contents(out_dir)
    with pytest.raises(UserError, match="--overwrite"):
        write_scenes(out_dir, **SMALL, seed=1)
    assert contents(out_dir) == before
    write_scenes(out_dir, **SMALL, seed=1, overwrite=True)
    assert contents(out_dir) != before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_folder_that_is_no_set_is_never_deleted(tmp_path):
    out_dir = tmp_path / "photos"
    out_dir.mkdir()
    (out_dir / "holiday.jpg").write_bytes(b"dear")
    with pytest.raises(UserError, match=r"holiday\.jpg"):
        write_scenes(out_dir, **SMALL, overwrite=True)
    assert (out_dir / "holiday.jpg").read_bytes() == b"dear"


def test_a_set_with_something_else_in_it_is_never_deleted(tmp_path):
    write_scenes(tmp_path / "set", **SMALL)
    (tmp_path / "set" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes\.txt"):
        write_scenes(tmp_path / "set", **SMALL, overwrite=True)
    assert (tmp_path / "set" / "notes.txt").exists()


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "set").mkdir()
    write_scenes(tmp_path / "set", **SMALL)
    assert (tmp_path / "set" / "scenes.json").is_file()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "set").write_text("a file")
    with pytest.raises(UserError, match="is a file"):
        write_scenes(tmp_path / "set", **SMALL)
    with pytest.raises(UserError, match="cannot be written"):
        write_scenes(tmp_path / "set" / "inside", **SMALL)


@pytest.mark.parametrize(("failure", "workers"), [(KeyboardInterrupt, 2), (OSError, 1)])
def test_an_interruption_leaves_nothing_half(tmp_path, failure, workers):
    settings = SMALL | {"num_workers": workers}
    write_scenes(tmp_path / "set", **SMALL)
    before = contents(tmp_path / "set")

    def stop(done, total):
        if done == 4:
            raise failure

    with pytest.raises((KeyboardInterrupt, RunFailed)):
        write_scenes(tmp_path / "set", **settings, seed=1, overwrite=True, on_progress=stop)
    with pytest.raises((KeyboardInterrupt, RunFailed)):
        write_scenes(tmp_path / "new", **settings, on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert contents(tmp_path / "set") == before


def test_a_failed_exchange_keeps_the_old_set(tmp_path, monkeypatch):
    write_scenes(tmp_path / "set", **SMALL)
    before = contents(tmp_path / "set")
    rename = dataset.Path.rename

    def fail_for_new(self, target):
        if self.suffix == ".part":
            raise OSError("disk gone")
        return rename(self, target)

    monkeypatch.setattr(dataset.Path, "rename", fail_for_new)
    with pytest.raises(RunFailed, match="disk gone"):
        write_scenes(tmp_path / "set", **SMALL, seed=1, overwrite=True)
    assert contents(tmp_path / "set") == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_jobs_travel_to_workers_and_every_task_is_described(tmp_path):
    job = dataset._Job(tmp_path, "day2night", "testA", 1, 0, 32, True)
    assert pickle.loads(pickle.dumps(job)) == job
    assert set(dataset.DOMAINS) == set(TASKS)
