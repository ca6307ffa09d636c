"""From decisions to lists: nothing is deleted, groups stay together, training follows the lists."""

from __future__ import annotations

import csv
import json

import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.curation.findings import (
    DomainFindings,
    Findings,
    Item,
    read_findings,
    write_findings,
)
from recyclegan.data.layouts import read_layout
from recyclegan.errors import UserError

FORMAT = "recyclegan-decisions-1"


def item(name, split="train", group=0):
    return Item(name, split, 0.5, 0.1, 0, 0, 0, group, 0.1)


def save_picture(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 10), (level, 40, 90)).save(path)


def make(tmp_path, names_a, names_b):
    """A dataset directory, its findings, and the folder of both."""
    root = tmp_path / "data"
    for number, picture in enumerate((*names_a, *names_b)):
        save_picture(root / picture.name, number)
    findings = Findings(
        "digest",
        {},
        DomainFindings("day", tuple(names_a), ()),
        DomainFindings("night", tuple(names_b), ()),
    )
    (tmp_path / "data-curation").mkdir()
    write_findings(findings, tmp_path / "data-curation" / "curation.json")
    return root


def decide(tmp_path, a=(), b=(), data="digest", **other):
    path = tmp_path / "decisions.json"
    content = {
        "format": FORMAT,
        "data": data,
        "dropped": {"a": list(a), "b": list(b)},
        "saved": "2026-01-01T00:00:00Z",
    }
    path.write_text(json.dumps(content | other))
    return path


def apply(root, decisions, *flags):
    return main(["curate", "apply", str(root), str(decisions), *flags])


def names(path):
    with path.open(newline="") as lines:
        return [row["file_name"] for row in csv.DictReader(lines)]


@pytest.fixture
def junyanz(tmp_path):
    a = [item(f"trainA/{i}.png", group=i) for i in range(5)] + [item("testA/9.png", "test", 9)]
    b = [item(f"trainB/{i}.png", group=20 + i) for i in range(5)] + [
        item("testB/9.png", "test", 29)
    ]
    return make(tmp_path, a, b)


def test_findings_survive_their_file(tmp_path):
    findings = Findings(
        "d", {"k": 20}, DomainFindings("a", (item("ä/ö.png"),), ()), DomainFindings("b", (), ())
    )
    write_findings(findings, tmp_path / "f.json")
    assert read_findings(tmp_path / "f.json") == findings
    (tmp_path / "g.json").write_text('{"data": 1}')
    for name in ("g.json", "missing.json"):
        with pytest.raises(UserError, match="run that first"):
            read_findings(tmp_path / name)


def test_dropped_pictures_are_in_no_list_and_still_on_disk(tmp_path, junyanz, capsys):
    decisions = decide(tmp_path, a=["trainA/1.png"], b=["trainB/0.png", "trainB/4.png"])
    before = sorted(path.relative_to(junyanz) for path in junyanz.rglob("*.png"))
    assert apply(junyanz, decisions) == 0
    assert sorted(path.relative_to(junyanz) for path in junyanz.rglob("*.png")) == before
    assert names(junyanz / "trainA_filtered.csv") == [f"trainA/{i}.png" for i in (0, 2, 3, 4)]
    assert names(junyanz / "testA_filtered.csv") == ["testA/9.png"]
    said = capsys.readouterr().out
    assert "1 of day, 2 of night" in said
    table = [line.split() for line in said.splitlines()]
    assert ["day", "4", "1", "5"] in table and ["total", "7", "2", "9"] in table
    found = read_layout([junyanz], seed=0, test_fraction=0.2)
    assert [path.name for path in found.b.train] == ["1.png", "2.png", "3.png"]
    assert [path.name for path in found.b.test] == ["9.png"]


def test_lists_are_replaced_only_when_asked(tmp_path, junyanz, capsys):
    assert apply(junyanz, decide(tmp_path, a=["trainA/1.png"])) == 0
    before = (junyanz / "trainA_filtered.csv").read_bytes()
    assert apply(junyanz, decide(tmp_path)) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (junyanz / "trainA_filtered.csv").read_bytes() == before
    assert apply(junyanz, decide(tmp_path), "--overwrite") == 0
    assert len(names(junyanz / "trainA_filtered.csv")) == 5


