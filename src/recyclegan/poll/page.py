"""The poll as one HTML page: with its pictures inside, or with the server's."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recyclegan.poll.files import Poll

TEMPLATE_DIR = Path(__file__).parent

SCRIPTS = ("ballot", "sending", "voting")
"""The parts of the page's one script, in order."""


def render_page(poll: Poll, *, served: bool = False) -> bytes:
    """Return the page; a served one fetches pictures and sends votes, the other does neither."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_DIR), autoescape=True, undefined=StrictUndefined
    )
    data = {
        "id": poll.id,
        "served": served,
        "questions": [
            {"id": asked.id, "pictures": asked.pictures, "source": asked.source}
            for asked in poll.questions
        ],
        "ballots": poll.ballots,
    }
    # Strict JSON with no `<` that could end its element.
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    page = environment.get_template("page.html.jinja").render(
        poll=poll,
        served=served,
        css=Markup((TEMPLATE_DIR / "page.css").read_text("utf-8")),
        js=Markup("\n".join(_script(name) for name in SCRIPTS)),
        data=Markup(text),
        embedded=() if served else poll.pictures,
    )
    return page.encode("utf-8", "replace")


def _script(name: str) -> str:
    return (TEMPLATE_DIR / f"page-{name}.js").read_text("utf-8")
