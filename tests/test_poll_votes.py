"""Files of votes from anyone: what is wrong is listed in a sentence, what is right counts."""

from __future__ import annotations

import json

import pytest

from recyclegan.cli.main import main
from recyclegan.poll.votes import MAX_BYTES, Ballots
from tests.poll_people import as_file, ballot_of, build


@pytest.fixture(scope="module")
def poll_dir(tmp_path_factory):
    return build(tmp_path_factory.mktemp("poll"))


def taken(poll, path, text):
    path.write_text(text)
    ballots = Ballots(poll)
    ballots.add_file(path)
    return ballots


HOSTILE = {
    "no JSON": (lambda text: text[:-5], "holds no votes"),
    "a list": (lambda text: "[1, 2]", "holds no votes"),
    "nested": (lambda text: "[" * 100_000, "holds no votes"),
    "not UTF-8": (lambda text: text.replace("voter 1", "\ud800"), "holds no votes"),
    "another kind": (lambda text: text.replace('"votes", "version"', '"x", "version"'), "'kind'"),
    "another poll": (lambda text: changed(text, poll="f" * 16), "another poll ('ffffffffffffffff')"),
    "an endless poll": (lambda text: changed(text, poll="x" * 9999), "xxx…'"),
    "a voter of no type": (lambda text: changed(text, voter=3), "'voter' input should be"),
    "no voter": (lambda text: changed(text, voter=""), "'voter'"),
    "an endless voter": (lambda text: changed(text, voter="x" * 999), "'voter'"),
    "votes of no type": (lambda text: changed(text, votes={"a": 1}), "'votes'"),
    "more fields": (lambda text: changed(text, surplus=1), "'surplus'"),
    "endless votes": (lambda text: changed(text, votes=[0] * 500_000), "500000 votes on 28"),
    "huge": (lambda text: text + " " * MAX_BYTES, "larger"),
}  # fmt: skip


def changed(text, **changes):
    return json.dumps({**json.loads(text), **changes})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_ballot_is_refused_in_a_clause(name, poll_dir, tmp_path):
    _, poll, key = poll_dir
    spoil, said = HOSTILE[name]
    text = spoil(as_file(poll, "voter 1", ballot_of(poll, key, 0)))
    path = tmp_path / "votes-1.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    ballots = Ballots(poll)
    ballots.add_file(path)
    ((place, reason),) = ballots.refused
    assert not ballots.votes and place == str(path)
    assert said in reason and len(reason) < 200 and "\n" not in reason


BAD_VOTES = {
    "no object": (3, "vote 2"),
    "an unknown question": ({"question": "beef"}, "no question 'beef'"),
    "a picture of another question": ({"first": 10_000}, "has no picture 10000"),
    "a picture of no type": ({"first": "0"}, "'first'"),
    "truth for a picture": ({"first": True}, "'first'"),
    "an unknown answer": ({"answer": "left"}, "'answer'"),
    "endless seconds": ({"seconds": 1e999}, "'seconds'"),
    "a number beyond all": ({"number": 2**70}, "'number'"),
    "a field too many": ({"credit": 1}, "'credit'"),
}


@pytest.mark.parametrize("name", BAD_VOTES)
def test_a_bad_vote_is_listed_and_the_others_count(name, poll_dir, tmp_path):
    _, poll, key = poll_dir
    votes = [vars(vote).copy() for vote in ballot_of(poll, key, 0)]
    change, said = BAD_VOTES[name]
    votes[1] = {**votes[1], **change} if isinstance(change, dict) else change
    ballots = taken(poll, tmp_path / "votes-1.json", as_file(poll, "me", votes))
    ((_, reason),) = ballots.refused
    assert said in reason and len(ballots.votes["me"]) == len(votes) - 1


def test_a_question_answered_twice_in_a_file_counts_once(poll_dir, tmp_path):
    _, poll, key = poll_dir
    votes = ballot_of(poll, key, 0)
    ballots = taken(poll, tmp_path / "votes-1.json", as_file(poll, "me", [*votes, votes[3]]))
    assert len(ballots.votes["me"]) == len(votes)
    assert [reason for _, reason in ballots.refused] == [
        f"vote {len(votes) + 1} repeats question '{votes[3].question}'"
    ]


def test_a_voter_in_two_files_counts_once_with_the_later_answers(poll_dir, tmp_path):
    _, poll, key = poll_dir
    votes = ballot_of(poll, key, 0)
    later = [vars(vote) | {"answer": "tie", "number": vote.number + 100} for vote in votes[:3]]
    early, late = tmp_path / "early.json", tmp_path / "late.json"
    early.write_text(as_file(poll, "me", votes))
    late.write_text(as_file(poll, "me", later))
    for order in ((early, late), (late, early)):
        ballots = Ballots(poll)
        for path in order:
            ballots.add_file(path)
        held = ballots.votes["me"]
        assert len(held) == len(votes) and not ballots.refused
        assert [held[vote.question].answer for vote in votes[:3]] == ["tie"] * 3


def test_score_from_the_command_line(poll_dir, tmp_path, capsys):
    folder, poll, key = poll_dir
    for number in range(6):
        text = as_file(poll, f"voter {number}", ballot_of(poll, key, number))
        (tmp_path / f"{number}.json").write_text(text)
    (tmp_path / "bad.json").write_text("no")
    (tmp_path / "comparison.json").write_text("[]")
    files = [str(path) for path in sorted(tmp_path.glob("[0-9b]*.json"))]
    command = [
        "poll",
        "score",
        str(folder),
        "--votes",
        *files,
        "--out",
        str(tmp_path / "score.json"),
    ]
    assert main([*command, "--metrics", str(tmp_path / "comparison.json")]) == 2
    assert "--metrics" in capsys.readouterr().err
    assert main(command) == 1
    said = capsys.readouterr().out
    assert "wins against alpha" in said and "refused: " in said and "bad.json" in said
    score = json.loads((tmp_path / "score.json").read_text(), parse_constant=pytest.fail)
    assert score["votes"]["num_voters"] == 6 and len(score["refused"]) == 1
    assert (tmp_path / "score.png").read_bytes().startswith(b"\x89PNG")
    assert main(command) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == score


@pytest.mark.parametrize("hurt", ["poll.json", "key.json"])
def test_a_poll_that_was_changed_is_not_scored(hurt, tmp_path, capsys):
    folder, _, _ = build(tmp_path)
    path = folder / hurt
    text = path.read_text()
    for broken, said in (
        (text.replace("more like a real", "more like a painted") if hurt == "poll.json"
         else text.replace('"poll": "', '"poll": "0'), "was changed" if hurt == "poll.json" else "another poll"),
        (text[:-20], "is not what"),
        (None, "cannot be read"),
    ):  # fmt: skip
        path.unlink()
        if broken is not None:
            path.write_text(broken)
        assert main(["poll", "score", str(folder)]) == 2
        assert said in capsys.readouterr().err


def test_no_votes_is_a_sentence(tmp_path, capsys):
    folder, _, _ = build(tmp_path)
    assert main(["poll", "score", str(folder)]) == 2
    assert "There are no votes yet" in capsys.readouterr().err
    assert main(["poll", "score", str(folder), "--votes", "none.json"]) == 2
    assert "none.json" in capsys.readouterr().err
    (folder / "votes.sqlite").write_bytes(b"no database at all, but long enough" * 40)
    assert main(["poll", "score", str(folder)]) == 2
    assert "votes.sqlite" in capsys.readouterr().err
    assert not (folder / "score.json").exists()
