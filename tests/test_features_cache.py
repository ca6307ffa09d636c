"""Arrays are kept by content and by what made them, and survive kills, damage and company."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recyclegan.errors import UserError
from recyclegan.features import cache as cache_module
from recyclegan.features.cache import FeatureCache, default_cache_dir

IDENTITY = {"extractor": "net", "weights_sha256": "a"}

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from tests.test_features_cache import fill
fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), shard=2)
"""


def digest(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def fill(cache_dir, start, stop, shard=4):
    cache_module.SHARD = shard
    cache = FeatureCache(cache_dir, IDENTITY)
    for number in range(start, stop):
        cache.add(digest(number), {"features": np.full(3, number, np.float32)})
    cache.save()
    return cache


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(cache_module, "SHARD", 4)


def known(cache_dir, numbers):
    cache = FeatureCache(cache_dir, IDENTITY)
    found = [number for number in numbers if digest(number) in cache]
    for number in found:
        assert cache[digest(number)]["features"].tolist() == [number] * 3
    return found


def test_what_was_added_is_there_again(tmp_path):
    cache = FeatureCache(tmp_path, IDENTITY)
    record = {"features": np.arange(5, dtype=np.float32), "brightness": np.array(0.25)}
    cache.add(digest(0), record)
    assert digest(0) in cache and digest(1) not in cache
    assert not list(tmp_path.rglob("*.safetensors"))
    cache.save()
    for holder in (cache, FeatureCache(tmp_path, IDENTITY)):
        found = holder[digest(0)]
        assert found.keys() == record.keys() and float(found["brightness"]) == 0.25
        assert np.array_equal(found["features"], record["features"])
        assert found["features"].dtype == np.float32
    assert not list(tmp_path.rglob("*.writing"))


def test_other_weights_and_recipes_never_meet(tmp_path):
    fill(tmp_path, 0, 4)
    for changed in ({"weights_sha256": "b"}, {"size": 3}, {"extractor": "hub/net"}):
        assert digest(0) not in FeatureCache(tmp_path, IDENTITY | changed)
    assert digest(0) in FeatureCache(tmp_path, dict(reversed(IDENTITY.items())))


def test_a_kill_costs_no_more_than_a_shard(tmp_path):
    cache = FeatureCache(tmp_path, IDENTITY)
    for number in range(11):
        cache.add(digest(number), {"features": np.full(3, number, np.float32)})
    (cache.folder / ".0.writing").write_bytes(b"cut off")
    assert known(tmp_path, range(11)) == list(range(8))


@pytest.mark.parametrize("damage", ["bit", "cut", "empty", "foreign", "gone"])
def test_a_damaged_shard_counts_as_missing(tmp_path, damage):
    fill(tmp_path, 0, 8)
    path = sorted(tmp_path.rglob("*.safetensors"))[0]
    content = bytearray(path.read_bytes())
    cut = len(content) // 2
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    cases = {"bit": flipped, "cut": content[:cut], "empty": b"", "foreign": b"<html>"}
    opened = FeatureCache(tmp_path, IDENTITY)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(cases[damage])
    assert sum(digest(number) in opened for number in range(8)) == 4
    left = known(tmp_path, range(8))
    assert len(left) == 4
    # Once replaced, by shards of other content, nothing of the damage is left.
    lost = sorted(set(range(8)) - set(left))
    fill(tmp_path, lost[0], lost[-1] + 1, shard=3)
    assert known(tmp_path, range(8)) == list(range(8))


def test_two_processes_write_at_once(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    # A third of what they write is the same, in part in shards of the very same content.
    spans = (("0", "80"), ("40", "120"))
    root = str(Path(__file__).parents[1])
    writers = [subprocess.Popen([*command, *span, root]) for span in spans]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert known(tmp_path, range(120)) == list(range(120))
    assert not list(tmp_path.rglob("*.writing"))
    for path in tmp_path.rglob("*.safetensors"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cache = FeatureCache(tmp_path / "file", IDENTITY)
    cache.add(digest(0), {"features": np.zeros(1)})
    with pytest.raises(UserError, match=str(tmp_path / "file")):
        cache.save()


def test_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / "recyclegan" / "features"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_dir() == Path.home() / ".cache" / "recyclegan" / "features"
