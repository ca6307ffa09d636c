"""The page itself: content in, one HTML file out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from recyclegan.atomic import write_atomically
from recyclegan.report import charts, figures
from recyclegan.report.content import ReportContent
from recyclegan.report.embedding import data_uri
from recyclegan.report.series import MAX_POINTS, gather_curves

TEMPLATE_DIR = Path(__file__).parent


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report as one HTML file that needs no network, replacing an earlier one at once."""
    write_atomically(path, render_report(content).encode())


def render_report(content: ReportContent) -> str:
    """Return the report's HTML, its style, script, pictures and curves inside it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    environment.filters["pretty_json"] = _pretty_json
    return environment.get_template("page.html.jinja").render(
        content=content,
        css=Markup((TEMPLATE_DIR / "page.css").read_text(encoding="utf-8")),
        js=Markup((TEMPLATE_DIR / "page.js").read_text(encoding="utf-8")),
        charts=[charts.draw_chart(c, content.domains) for c in gather_curves(content.events)],
        box=charts,
        max_points=MAX_POINTS,
        figures=figures,
        has_truth=any(section.evaluation for section in content.directions),
        num_truth=_num_pictures([s.evaluation for s in content.directions if s.evaluation]),
    )


def _pretty_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, default=str)


def _num_pictures(evaluations: Sequence[Mapping[str, Any]]) -> int:
    return max((evaluation["num_pictures"] for evaluation in evaluations), default=0)
