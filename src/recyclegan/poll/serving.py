"""The poll on a web address: the page, its pictures, and two things that can be sent."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import sys
from functools import partial
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import ValidationError

from recyclegan.poll.files import Poll
from recyclegan.poll.page import render_page
from recyclegan.poll.store import VoteStore
from recyclegan.poll.votes import VOTE, fault

MAX_BODY = 4096
"""Bytes of a request; a vote has some hundred."""

MONTH = 30 * 24 * 3600


class Served:
    """What is served, all of it in memory: no address leads to a file."""

    def __init__(self, poll: Poll, store: VoteStore) -> None:
        self.poll = poll
        self.store = store
        self.page = render_page(poll, served=True)
        self.pictures = {
            f"/picture/{number}": base64.b64decode(text)
            for number, text in enumerate(poll.pictures)
        }
        self.questions = {asked.id: asked.pictures for asked in poll.questions}
        self.ballots = [
            {poll.questions[place].id for place, _ in ballot} for ballot in poll.ballots
        ]
        # Cookies know no ports: two polls on one machine must not share a name.
        self.cookie = f"voter_{poll.id}"


def make_server(poll: Poll, store: VoteStore, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server, bound and not yet serving; port 0 takes any that is free."""
    return _Server((host, port), partial(_Handler, Served(poll, store)))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a voter who closed the page go without a word; report all else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Refusal(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "poll"
    sys_version = ""
    timeout = 60
    """Seconds for which a silent connection is held."""

    def __init__(self, served: Served, *args: Any) -> None:
        self._served = served
        super().__init__(*args)

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(
                200, self._served.page, "text/html; charset=utf-8", ("Cache-Control", "no-cache")
            )
        elif self.path in self._served.pictures:
            picture = self._served.pictures[self.path]
            self._answer(200, picture, "image/jpeg", ("Cache-Control", f"max-age={MONTH}"))
        else:
            self._answer_json(404, {"error": "There is no such page."})

    def do_POST(self) -> None:
        try:
            body = self._body()
            if self.path == "/begin":
                self._begin()
            elif self.path == "/vote":
                self._vote(body)
            else:
                raise _Refusal(404, "There is no such page.")
        except sqlite3.Error as error:
            # The page keeps what was not acknowledged, and sends it again.
            self._answer_json(503, {"error": f"Not stored: {error}."})
        except _Refusal as refusal:
            self.close_connection = True
            self._answer_json(refusal.status, {"error": str(refusal)})

    def _body(self) -> bytes:
        # A form of another site cannot send this type unasked.
        if self.headers.get_content_type() != "application/json":
            raise _Refusal(415, "Only JSON is taken.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refusal(411, "The length is missing.")
        if len(length) > 9 or int(length) > MAX_BODY:
            raise _Refusal(413, f"More than {MAX_BODY} bytes are not taken.")
        return self.rfile.read(int(length))

    def _voter(self) -> str | None:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return None
        found = cookie.get(self._served.cookie)
        return found.value if found else None

    def _begin(self) -> None:
        served = self._served
        voter = self._voter()
        if voter is None or served.store.ballot(voter) is None:
            voter = secrets.token_hex(16)
        ballot = served.store.begin(voter, len(served.poll.ballots))
        votes = [VOTE.dump_python(vote) for vote in served.store.votes_of(voter)]
        cookie = f"{served.cookie}={voter}; Path=/; Max-Age={MONTH}; HttpOnly; SameSite=Lax"
        known = {"voter": voter, "ballot": ballot, "votes": votes}
        self._answer_json(200, known, ("Set-Cookie", cookie))

    def _vote(self, body: bytes) -> None:
        served = self._served
        voter = self._voter()
        ballot = served.store.ballot(voter) if voter else None
        if voter is None or ballot is None:
            raise _Refusal(403, "This browser did not begin the poll: reload the page.")
        try:
            vote = VOTE.validate_json(body)
        except ValidationError:
            raise _Refusal(400, "This is no vote.") from None
        if fault(vote, served.questions) or vote.question not in served.ballots[ballot]:
            raise _Refusal(400, "This question was not asked.")
        served.store.cast(voter, vote)
        self._answer_json(200, {"stored": vote.question})

    def _answer_json(self, status: int, content: dict[str, Any], *headers: tuple[str, str]) -> None:
        body = json.dumps(content, allow_nan=False).encode()
        self._answer(status, body, "application/json", ("Cache-Control", "no-store"), *headers)

    def _answer(self, status: int, body: bytes, kind: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        standing = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))
        for name, value in (*standing, *headers):
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""
