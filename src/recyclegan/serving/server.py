"""A page on an address: one socket, one temporary folder, nothing sent elsewhere."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from recyclegan.errors import UserError
from recyclegan.serving.uploads import Limits

if TYPE_CHECKING:
    from recyclegan.serving.fence import Fence
    from recyclegan.serving.models import ServedModel

HEARD = 128
"""Connections that may wait to be taken."""


@dataclass(frozen=True)
class Place:
    """Where a page listens, and for how long it keeps files."""

    host: str
    port: int
    keep_seconds: int


def require_web() -> None:
    """Pass if what makes the page is installed.

    Raises:
        UserError: with the command that installs it.
    """
    if find_spec("gradio") is None:
        raise UserError("serve needs gradio: pip install 'recyclegan[web]'.")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes any that is free.

    Raises:
        UserError: the address is taken, or is none of this machine.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=HEARD)
    except OSError as error:
        # Python adds the address to the system's words, and finds none for an unknown name.
        reason = str(error)
        if error.errno and error.errno > 0:
            reason = os.strerror(error.errno).lower()
        raise UserError(
            f"--host {host} --port {port} cannot be listened on ({reason}): choose another."
        ) from None


def serve(
    words: Sequence[str],
    limits: Limits,
    place: Place,
    *,
    device: str = "cpu",
    on_ready: Callable[[str], None] = print,
) -> None:
    """Serve models until Ctrl-C; `on_ready` is told the address.

    Raises:
        UserError: no such model, or the address cannot be listened on.
    """
    with listen(place.host, place.port) as heard, tempfile.TemporaryDirectory() as folder:
        from recyclegan.serving.models import load_models

        models = load_models(words, device)
        # Before gradio is imported, which reads them then.
        os.environ |= {
            "GRADIO_TEMP_DIR": str(Path(folder, "files")),
            "GRADIO_EXAMPLES_CACHE": str(Path(folder, "cached")),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        import uvicorn

        app = make_app(models, limits, Path(folder), place)
        port = heard.getsockname()[1]
        host = f"[{place.host}]" if ":" in place.host else place.host
        on_ready(f"http://{host}:{port}/")
        config = uvicorn.Config(
            app, log_level="warning", ws="none", timeout_graceful_shutdown=1, server_header=False
        )
        uvicorn.Server(config).run(sockets=[heard])


def make_app(models: Sequence[ServedModel], limits: Limits, folder: Path, place: Place) -> Fence:
    """Return the ASGI application of a page whose files lie below `folder` alone."""
    import gradio as gr
    from fastapi import FastAPI

    from recyclegan.serving.fence import Fence
    from recyclegan.serving.page import CSS, THEME, make_page
    from recyclegan.serving.results import Results
    from recyclegan.serving.scenes import draw_examples

    made = folder / "files" / "made"
    made.mkdir(parents=True)
    domains = [name for model in models for name in model.facts.domains.values()]
    examples = draw_examples(folder / "files" / "examples", domains)
    results = Results(models, limits, made)
    page = make_page(results, examples, place.keep_seconds)
    # Else gradio takes any path of this machine for an upload.
    page.has_launched = True
    app = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        page,
        path="/",
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        blocked_paths=[],
        show_error=False,
        max_file_size=limits.num_bytes,
        enable_monitoring=False,
        ssr_mode=False,
        theme=THEME,
        css=CSS,
    )
    return Fence(app, folder / "files")