def test_a_group_on_both_sides_goes_where_most_of_it_is(tmp_path):
    a = [
        item("trainA/0.png", "train", 1), item("trainA/1.png", "train", 1), item("testA/2.png", "test", 1),
        item("trainA/3.png", "train", 2), item("testA/4.png", "test", 3), item("trainA/5.png", "train", 4),
    ]  # fmt: skip
    b = [
        item("testB/0.png", "test", 2), item("testB/1.png", "test", 2),
        item("trainB/2.png", "train", 5), item("testB/3.png", "test", 4),
    ]  # fmt: skip
    root = make(tmp_path, a, b)
    assert apply(root, decide(tmp_path)) == 0
    assert set(names(root / "testA_filtered.csv")) == {"trainA/3.png", "testA/4.png"}
    assert set(names(root / "trainB_filtered.csv")) == {"trainB/2.png", "testB/3.png"}
    found = read_layout([root], seed=0, test_fraction=0.2)
    assert {path.name for path in found.a.test} == {"3.png", "4.png"}


def test_truth_stays_with_what_is_still_tested(tmp_path, junyanz):
    save_picture(junyanz / "truthA" / "9.png", 200)
    assert apply(junyanz, decide(tmp_path)) == 0
    found = read_layout([junyanz], seed=0, test_fraction=0.2)
    assert found.a.truth == {junyanz / "testA" / "9.png": junyanz / "truthA" / "9.png"}


@pytest.mark.parametrize("flags", [(), ("--split", "new", "--seed", "3")])
def test_folders_without_a_split_get_one_by_groups(tmp_path, flags):
    a = [item(f"day/{i}.png", group=i // 3) for i in range(15)]
    b = [item(f"night/{i}.png", group=i // 3) for i in range(15)]
    root = make(tmp_path, a, b)
    assert apply(root, decide(tmp_path, a=["day/0.png"]), *flags) == 0
    held = {side: names(root / f"{side}_test_filtered.csv") for side in ("day", "night")}
    groups = {
        side: {
            int(name.split("/")[1][:-4]) // 3 for side_names in held.values() for name in side_names
        }
        for side in held
    }
    assert held["day"] and groups["day"] == groups["night"]
    kept = {int(n.split("/")[1][:-4]) // 3 for n in names(root / "day_train_filtered.csv")}
    assert kept.isdisjoint(groups["day"])
    found = read_layout([root], seed=9, test_fraction=0.5)
    assert [path.relative_to(root).as_posix() for path in found.a.test] == sorted(held["day"])


def test_the_study_layout_has_its_own_lists(tmp_path):
    a = [item(f"input_A/{i}.png", "test" if i == 0 else "train", i) for i in range(4)]
    b = [item(f"input_B/{i}.png", "test" if i == 0 else "train", 9 + i) for i in range(4)]
    root = make(tmp_path, a, b)
    for letter in "AB":
        (root / f"input_{letter}_train.csv").write_text("file_name\n1.png\n2.png\n3.png\n")
        (root / f"input_{letter}_test.csv").write_text("file_name\n0.png\n")
    assert apply(root, decide(tmp_path, a=["input_A/2.png"])) == 0
    assert names(root / "input_A_train_filtered.csv") == ["1.png", "3.png"]
    found = read_layout([root], seed=0, test_fraction=0.2)
    assert [path.name for path in found.a.train] == ["1.png", "3.png"]


def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path, junyanz, capsys):
    everything = [f"trainA/{i}.png" for i in range(5)] + ["testA/9.png"]
    for decisions, words in (
        (lambda: decide(tmp_path, data="other"), "other pictures"),
        (lambda: decide(tmp_path, a=["trainA/77.png"]), "trainA/77.png"),
        (lambda: decide(tmp_path, a=everything), "every picture of day"),
        (lambda: decide(tmp_path, format="x"), "decisions.json"),
        (lambda: tmp_path / "missing.json", "missing.json"),
    ):
        assert apply(junyanz, decisions()) == 2
        error = capsys.readouterr().err
        assert words in error and "Traceback" not in error and len(error.splitlines()) == 1
    assert not list(junyanz.glob("*.csv"))


def test_half_of_the_lists_is_refused(tmp_path, junyanz):
    assert apply(junyanz, decide(tmp_path)) == 0
    (junyanz / "testA_filtered.csv").unlink()
    with pytest.raises(UserError, match="testA_filtered"):
        read_layout([junyanz], seed=0, test_fraction=0.2)
