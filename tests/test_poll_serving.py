"""The served poll: nothing but the poll can be had, and no acknowledged vote is ever lost."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from recyclegan.cli.main import main
from recyclegan.poll.serving import MAX_BODY, make_server
from recyclegan.poll.store import VoteStore
from recyclegan.poll.votes import Vote
from tests.poll_people import ballot_of, build


@pytest.fixture(scope="module")
def poll_dir(tmp_path_factory):
    return build(tmp_path_factory.mktemp("poll"), "--questions", "20")


@pytest.fixture
def served(poll_dir, tmp_path):
    _, poll, _ = poll_dir
    store = VoteStore(tmp_path, poll.id)
    server = make_server(poll, store, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1], store
    server.shutdown()
    server.server_close()
    store.close()


class Person:
    """A browser as far as the server can tell: it keeps its cookie."""

    def __init__(self, port):
        self.port = port
        self.cookie = None

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if found := answer.getheader("Set-Cookie"):
            assert "HttpOnly" in found and "SameSite" in found
            self.cookie = found.split(";")[0]
        connection.close()
        return answer.status, content

    def post(self, path, content):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        status, answer = self.ask("POST", path, body, **{"Content-Type": "application/json"})
        return status, json.loads(answer)

    def begin(self):
        status, known = self.post("/begin", {})
        assert status == 200
        return known


def vote_json(vote):
    return {name: value for name, value in vars(vote).items() if not name.startswith("_")}


def test_the_page_and_its_pictures_are_all_there_is(served, poll_dir):
    port, _ = served
    _, poll, _ = poll_dir
    person = Person(port)
    status, page = person.ask("GET", "/")
    assert (
        status == 200 and b'"served":true' in page and b"base64," not in page.split(b"<script>")[0]
    )
    status, picture = person.ask("GET", "/picture/0")
    assert status == 200 and picture.startswith(b"\xff\xd8")
    for path in (
        "/key.json", "/poll.json", "/votes.sqlite", "/../key.json", "/picture/../../key.json",
        "/picture/..%2f..%2fkey.json", "//etc/passwd", "/picture//etc/passwd", "/picture/-1",
        f"/picture/{len(poll.pictures)}", "/picture/00", "/picture/", "/?x", "/%00", "/votes",
    ):  # fmt: skip
        assert person.ask("GET", path)[0] == 404, path
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert person.ask(method, "/")[0] == 501


def test_a_voter_goes_on_where_they_stopped_and_a_retry_counts_once(served, poll_dir):
    port, store = served
    _, poll, key = poll_dir
    person = Person(port)
    known = person.begin()
    assert known["votes"] == []
    votes = ballot_of(poll, key, known["ballot"])
    for vote in votes[:5]:
        for _ in range(2):
            assert person.post("/vote", vote_json(vote)) == (200, {"stored": vote.question})
    again = person.begin()
    assert again["voter"] == known["voter"] and again["ballot"] == known["ballot"]
    assert sorted(again["votes"], key=lambda v: v["number"]) == [vote_json(v) for v in votes[:5]]
    undone = {**vote_json(votes[4]), "answer": None, "number": 50}
    changed = {**vote_json(votes[4]), "answer": "tie", "number": 51}
    for late in (undone, changed, undone, vote_json(votes[4])):
        assert person.post("/vote", late)[0] == 200
    (stored,) = [v for v in store.votes_of(known["voter"]) if v.question == votes[4].question]
    assert stored.answer == "tie" and len(store.votes_of(known["voter"])) == 5


def test_ballots_are_handed_out_in_turn(served):
    port, _ = served
    assert [Person(port).begin()["ballot"] for _ in range(5)] == [0, 1, 2, 3, 4]


def test_what_is_no_vote_is_refused_and_nothing_is_stored(served, poll_dir):
    port, store = served
    _, poll, key = poll_dir
    person = Person(port)
    good = vote_json(ballot_of(poll, key, 0)[0])
    assert person.post("/vote", good)[0] == 403
    known = person.begin()
    asked = {place for place, _ in poll.ballots[known["ballot"]]}
    strange = next(q for place, q in enumerate(poll.questions) if place not in asked)
    unasked = {**good, "question": strange.id, "first": strange.pictures[0]}
    for bad in (
        b"", b"{", b"[]", b"\xff", b"[" * MAX_BODY, unasked, {**good, "question": "x"},
        {**good, "first": -1}, {**good, "first": 9999}, {**good, "answer": "x"},
        {**good, "seconds": "1"}, {**good, "voter": "you"}, json.dumps({**good, "seconds": float("nan")}).encode(),
    ):  # fmt: skip
        assert person.post("/vote", bad)[0] == 400, bad
    assert person.post("/vote", b"x" * (MAX_BODY + 1))[0] == 413
    assert person.ask("POST", "/vote", json.dumps(good), **{"Content-Type": "text/plain"})[0] == 415
    chunked = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    assert person.ask("POST", "/vote", iter([b"{}"]), **chunked)[0] == 411
    length = {"Content-Type": "application/json", "Content-Length": "9" * 5000}
    assert person.ask("POST", "/vote", b"{}", **length)[0] == 413
    assert person.post("/votes", {})[0] == 404
    for cookie in ("", "x", f"voter_{poll.id}='; DROP TABLE votes; --", "\x01=2", "a" * 5000):
        stranger = Person(port)
        stranger.cookie = cookie
        assert stranger.post("/vote", good)[0] == 403
    assert store.votes_of(known["voter"]) == [] and store.voters() == [known["voter"]]


def test_a_voter_who_says_nothing_holds_nobody_up(served):
    port, _ = served
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(b"POST /vote HTTP/1.1\r\nContent-Length: 100\r\n")
        began = time.monotonic()
        Person(port).begin()
        assert time.monotonic() - began < 5


def test_many_people_vote_at_once(served, poll_dir):
    port, store = served
    _, poll, key = poll_dir
    answered = {}

    def take_part():
        person = Person(port)
        known = person.begin()
        votes = ballot_of(poll, key, known["ballot"])
        for vote in votes:
            assert person.post("/vote", vote_json(vote))[0] == 200
        answered[known["voter"]] = votes

    threads = [threading.Thread(target=take_part) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.voters() == sorted(answered) and len(answered) == 8
    for voter, votes in answered.items():
        held = {vote.question: vote for vote in store.votes_of(voter)}
        assert held == {vote.question: vote for vote in votes}


def start_serving(folder, port=0):
    command = [sys.executable, "-m", "recyclegan", "poll", "serve", str(folder)]
    command += ["--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    found = re.search(r":(\d+)/", process.stdout.readline())
    return process, int(found.group(1))


def vote_until_killed(process, poll, key, people, num_before):
    """All vote at once; returns what was acknowledged until the server was killed, by voter."""
    acknowledged = []

    def take_part(person, known):
        try:
            for vote in ballot_of(poll, key, known["ballot"]):
                status, _ = person.post("/vote", vote_json(vote))
                assert status == 200
                acknowledged.append((known["voter"], vote))
        except (OSError, http.client.HTTPException):
            return

    threads = [threading.Thread(target=take_part, args=pair) for pair in people]
    for thread in threads:
        thread.start()
    while len(acknowledged) < num_before:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for thread in threads:
        thread.join()
    return acknowledged


def test_a_kill_loses_no_acknowledged_vote_and_the_voters_go_on(tmp_path):
    folder, poll, key = build(tmp_path, "--questions", "24")
    process, port = start_serving(folder)
    people = [(person, person.begin()) for person in [Person(port) for _ in range(4)]]
    acknowledged = vote_until_killed(process, poll, key, people, 30)
    assert 30 <= len(acknowledged) < 4 * 28
    process, port = start_serving(folder)
    try:
        for person, known in people:
            person.port = port
            again = person.begin()
            assert (again["voter"], again["ballot"]) == (known["voter"], known["ballot"])
            held = {vote["question"]: vote for vote in again["votes"]}
            mine = [vote for voter, vote in acknowledged if voter == known["voter"]]
            assert all(held[vote.question] == vote_json(vote) for vote in mine)
            # What was on its way when the server died is the next of the ballot, if stored at all.
            asked = [poll.questions[place].id for place, _ in poll.ballots[known["ballot"]]]
            assert set(held) == set(asked[: len(held)]) and len(held) <= len(mine) + 1
            for vote in ballot_of(poll, key, known["ballot"]):
                assert person.post("/vote", vote_json(vote))[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0, "Ctrl-C is how it is meant to end"
    finally:
        process.kill()
    with sqlite3.connect(folder / "votes.sqlite") as database:
        assert database.execute("SELECT count(*) FROM votes").fetchone() == (4 * 28,)
    assert main(["poll", "score", str(folder)]) == 0


def test_a_disk_that_is_full_is_no_acknowledgement(served, poll_dir, monkeypatch):
    port, store = served
    _, poll, key = poll_dir
    person = Person(port)
    known = person.begin()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "cast", full)
    status, answer = person.post("/vote", vote_json(ballot_of(poll, key, known["ballot"])[0]))
    assert status == 503 and "disk is full" in answer["error"]


def test_votes_on_another_poll_are_left_alone(tmp_path, poll_dir, capsys):
    folder, poll, _ = poll_dir
    VoteStore(tmp_path, "another").close()
    for name in ("poll.json", "key.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert main(["poll", "serve", str(tmp_path)]) == 2
    assert "another poll" in capsys.readouterr().err
    with pytest.raises(Exception, match="another poll"):
        VoteStore(tmp_path, poll.id)


def test_a_port_that_is_taken_is_a_sentence(poll_dir, capsys):
    folder, _, _ = poll_dir
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert main(["poll", "serve", str(folder), "--port", str(other.getsockname()[1])]) == 2
    assert "--port" in capsys.readouterr().err
    assert main(["poll", "serve", str(folder), "--port", "99999"]) == 2
    assert "--port 99999" in capsys.readouterr().err


def test_a_withdrawn_answer_does_not_count(tmp_path, poll_dir):
    _, poll, key = poll_dir
    store = VoteStore(tmp_path, poll.id)
    store.begin("me", 64)
    vote = ballot_of(poll, key, 0)[0]
    store.cast("me", Vote(vote.question, vote.first, None, 1.0, 9))
    assert [held.answer for held in store.votes_of("me")] == [None]
    assert store.ballot("you") is None
    store.close()
