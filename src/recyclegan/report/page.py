"""The page itself: content in, one HTML file out."""

from __future__ import annotations

from pathlib import Path

from recyclegan.atomic import write_atomically
from recyclegan.report import charts, figures
from recyclegan.report.assets import join_files, make_environment
from recyclegan.report.content import ReportContent
from recyclegan.report.series import MAX_POINTS, gather_curves


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report as one HTML file that needs no network, replacing an earlier one at once."""
    write_atomically(path, render_report(content).encode())


def render_report(content: ReportContent) -> str:
    """Return the report's HTML, its style, script, pictures and curves inside it."""
    return (
        make_environment()
        .get_template("page.html.jinja")
        .render(
            content=content,
            css=join_files("base.css", "slider.css", "charts.css", "page.css"),
            js=join_files("slider.js", "page.js"),
            charts=[charts.draw_chart(c, content.domains) for c in gather_curves(content.events)],
            box=charts,
            max_points=MAX_POINTS,
            figures=figures,
            has_truth=any(section.evaluation for section in content.directions),
            num_truth=max(
                (figures.num_pictures(s.evaluation) for s in content.directions if s.evaluation),
                default=0,
            ),
        )
    )
