"""A poll is blind, balanced, bounded, and never replaces one that has votes."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from recyclegan.cli.main import main
from recyclegan.poll.building import question_about
from recyclegan.poll.design import arrange, draw_ballots
from recyclegan.poll.files import read_key, read_poll
from recyclegan.poll.page import render_page
from recyclegan.poll.pictures import decode_encoded, spoil
from tests.poll_people import NUM_PICTURES, STRENGTHS, build, make_sets


@pytest.mark.parametrize(("pairs", "pictures", "asked"), [(3, 19, 30), (1, 4, 4), (10, 3, 14)])
def test_pairs_and_pictures_are_balanced(pairs, pictures, asked):
    ballots = draw_ballots(pairs, pictures, asked, 40, np.random.default_rng(0))
    over_all, questions = Counter(), Counter()
    for ballot in ballots:
        assert len(set(ballot)) == asked
        own = Counter(question // pictures for question in ballot)
        assert max(own.values()) - min(own.get(pair, 0) for pair in range(pairs)) <= 1
        over_all.update(own)
        questions.update(ballot)
    assert max(over_all.values()) - min(over_all.values()) <= 1
    assert len(questions) == pairs * pictures
    assert max(questions.values()) - min(questions.values()) <= 2


def test_sides_and_order_are_drawn_and_checks_are_spread():
    rng = np.random.default_rng(0)
    ballots = [arrange(list(range(30)), [30, 31, 32], rng) for _ in range(200)]
    assert all(sorted(place for place, _ in ballot) == list(range(33)) for ballot in ballots)
    assert len({tuple(place for place, _ in ballot) for ballot in ballots}) == 200
    assert all(sum(swapped for _, swapped in ballot) in (16, 17) for ballot in ballots)
    swapped = Counter(place for ballot in ballots for place, swap in ballot if swap)
    assert min(swapped.values()) > 60 and max(swapped.values()) < 140
    for ballot in ballots:
        checks = [index for index, (place, _) in enumerate(ballot) if place >= 30]
        assert checks[0] <= 10 and 10 <= checks[1] <= 22 and checks[2] >= 21


def test_the_page_tells_no_set(tmp_path):
    out, poll, key = build(tmp_path, "--source", str(tmp_path / "source"))
    page = (out / "poll.html").read_text()
    words = re.sub(r'<script type="text/plain"[^>]*>[^<]*</script>', "", page)
    for secret in (*STRENGTHS, "frame", str(tmp_path), "spoilt", "expected"):
        assert secret not in words
        assert secret not in re.sub(r'"[A-Za-z0-9+/=]{100,}"', "", (out / "poll.json").read_text())
    # Neither a number nor the order within a question goes with a set.
    numbers = {name: [] for name in STRENGTHS}
    for number, picture in enumerate(key.pictures):
        numbers.get(picture.set, []).append(number)
    assert all(min(own) < 17 < max(own) for own in numbers.values())
    real = [asked for asked in poll.questions if asked.id not in key.checks]
    lower = Counter(key.pictures[asked.pictures[0]].set for asked in real)
    assert all(asked.pictures[0] < asked.pictures[1] for asked in real) and len(lower) == 3
    assert all(asked.source is not None for asked in poll.questions)


def test_the_key_knows_each_picture(tmp_path):
    _, poll, key = build(tmp_path, "--source", str(tmp_path / "source"))
    for number, picture in enumerate(key.pictures):
        content = base64.b64decode(poll.pictures[number])
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == "JPEG" and not image.getexif()
            seen = np.asarray(image, np.float32)
        if picture.set:
            path = tmp_path / picture.set / f"{picture.name}.png"
            assert np.abs(seen - np.asarray(Image.open(path), np.float32)).mean() < 12
    from recyclegan.evaluation.sets import find_files, read_set

    for name, asked in key.sets.items():
        folder = tmp_path / name
        assert read_set(folder, find_files("fake", folder)).digest == asked.digest
    kinds = Counter(check.kind for check in key.checks.values())
    assert kinds == {"spoilt": 2, "same": 2}
    for asked in poll.questions:
        names = {key.pictures[number].name for number in (*asked.pictures, asked.source)}
        assert len(names) == 1 and key.pictures[asked.source].set == ""


def test_a_seed_makes_the_poll(tmp_path):
    (tmp_path / "x").mkdir()
    _, first, _ = build(tmp_path / "a")
    _, again, _ = build(tmp_path / "b")
    _, other, _ = build(tmp_path / "c", "--seed", "1")
    assert first == again and first.id != other.id
    assert render_page(first) == render_page(again)


@pytest.mark.parametrize("level", [0, 255])
def test_a_spoilt_picture_is_plainly_spoilt(level):
    plain = Image.new("RGB", (64, 48), (level, level, level))
    spoilt = np.asarray(spoil(plain, np.random.default_rng(0)), np.float32)
    assert np.abs(spoilt - level).mean() > 40 and spoilt.shape == (48, 64, 3)


def test_a_page_that_would_be_too_large_asks_about_fewer(tmp_path, capsys):
    out, _, key = build(tmp_path, "--max-megabytes", "1", side=128)
    said = capsys.readouterr().out
    names = {picture.name for picture in key.pictures}
    assert 1 <= len(names) < NUM_PICTURES
    assert f"{len(names)} of {NUM_PICTURES} pictures" in said and "--max-megabytes" in said
    assert (out / "poll.html").stat().st_size <= 1e6
    words = make_sets(tmp_path / "large", side=600, num_pictures=1)
    refused = ["poll", "build", "--sets", *words, "--out", str(tmp_path / "no")]
    assert main([*refused, "--max-megabytes", "1"]) == 2
    assert "Not one picture" in capsys.readouterr().err and not (tmp_path / "no").exists()


def test_large_pictures_are_reduced_and_unlike_sizes_told(tmp_path, capsys):
    words = make_sets(tmp_path, num_pictures=1)
    Image.new("RGB", (3000, 1500)).save(tmp_path / "alpha" / "frame 0.png")
    assert main(["poll", "build", "--sets", *words, "--out", str(tmp_path / "poll")]) == 0
    assert "differ in size" in capsys.readouterr().out
    sizes = {decode_encoded(text).size for text in read_poll(tmp_path / "poll").pictures}
    assert sizes == {(1024, 512), (24, 24)}


def test_what_cannot_be_read_or_has_no_partner_is_told(tmp_path, capsys):
    words = make_sets(tmp_path)
    (tmp_path / "beta" / "frame 3.png").write_bytes(b"no picture")
    (tmp_path / "alpha" / "frame 5.png").unlink()
    assert main(["poll", "build", "--sets", *words, "--out", str(tmp_path / "poll")]) == 1
    said = capsys.readouterr().out
    assert "left out: " in said and "frame 3.png" in said
    assert "beta: 1 pictures have no partner" in said
    assert f"{NUM_PICTURES - 2} pictures" in said


def test_earlier_polls_are_replaced_when_asked_and_votes_never(tmp_path, capsys):
    out, _, _ = build(tmp_path)
    words = [f"{name}={tmp_path / name}" for name in STRENGTHS]
    again = ["poll", "build", "--sets", *words, "--out", str(out), "--seed", "3"]
    assert main(again) == 2 and "--overwrite" in capsys.readouterr().err
    (out / "votes-1.json").write_text("{}")
    assert main([*again, "--overwrite"]) == 2 and "votes-1.json" in capsys.readouterr().err
    (out / "votes-1.json").unlink()
    assert main([*again, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--sets a=x --out y", "at least two sets"),
        ("--sets a=x b --out y", "--sets b"),
        ("--sets a=x a=z --out y", "two sets called a"),
        ("--sets =x a=z --out y", "--sets =x"),
        ("--sets a=x b=z --out y --questions 0", "--questions 0"),
        ("--sets a=x b=z --out y --attention 99", "--attention 99"),
        ("--sets a=x b=z --out y --max-megabytes nan", "--max-megabytes"),
        ("--sets a=/none/x b=z --out y", "/none"),
        ("--out y", "--sets"),
    ],
)
def test_mistakes_get_one_sentence(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["poll", "build", *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "y").exists()


def test_any_file_name_will_do(tmp_path):
    words = make_sets(tmp_path, num_pictures=1)
    for name in STRENGTHS:
        picture = tmp_path / name / "frame 0.png"
        (tmp_path / name / "sub").mkdir()
        for odd in (
            b"\xff<\"'&\n.png",
            "sub/\N{SNOWMAN}</script>.png".replace("/script", "").encode(),
        ):
            (tmp_path / name / os.fsdecode(odd)).write_bytes(picture.read_bytes())
    assert main(["poll", "build", "--sets", *words, "--out", str(tmp_path / "poll")]) == 0
    poll = read_poll(tmp_path / "poll")
    names = {picture.name for picture in read_key(tmp_path / "poll", poll).pictures}
    assert names == {"frame 0", "\\udcff<\"'&\n", "sub/\N{SNOWMAN}<>"}


def test_a_question_with_markup_is_shown_as_it_is(tmp_path):
    out, poll, _ = build(tmp_path, "--question", 'Is </title><script>x</script> & "night"?')
    page = (out / "poll.html").read_text()
    assert "<script>x" not in page and "&lt;script&gt;x" in page
    assert poll.asks.startswith("Is </title>")


def test_sets_without_a_common_name_are_refused(tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / f"{name}.png")
    sets = [f"{name}={tmp_path / name}" for name in ("a", "b")]
    assert main(["poll", "build", "--sets", *sets, "--out", str(tmp_path / "poll")]) == 2
    assert "No file name is in every set (a has 1, b has 1)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "asks"),
    [("clear", "Which looks more like a real clear photo?"),
     ("B", "Which looks more like a real photo?")],
)  # fmt: skip
def test_the_question_names_what_the_sets_were_translated_to(tmp_path, target, asks):
    record = json.dumps({"from": "hazy", "to": target})
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "translation.json").write_text(record)
    assert question_about([tmp_path / "alpha", tmp_path / "beta"]) == asks
    other = json.dumps({"from": "hazy", "to": "fog"})
    (tmp_path / "beta").mkdir()
    (tmp_path / "beta" / "translation.json").write_text(other)
    folders = [tmp_path / "alpha", tmp_path / "beta"]
    assert question_about(folders) == "Which looks more like a real photo?"
    assert question_about(folders[1:]) == "Which looks more like a real fog photo?"
