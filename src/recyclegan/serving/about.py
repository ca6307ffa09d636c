"""What a page says of a model: its card as HTML, in which nothing of the model's is trusted."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from recyclegan.serving.models import ServedModel
from recyclegan.sharing.card import LIMITS, figure, own_limits


def about(model: ServedModel) -> str:
    """Return a model's size, data, recipe, figures and limits as HTML."""
    facts = model.facts
    pictures = ", ".join(
        f"{count:,} {facts.domains.get(part.split()[-1], '')} ({part.split()[0]})"
        for part, count in facts.pictures.items()
    )
    size = f"{facts.parameters:,} parameters a generator, {facts.num_bytes / 1e6:.1f} MB"
    rows = {
        "Variant": f"{facts.variant}, step {facts.step:,}",
        "About": facts.description,
        "Translates": ", ".join(model.ways),
        "Size": size,
        "Pictures": pictures or "not known: the file came without its run",
        "Data": facts.data_digest or "",
        "Crop": f"{facts.size} px",
        "File": facts.sha256,
    }
    parts = [f"<h3>{escape(model.name)}</h3>", _table(rows.items())]
    if facts.measurements:
        head = ("direction", "metric", "value", "95 % interval", "extractor", "pictures")
        figures = [
            (facts.named(row.direction), *_short(figure(row)), str(row.num))
            for row in facts.measurements
        ]
        parts.append(f"<h4>Measured</h4>{_grid(head, figures)}")
    if facts.recipe:
        recipe = _table(facts.recipe.items())
        parts.append(f"<details><summary>Recipe</summary>{recipe}</details>")
    parts.append(_list(own_limits(facts)))
    return f'<div class="about">{"".join(parts)}</div>'


def cautions() -> str:
    """Return what holds of all models, as HTML."""
    return f'<div class="about">{_list(LIMITS)}</div>'


def _list(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _short(cells: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    """Shorten the hash of an extractor's weights to what tells it from others."""
    name, _, digest = cells[3].rpartition(", ")
    return (*cells[:3], f"{name}, {digest[:12]}…" if name and len(digest) > 12 else cells[3])


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows if v)
    return f"<table>{''.join(cells)}</table>"


def _grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="wide"><table>{line(head, "th")}{body}</table></div>'
