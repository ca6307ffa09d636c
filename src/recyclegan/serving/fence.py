"""What a page's server answers to at all: nothing that would make it fetch from elsewhere.

gradio takes addresses in the place of files and fetches them, and where it is mounted as here it
also takes any path of the machine for an upload. A page needs neither, and its browser is told not
to ask other servers for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MAX_BODY = 1_000_000
"""Bytes of a request other than an upload; a page's own have a few thousand."""

_ELSEWHERE = re.compile(r"/(?:file=\s*/*\w+:/|proxy=)", re.IGNORECASE)

_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)


class Fence:
    """An ASGI application around another one, whose files lie below `root`."""

    def __init__(self, app: App, root: Path) -> None:
        self._app, self._root = app, root.resolve()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer 403 or 413 to what is not meant for this server, else let the other answer."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = unquote(scope["path"])
        if _ELSEWHERE.search(path):
            return await _refuse(send, 403, "Nothing is fetched from elsewhere.")
        if scope["method"] == "POST" and not path.endswith("/upload"):
            body = await _body(receive)
            if body is None:
                return await _refuse(send, 413, "The request is too large.")
            if _asks_elsewhere(body, self._root):
                return await _refuse(send, 403, "Only what was uploaded is translated.")
            receive = _again(body, receive)
        await self._app(scope, receive, _with_policy(send))


def _asks_elsewhere(body: bytes, root: Path) -> bool:
    try:
        values = [json.loads(body or b"null")]
    except (ValueError, RecursionError):
        return False  # Whoever reads it says what is wrong with it.
    while values:
        value = values.pop()
        if isinstance(value, dict):
            if "path" in value and not _is_below(value["path"], root):
                return True
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)
    return False


def _is_below(path: object, root: Path) -> bool:
    try:
        return path is None or Path(str(path)).resolve().is_relative_to(root)
    except (OSError, ValueError):
        return False


async def _body(receive: Receive) -> bytes | None:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def first_the_body() -> Message:
        return messages.pop() if messages else await receive()

    return first_the_body


def _with_policy(send: Send) -> Send:
    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [
                (b"content-security-policy", _POLICY.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"no-referrer"),
            ]
            message["headers"] = [*message.get("headers", []), *own]
        await send(message)

    return send_with_policy


async def _refuse(send: Send, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})
