"""Several pictures at once: the same results, order and counts, within a bound of memory."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from recyclegan import load_translator, translate
from recyclegan.errors import RunFailed
from recyclegan.translation.cores import MEMORY, Cores, whole_bytes
from recyclegan.variants.registry import VARIANTS
from tests.test_translation import noise, write_model


@pytest.fixture
def four_threads(set_threads):
    set_threads(4)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors")


def folder(path, num):
    path.mkdir()
    for number in range(num):
        noise(30 + number % 5, 40 - number % 7, number).save(path / f"{number:03}.png")
    return path


def test_at_once_is_as_one_by_one(model, tmp_path, four_threads):
    source, out = folder(tmp_path / "in", 60), tmp_path / "out"
    for name in ("010", "050"):
        (source / f"{name}x.png").write_bytes((source / "001.png").read_bytes()[:90])
    translator, progress = load_translator(model), []
    counts = translate(translator, source, out, on_progress=lambda *p: progress.append(p))
    assert (counts.found, counts.translated, counts.kept) == (62, 60, 0)
    assert [error.path.name for error in counts.failed] == ["010x.png", "050x.png"]
    assert progress == [(done, 62) for done in range(1, 63)]
    assert len(counts.seconds) == 60 and sum(counts.sizes.values()) == 60
    for path in source.glob("???.png"):
        alone = np.asarray(translator(Image.open(path)), int)
        assert abs(np.asarray(Image.open(out / path.name), int) - alone).max() <= 1
    again = translate(translator, source, out)
    assert (again.translated, again.kept, len(again.failed)) == (0, 60, 2)


def test_what_was_left_is_translated(model, tmp_path, four_threads):
    source, out = folder(tmp_path / "in", 9), tmp_path / "out"
    translator = load_translator(model)
    translate(translator, source, out)
    (out / "004.png").unlink()
    counts = translate(translator, source, out)
    assert (counts.translated, counts.kept) == (1, 8) and (out / "004.png").is_file()


def test_a_full_disk_ends_it_and_leaves_no_half_picture(model, tmp_path, monkeypatch, four_threads):
    source, out = folder(tmp_path / "in", 12), tmp_path / "out"
    save = Image.Image.save

    def full(picture, path, **settings):
        save(picture, path, **settings)
        if "007" in str(path):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(RunFailed, match="No space left"):
        translate(load_translator(model), source, out)
    assert {f"{number:03}.png" for number in range(7)} <= {path.name for path in out.iterdir()}
    assert not list(out.glob(".*"))
    for path in out.glob("*.png"):
        Image.open(path).load()


@pytest.mark.parametrize(("num_bytes", "at_once"), [(1, 4), (MEMORY / 2, 2), (9 * MEMORY, 1)])
def test_pictures_at_once_fit_the_memory(num_bytes, at_once, four_threads):
    cores, lock, inside, most = Cores(num_pictures=8), threading.Lock(), 0, 0

    def work():
        nonlocal inside, most
        with cores.taken(num_bytes) as share:
            assert share == 1 / at_once and torch.get_num_threads() == 4 // at_once
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert most == at_once and not any(worker.is_alive() for worker in workers)


def test_one_picture_takes_all_cores(four_threads):
    with Cores(num_pictures=1).taken(1) as share:
        assert share == 1.0 and torch.get_num_threads() == 4


def test_threads_are_left_as_they_were(model, tmp_path, four_threads):
    """Also after a failure, and for threads that are started later."""
    translate(load_translator(model), folder(tmp_path / "in", 8), tmp_path / "out")
    with pytest.raises(RunFailed), Cores(num_pictures=8) as cores, cores.taken(1):
        raise RunFailed("a full disk")
    with ThreadPoolExecutor(1) as pool:
        assert torch.get_num_threads() == 4 == pool.submit(torch.get_num_threads).result()


def test_a_picture_of_1280_by_720_is_computed_whole_in_any_network():
    """Those of two cores at once, where all is in bfloat16."""
    for variant in VARIANTS.values():
        assert whole_bytes(1280 * 720, variant.generator, "fp32") < MEMORY
        assert whole_bytes(1280 * 720, variant.generator, "bf16") < MEMORY / 2
