"""The doctor: what it finds, and that each trouble is noticed and comes with its mend."""

import json
from dataclasses import replace

import pytest

from recyclegan.cli.main import main
from recyclegan.doctor import packages
from recyclegan.doctor.findings import findings
from recyclegan.doctor.machine import Accelerator, Machine
from recyclegan.doctor.pictures import look_at
from recyclegan.doctor.weights import Weights, read_weights_at_hand
from recyclegan.networks.named_layers import vgg_files
from recyclegan.networks.weights import VARIABLE

GB = 2**30
SOUND = Machine(
    processor="a processor",
    cores=4,
    simd="AVX2",
    native_bf16=False,
    threads=4,
    thread_settings={},
    accelerators=(),
    nvidia_driver=False,
    torch_cuda="13.0",
    memory=16 * GB,
    memory_free=8 * GB,
    disk_free=100 * GB,
    shared_memory=8 * GB,
    compiler=None,
)
GPU = (Accelerator("a GPU", 16 * GB),)


def test_nothing_is_wrong_with_a_sound_machine():
    assert findings(SOUND, [], [], {}) == []
    assert findings(replace(SOUND, nvidia_driver=True, accelerators=GPU), [], [], {}) == []
    assert findings(replace(SOUND, memory_free=None, shared_memory=None), [], [], {}) == []


TROUBLE = {
    "torch for the processor": (
        {"nvidia_driver": True, "torch_cuda": None}, "the processor alone", "--index-url"),
    "a GPU that is not found": ({"nvidia_driver": True}, "finds no GPU", "nvidia-smi"),
    "little disk": ({"disk_free": GB}, "1.0 GB of disk", "Make room"),
    "little memory": ({"memory_free": GB // 2}, "0.5 GB of memory", "--images.size 64"),
    "little shared memory": ({"shared_memory": 64 * 2**20}, "64 MB", "--shm-size"),
    "one thread": ({"thread_settings": {"OMP_NUM_THREADS": "1"}}, "one of 4 cores", "unset OMP"),
}  # fmt: skip


@pytest.mark.parametrize("case", TROUBLE)
def test_trouble_is_noticed_and_comes_with_its_mend(case):
    changes, wrong, mend = TROUBLE[case]
    (finding,) = findings(replace(SOUND, **changes), [], [], {})
    assert wrong in finding.wrong and mend in finding.mend


def test_one_thread_is_right_where_there_is_one_core_or_a_gpu():
    one = replace(SOUND, thread_settings={"OMP_NUM_THREADS": "1"})
    assert findings(replace(one, cores=1), [], [], {}) == []
    assert findings(replace(one, accelerators=GPU), [], [], {}) == []


def test_an_old_package_is_named_with_what_installs_it(monkeypatch):
    real = packages.installed
    monkeypatch.setattr(packages, "installed", lambda n: "2.5.1" if n == "torch" else real(n))
    assert packages.unmet_core() == ["torch>=2.6"]
    (finding,) = findings(SOUND, packages.unmet_core(), [], {})
    assert "torch>=2.6" in finding.wrong and finding.mend == "pip install 'torch>=2.6'"


def test_a_missing_package_leaves_its_extras_incomplete(monkeypatch):
    real = packages.installed
    assert packages.unmet_core() == []
    monkeypatch.setattr(packages, "installed", lambda n: None if n == "timm" else real(n))
    extras = {extra.name: extra for extra in packages.read_extras()}
    for name in ("curate", "eval"):
        assert any(one.startswith("timm") for one in extras[name].missing)
        assert extras[name].command == f"pip install 'recyclegan[{name}]'"
    assert not {"all", "dev"} & set(extras)


def test_weights_are_found_where_they_are_looked_for(tmp_path, monkeypatch):
    assert not any(one.path for one in read_weights_at_hand())
    file = tmp_path / vgg_files("vgg19")[0][0]
    file.write_bytes(b"weights")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = {one.name: one for one in read_weights_at_hand() if one.path}
    assert list(found) == ["vgg19"] and found["vgg19"].path == file
    assert findings(SOUND, [], list(found.values()), {VARIABLE: str(tmp_path)}) == []


def test_a_variable_that_points_nowhere_is_noticed(tmp_path):
    weights = [Weights("vgg19", "variants", None, "vgg19.pth")]
    (nowhere,) = findings(SOUND, [], weights, {VARIABLE: str(tmp_path / "gone")})
    assert "no such folder" in nowhere.wrong
    (useless,) = findings(SOUND, [], weights, {VARIABLE: str(tmp_path)})
    assert "vgg19.pth" in useless.mend


def test_pictures_are_counted_and_the_broken_one_is_named(tiny_data, tmp_path):
    seen = look_at([tiny_data])
    assert seen.trouble == () and sum(seen.counts.values()) == 8 and seen.smallest == (48, 40)
    for part in ("day", "night"):
        (tmp_path / part).symlink_to(tiny_data / ("trainA" if part == "day" else "trainB"))
    (tmp_path / "dusk").mkdir()
    (tmp_path / "dusk" / "torn.png").write_bytes(b"\x89PNG no more")
    (sentence,) = look_at([tmp_path / "dusk", tmp_path / "night"]).trouble
    assert "torn.png" in sentence


def test_the_report_is_strict_json_and_the_status_says_whether_something_is_wrong(
    tiny_data, tmp_path, capsys
):
    main(["doctor", "--quick", "--json", "--data", str(tiny_data)])
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]["cores"] >= 1 and report["speed"] is None
    assert report["data"]["counts"] == {"A": 5, "B": 3}
    wrong = [one["wrong"] for one in report["wrong"]]
    assert main(["doctor", "--quick"]) == (1 if wrong else 0)
    said = capsys.readouterr().out
    assert "processor" in said and ("Nothing is wrong" in said) == (not wrong)
    assert main(["doctor", "--quick", "--data", str(tmp_path / "gone")]) == 1
    said = capsys.readouterr().out
    assert "No folder" in said and "Mend: " in said


def test_the_speed_is_that_of_real_steps(capsys):
    main(["doctor", "--json"])
    speed = json.loads(capsys.readouterr().out)["speed"]
    assert 0 < speed["seconds_a_step"] < 60 and speed["device"]
