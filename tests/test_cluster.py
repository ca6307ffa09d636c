"""Without a cluster: shares, results in place, what stores are called, what is said before any work."""

import sys
from pathlib import Path

import pytest

from recyclegan.cli.main import main
from recyclegan.cluster import session
from recyclegan.cluster.shares import LARGEST, ROUNDS, SHARES, Workers, passing_over
from recyclegan.cluster.storage import Storage, local_path
from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import UnreadableImage
from tests.test_translation import noise, write_model


@pytest.mark.parametrize("num_items", [1, 7, 200, 10_000_000])
@pytest.mark.parametrize("num_workers", [1, 40])
@pytest.mark.parametrize("block", [1, 4])
def test_shares_are_many_small_and_of_whole_blocks(num_items, num_workers, block):
    size = Workers(num_workers, 8).share_size(num_items, block)
    assert size % block == 0 and ROUNDS * 8 <= size <= LARGEST
    if size < LARGEST:
        assert num_items / size <= SHARES * num_workers


@pytest.mark.parametrize(
    ("cores", "workers"),
    [([2], (1, 2)), ([64, 64, 0], (16, 8)), ([16, 3], (6, 3)), ([8, 8, 8], (3, 8))],
)
def test_workers_fit_on_the_machines(cores, workers):
    assert session._workers(cores) == Workers(*workers)


def test_a_cluster_without_cores_is_said():
    with pytest.raises(UserError, match="--num-cpus"):
        session._workers([0, 0])


def test_results_come_in_the_places_of_what_was_left():
    progress = []
    found = passing_over([True, False, True, False], iter("ab"), lambda *p: progress.append(p))
    assert list(found) == [None, "a", None, "b"]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_places_of_this_machine_are_told_from_stores():
    assert str(local_path("a/b")) == "a/b" and str(local_path("file:///a/b")) == "/a/b"
    assert local_path("s3://a/b") is None


def test_files_of_a_store(tmp_path):
    pytest.importorskip("fsspec")
    root = tmp_path / "a folder"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "x.png").write_bytes(b"123")
    storage = Storage(str(root))
    assert storage.names() == ["sub/x.png"]
    storage.fetch("sub/x.png", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"123"
    storage.put(tmp_path / "copy", "new/y.png")
    assert storage.names() == ["new/y.png", "sub/x.png"]
    assert storage.read_json("none.json") == storage.read_json("sub/x.png") == {}
    with pytest.raises(UnreadableImage, match="no such file"):
        storage.fetch("gone.png", tmp_path / "gone")
    (root / "file").write_bytes(b"")
    with pytest.raises(RunFailed, match="cannot be written"):
        storage.put(tmp_path / "copy", "file/z.png")


def test_half_a_file_never_has_its_name(tmp_path, monkeypatch):
    pytest.importorskip("fsspec")
    storage = Storage(str(tmp_path / "out"))

    def cut(source, goal):
        Path(goal).write_bytes(b"half")
        raise OSError("cut")

    monkeypatch.setattr(storage._system, "put_file", cut)
    (tmp_path / "x.png").write_bytes(b"whole")
    with pytest.raises(RunFailed, match="cut"):
        storage.put(tmp_path / "x.png", "x.png")
    assert storage.names() == [".x.png.writing"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing://a/b", "fsspec does not know"),
        ("memory://a", "one process alone"),
        ("gs://a/b", "install gcsfs"),
    ],
)
def test_stores_that_cannot_be_opened_are_one_sentence(url, words, monkeypatch):
    pytest.importorskip("fsspec")
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(UserError, match=words):
        Storage(url)


@pytest.fixture
def call(tmp_path):
    (tmp_path / "in").mkdir()
    noise(20, 20).save(tmp_path / "in" / "1.png")
    model = write_model(tmp_path / "generators.safetensors")
    return ["translate", str(model), str(tmp_path / "in"), str(tmp_path / "out"), "--direction=a2b"]


@pytest.mark.parametrize("command", ["translate", "evaluate", "curate"])
def test_a_missing_extra_is_said_before_any_work(command, call, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    folder = str(tmp_path / "in")
    calls = {
        "translate": call,
        "evaluate": ["evaluate", "--real", folder, "--fake", folder, "--out", "-"],
        "curate": ["curate", folder],
    }
    assert main([*calls[command], "--engine", "ray"]) == 2
    assert "pip install 'recyclegan[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_stores_are_for_the_cluster(call, capsys):
    assert main([*call[:2], "s3://bucket/in", *call[3:]]) == 2
    assert "s3://bucket/in is in a store: add --engine ray" in capsys.readouterr().err


def test_under_torchrun_it_is_refused(call, monkeypatch, capsys):
    monkeypatch.setattr("recyclegan.ranks.world_size", lambda: 2)
    with pytest.raises(UserError, match="without torchrun"):
        from recyclegan.cli.cluster import require

        require("ray")


def test_no_cluster_at_the_address_is_one_sentence(call, monkeypatch, capsys):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    assert main([*call, "--engine", "ray"]) == 2
    said = capsys.readouterr().err
    assert "RAY_ADDRESS=127.0.0.1:9" in said and len(said.strip().splitlines()) == 1
