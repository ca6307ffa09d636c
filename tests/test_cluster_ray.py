"""On a real Ray cluster of two cores: the same bits as alone, whatever is lost on the way."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

pytest.importorskip("ray.data")
pytest.importorskip("psutil")

import psutil

from recyclegan import load_translator, translate
from recyclegan.cli.main import main
from recyclegan.cluster.session import cluster
from recyclegan.cluster.storage import Storage
from recyclegan.errors import RunFailed
from recyclegan.features.cache import FeatureCache
from recyclegan.features.extractor import LuminanceFeatures, NetworkFeatures
from recyclegan.features.reading import fill_cache, read_features
from recyclegan.networks.pretrained import Backbone
from recyclegan.translation.stored import translate_stored
from tests.test_translation import noise, write_model

pytestmark = pytest.mark.slow

NUM = 40


@pytest.fixture(scope="module")
def ray_cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", "local")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        with cluster() as started:
            yield started


@pytest.fixture
def two_threads(set_threads):
    """As many as a worker has; the choice of threads may change last bits."""
    set_threads(2)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "generators.safetensors")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    for number in range(NUM):
        path = folder / f"part {number % 2}" / f"{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        noise(70 + number % 5, 90 - number % 7, number).save(path)
    (folder / "cut.png").write_bytes(path.read_bytes()[:200])
    noise(40, 40).save(folder / "twice.gif")
    noise(40, 40).save(folder / "twice.png")
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.is_file() and path.name != "translation.json"
    }


def same_record(one, other):
    records = [json.loads((folder / "translation.json").read_text()) for folder in (one, other)]
    for record in records:
        del record["seconds_per_image"]
    return records[0] == records[1]


def test_a_folder_is_translated_as_it_is_alone(ray_cluster, model, source, tmp_path, two_threads):
    translator, progress = load_translator(model), []
    alone = translate(translator, source, tmp_path / "alone")
    counts = translate(
        translator,
        source,
        tmp_path / "ray",
        cluster=ray_cluster,
        on_progress=lambda *done: progress.append(done),
    )
    assert (counts.found, counts.translated, counts.kept) == (NUM + 3, NUM + 2, 0)
    assert [str(error) for error in counts.failed] == [str(error) for error in alone.failed]
    assert [path.name for path in counts.renamed] == [path.name for path in alone.renamed]
    assert counts.sizes == alone.sizes
    assert contents(tmp_path / "ray") == contents(tmp_path / "alone")
    assert same_record(tmp_path / "ray", tmp_path / "alone")
    assert progress == [(done, NUM + 3) for done in range(1, NUM + 4)]
    (tmp_path / "ray" / "part 0" / "004.png").unlink()
    again = translate(translator, source, tmp_path / "ray", cluster=ray_cluster)
    assert (again.translated, again.kept, len(again.failed)) == (1, NUM + 1, 1)


def test_what_a_killed_worker_had_is_done_again(
    ray_cluster, model, source, tmp_path, two_threads, capfd
):
    translator, killed = load_translator(model), []

    def kill_once(done, total):
        if not killed:
            killed.extend(workers())
            for process in killed:
                process.kill()

    counts = translate(
        translator, source, tmp_path / "ray", cluster=ray_cluster, on_progress=kill_once
    )
    assert killed and not any(process.is_running() for process in killed)
    assert (counts.translated, counts.kept, len(counts.failed)) == (NUM + 2, 0, 1)
    translate(translator, source, tmp_path / "alone")
    assert contents(tmp_path / "ray") == contents(tmp_path / "alone")
    assert capfd.readouterr() == ("", "")


def workers(pid=None):
    return [
        process
        for process in psutil.Process(pid).children(recursive=True)
        if process.name().startswith("ray::MapWorker")
    ]


def test_a_full_disk_is_told_as_it_is_alone(ray_cluster, model, source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part 1").write_text("a file where a folder is wanted")
    with pytest.raises(RunFailed, match="cannot be written"):
        translate(load_translator(model), source, tmp_path / "out", cluster=ray_cluster)


def test_a_share_that_kills_its_workers_ends_it(ray_cluster):
    def kill(items):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RunFailed, match="lost 5 times"):
        list(ray_cluster.in_shares(kill, [1]))


@pytest.mark.parametrize("kind", ["network", "luminance"])
def test_features_are_as_they_are_alone(kind, ray_cluster, source, tmp_path, two_threads):
    extractor = LuminanceFeatures() if kind == "luminance" else seeded()
    paths = sorted(source.rglob("*.png"))
    caches = [FeatureCache(tmp_path / name, extractor.identity) for name in ("alone", "ray")]
    alone = read_features(paths, extractor, caches[0])
    there = read_features(paths, extractor, caches[1], cluster=ray_cluster)
    assert (there.paths, there.sha256, there.bad) == (alone.paths, alone.sha256, alone.bad)
    assert len(there.bad) == 1
    np.testing.assert_array_equal(there.features, alone.features)
    reopened = FeatureCache(tmp_path / "ray", extractor.identity)
    assert fill_cache(paths, None, reopened, cluster=ray_cluster)[0] == alone.bad[0]


def seeded():
    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(3, 32, 3, 2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1))
    network = torch.nn.Sequential(*layers, torch.nn.Flatten()).eval()
    half = torch.full((3, 1, 1), 0.5)
    return NetworkFeatures(Backbone("seeded", "none", network, 32, half, half))


def test_folders_are_translated_by_way_of_storage(
    ray_cluster, model, source, tmp_path, two_threads
):
    translator, alone, stored = load_translator(model), tmp_path / "alone", tmp_path / "stored"
    translate(translator, source, alone, extension=".png")
    places = Storage(f"file://{source}"), Storage(str(stored))
    counts = translate_stored(translator, *places, ray_cluster, extension=".png")
    assert (counts.translated, [str(error) for error in counts.failed]) == (
        NUM + 2,
        [f"cut.png: {reason(alone)}"],
    )
    assert contents(stored) == contents(alone)
    (stored / "part 1" / "005.png").unlink()
    again = translate_stored(translator, *places, ray_cluster, extension=".png")
    assert (again.translated, again.kept) == (1, NUM + 1)


def reason(out):
    return json.loads((out / "translation.json").read_text())["failed"][0]["reason"]


def test_an_object_store(ray_cluster, model, source, tmp_path, two_threads, monkeypatch):
    s3fs, moto = pytest.importorskip("s3fs"), pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        system = s3fs.S3FileSystem(endpoint_url=url)
        system.mkdir("bucket")
        system.put(f"{source}/", "bucket/in", recursive=True)
        translator, alone = load_translator(model), tmp_path / "alone"
        translate(translator, source, alone)
        places = Storage("s3://bucket/in"), Storage("s3://bucket/deep/out")
        for place in places:
            place._system = (
                system  # Workers run already, without the address in their surroundings.
            )
        counts = translate_stored(translator, *places, ray_cluster)
        assert (counts.translated, len(counts.failed)) == (NUM + 2, 1)
        system.get("bucket/deep/out/", str(tmp_path / "out"), recursive=True)
        assert contents(tmp_path / "out") == contents(alone)
        system.rm("bucket/deep/out/part 1/005.png")
        again = translate_stored(translator, *places, ray_cluster)
        assert (again.translated, again.kept) == (1, NUM + 1)
    finally:
        server.stop()
    with pytest.raises(RunFailed, match="cannot be written"):
        places[1].put(model, "x.png")


def test_a_command_that_is_cut_goes_on(model, source, tmp_path, capsys):
    words = ["translate", str(model), str(source), str(tmp_path / "out"), "--direction=a2b"]
    words += ["--engine", "ray", "--precision", "fp32"]
    process = subprocess.Popen([sys.executable, "-m", "recyclegan", *words])
    deadline = time.monotonic() + 120
    while not list((tmp_path / "out").rglob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.02)
    left = workers(process.pid)
    process.kill()
    process.wait()
    there = contents(tmp_path / "out")
    _, alive = psutil.wait_procs(left, timeout=60)
    assert there and left and not alive
    assert main([*words[:-4], "--precision", "fp32"]) == 1
    said = capsys.readouterr().out
    assert f"{NUM + 3} found" in said and " 0 kept" not in said
    main([*words[:3], str(tmp_path / "whole"), *words[4:5], "--precision", "fp32"])
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
