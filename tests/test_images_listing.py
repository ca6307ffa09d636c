"""Which files count as pictures."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from recyclegan.data.layouts import read_unsplit
from recyclegan.errors import UserError
from recyclegan.images.listing import list_images


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(root: Path, **options) -> list[str]:
    return [path.relative_to(root).as_posix() for path in list_images(root, **options).paths]


def test_extensions_are_blind_to_case_and_the_order_is_sorted(tmp_path):
    touch(tmp_path, "b.PNG", "a.JpEg", "sub/c.TIFF", "d.webp", "Z.bmp", "e.jfif", "ü ñ.jpg")
    assert names(tmp_path) == [
        "Z.bmp",
        "a.JpEg",
        "b.PNG",
        "d.webp",
        "e.jfif",
        "sub/c.TIFF",
        "ü ñ.jpg",
    ]


def test_recursion_is_a_choice(tmp_path):
    touch(tmp_path, "a.png", "sub/b.png", "sub/deep/c.png")
    assert names(tmp_path, recursive=False) == ["a.png"]
    assert names(tmp_path) == ["a.png", "sub/b.png", "sub/deep/c.png"]


def test_litter_and_other_files_are_passed_over_and_counted(tmp_path):
    touch(tmp_path, "a.png", ".DS_Store", "._a.png", "Thumbs.db", "notes.txt", "b")
    touch(tmp_path, ".ipynb_checkpoints/a-checkpoint.png", "__MACOSX/a.png")
    listing = list_images(tmp_path)
    assert [path.name for path in listing.paths] == ["a.png"]
    assert listing.num_ignored == 7


def test_two_names_of_one_file_count_once(tmp_path):
    touch(tmp_path, "a.png")
    (tmp_path / "again.png").symlink_to(tmp_path / "a.png")
    listing = list_images(tmp_path)
    assert [path.name for path in listing.paths] == ["a.png"]
    assert listing.num_ignored == 1


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/a.png", "store/b.png")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "outside").symlink_to(tmp_path / "store")
    assert names(tmp_path / "real") == ["a.png", "outside/b.png"]


def test_a_link_to_nothing_is_listed_and_a_pipe_is_not(tmp_path):
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    assert names(tmp_path) == ["gone.png"]


def test_an_empty_folder_gives_an_empty_listing(tmp_path):
    assert list_images(tmp_path).paths == ()


def test_a_missing_folder_is_told_with_the_nearest_name(tmp_path):
    (tmp_path / "day").mkdir()
    (tmp_path / "night").mkdir()
    with pytest.raises(
        UserError, match=r"No folder .*nigth.*holds day, night.*did you mean .*night\?"
    ):
        list_images(tmp_path / "nigth")
    with pytest.raises(UserError, match="holds day, night; check the path"):
        list_images(tmp_path / "xyz" / "deeper")


def test_a_missing_relative_folder_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="No folder nowhere"):
        list_images(Path("nowhere"))


def test_a_file_is_no_folder(tmp_path):
    touch(tmp_path, "a.png")
    with pytest.raises(UserError, match=r"a\.png is a file"):
        list_images(tmp_path / "a.png")


@pytest.fixture
def lock(monkeypatch):
    """A function that makes folders unreadable, for root too."""
    locked = set()
    scandir = os.scandir

    def guarded(path):
        if Path(path) in locked:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    return locked.add


def test_an_unreadable_folder_is_told(tmp_path, lock):
    lock(tmp_path)
    with pytest.raises(UserError, match=r"cannot be read \(Permission denied\)"):
        list_images(tmp_path)


def test_unreadable_sub_folders_are_listed_and_the_rest_is_found(tmp_path, lock):
    touch(tmp_path, "a.png", "z/locked/b.png", "b/locked/c.png", "b/d.png")
    lock(tmp_path / "z" / "locked")
    lock(tmp_path / "b" / "locked")
    listing = list_images(tmp_path)
    assert [path.name for path in listing.paths] == ["a.png", "d.png"]
    assert listing.unreadable == (tmp_path / "b" / "locked", tmp_path / "z" / "locked")


def test_reading_a_dataset_says_which_folders_are_missing(tmp_path, lock):
    touch(tmp_path, "day/a.png", "day/locked/b.png", "night/c.png")
    lock(tmp_path / "day" / "locked")
    (note,) = read_unsplit([tmp_path]).notes
    assert "day/locked may not be read" in note


def test_a_disk_s_own_folder_is_litter(tmp_path):
    touch(tmp_path, "a.png", "lost+found/b.png")
    listing = list_images(tmp_path)
    assert len(listing.paths) == 1
    assert listing.num_ignored == 1


AS_NOBODY = """
import os, sys
from pathlib import Path
from recyclegan.images.listing import list_images
os.setuid(65534)
listing = list_images(Path(sys.argv[1]))
print(*(path.name for path in (*listing.paths, *listing.unreadable)))
"""


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can")
def test_a_folder_that_may_be_listed_but_not_entered_lists_its_files():
    # Below pytest's own folder nobody else may look.
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        touch(folder, "a.png", "half/b.png", "shut/c.png")
        (folder / "half").chmod(0o744)
        (folder / "shut").chmod(0o700)
        command = [sys.executable, "-c", AS_NOBODY, name]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.split() == ["a.png", "b.png", "shut"]
