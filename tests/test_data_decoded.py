"""Each picture is decoded once, whatever the disk does, and what is kept is never wrong."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recyclegan.data import decoded
from recyclegan.data.decoded import DecodedPictures
from recyclegan.data.manifest import Entry
from recyclegan.data.pixel_file import PixelFile
from recyclegan.errors import RunFailed
from recyclegan.images.decoding import decode
from recyclegan.images.resizing import resize_short_side

SIDE = 18
SIZES = ((40, 36), (36, 80), (20, 400), (5, 7), (90, 50), (31, 31))


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number}.png" for number in range(len(SIZES))]
    for number, (path, (width, height)) in enumerate(zip(made, SIZES, strict=True)):
        pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return made


def entry(path: Path) -> Entry:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Entry(path.name, digest, Image.open(path).size, "train", "a")


class Store(DecodedPictures):
    """One whose file lies in the test's folder, which counts decodings and remembers sentences."""

    def __init__(self, paths: list[Path], *, memory: int = 0, folder: Path | None = None) -> None:
        self.said: list[str] = []
        self.decodings = 0
        folder = folder or paths[0].parent / "cache"
        entries = {path: entry(path) for path in paths}
        super().__init__(entries, SIDE, folder=folder, say=self.said.append, memory=memory)

    def _decode(self, path):
        self.decodings += 1
        return super()._decode(path)

    def check(self) -> int:
        """Compare all pixels with those decoded afresh; return the decodings that it took."""
        before = self.decodings
        for path in self.entries:
            fresh = np.asarray(resize_short_side(decode(path), SIDE))
            assert np.array_equal(self.pixels(path), fresh)
        return self.decodings - before


def file_of(paths: list[Path]) -> Path:
    (path,) = (paths[0].parent / "cache").glob("*.pixels")
    return path


def test_a_small_set_is_decoded_once_and_leaves_the_disk_alone(paths):
    store = Store(paths, memory=2**20)
    assert [store.check(), store.check()] == [len(paths), 0]
    assert store.said == [] and not (paths[0].parent / "cache").exists()


def test_a_large_set_goes_to_a_file_that_the_next_sitting_finds(paths):
    store = Store(paths)
    assert store.decodings == 0, "nothing may be decoded before it is asked for"
    assert [store.check(), store.check()] == [len(paths), 0]
    assert len(store.said) == 1 and str(file_of(paths)) in store.said[0]
    assert not store._held
    later = Store(paths)
    assert later.check() == 0


def test_names_and_order_do_not_matter_but_contents_do(paths):
    Store(paths).check()
    moved = [path.rename(path.with_name(f"new {path.name}")) for path in reversed(paths)]
    assert Store(moved).check() == 0
    assert Store(moved[1:]).check() == len(paths) - 1


@pytest.mark.parametrize("spoil", ["pixel", "table", "cut", "emptied"])
def test_what_is_damaged_is_decoded_again(paths, spoil):
    Store(paths).check()
    path = file_of(paths)
    content = bytearray(path.read_bytes())
    if spoil == "pixel":
        content[-1] ^= 1
    elif spoil == "table":
        content[8] ^= 1
    path.write_bytes(content[: {"cut": len(content) - 50, "emptied": 0}.get(spoil, len(content))])
    decodings = Store(paths).check()
    assert decodings == (len(paths) if spoil == "emptied" else 1)
    assert Store(paths).check() == 0


def test_a_kill_in_the_middle_leaves_nothing_half_valid(paths, tmp_path):
    """A process dies between the first bytes of a picture and its checksum."""
    script = f"""
import os, signal
from pathlib import Path
from recyclegan.data.pixel_file import PixelFile
from tests.test_data_decoded import Store
store = Store([Path(p) for p in {[str(path) for path in paths]!r}])
store.pixels(Path({str(paths[0])!r}))
write = PixelFile._write
def half(self, start, content):
    write(self, start, content[: len(content) // 2])
    os.kill(os.getpid(), signal.SIGKILL)
PixelFile._write = half
store.pixels(Path({str(paths[1])!r}))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1])
    assert answer.returncode == -9
    assert Store(paths).check() == len(paths) - 1


def test_many_threads_and_two_stores_fill_one_file(paths):
    stores = [Store(paths), Store(paths)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: stores[n % 2].check(), range(16)))
    assert Store(paths).check() == 0


def test_a_full_disk_costs_speed_and_one_sentence(paths, monkeypatch):
    write = PixelFile._write

    def full(self, start, content):
        if full.left == 0:
            raise OSError(28, "No space left on device")
        full.left -= 1
        write(self, start, content)

    full.left = 4  # Two pictures, each with its checksum.
    monkeypatch.setattr(PixelFile, "_write", full)
    store = Store(paths)
    assert [store.check(), store.check()] == [len(paths), len(paths) - 2]
    assert len(store.said) == 2 and "No space left on device" in store.said[1]


def test_no_room_and_no_right_to_write_are_said_and_memory_serves(paths, monkeypatch):
    some = 3 * SIDE * 40
    blocked = paths[0].parent / "file"
    blocked.write_text("")
    store = Store(paths, memory=some, folder=blocked)
    assert store.check() == len(paths) and 0 < store.check() < len(paths)
    (sentence,) = store.said
    assert str(blocked) in sentence and "XDG_CACHE_HOME" in sentence
    usage = decoded.shutil.disk_usage(paths[0].parent)
    monkeypatch.setattr(decoded.shutil, "disk_usage", lambda path: usage._replace(free=9000))
    store = Store(paths)
    assert store.check() == store.check() == len(paths)
    assert "more than half of what is free" in store.said[0]


def test_files_that_nobody_used_for_long_are_removed(paths):
    Store(paths[1:])
    old = file_of(paths)
    Store(paths)
    assert old.exists()
    long_ago = time.time() - 31 * 86400
    os.utime(old, (long_ago, long_ago))
    Store(paths)
    assert not old.exists() and file_of(paths).exists()


@pytest.mark.parametrize("memory", [0, 2**20])
def test_a_file_that_vanished_or_changed_is_named(paths, memory):
    store = Store(paths, memory=memory)
    store.pixels(paths[2])
    paths[0].unlink()
    paths[1].write_bytes(paths[2].read_bytes())
    with pytest.raises(RunFailed, match=r"0\.png: no such file"):
        store.pixels(paths[0])
    with pytest.raises(RunFailed, match=r"1\.png: the file has changed"):
        store.pixels(paths[1])


def test_the_same_content_twice_is_decoded_once(paths):
    twin = paths[0].with_name("twin.png")
    twin.write_bytes(paths[0].read_bytes())
    assert Store([paths[0], twin], memory=2**20).check() == 1
