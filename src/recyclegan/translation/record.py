"""`translation.json`: what made the results of a folder, and what became of its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from recyclegan.atomic import sha256
from recyclegan.errors import UserError
from recyclegan.translation.cost import COST_FIELDS, translation_cost
from recyclegan.translation.counts import Counts
from recyclegan.translation.protocol import Translator

RECORD = "translation.json"
MODEL = ("model_sha256", "variant", "step", "direction", "from", "to")
"""What the record says of the model that made the pictures."""

Record = dict[str, Any]


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a folder's `translation.json` says, or nothing where there is no sound one."""
    try:
        record = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def common_domains(records: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the names of the domains that all records which say it lead from and to, if any do."""
    said = {(r["from"], r["to"]) for r in records if r.get("from") and r.get("to")}
    return said.pop() if len(said) == 1 else None


def check_unmixed(before: Record, place: object, translator: Translator) -> None:
    """Keep results of two models or directions out of one folder, where no one could tell them.

    Args:
        before: the record of the folder, empty where there is none.
        place: the folder, as it was named.
        translator: what is to translate into it.

    Raises:
        UserError: something else made what is there.
    """
    maker = maker_of(translator)
    if before and any(before.get(name) != value for name, value in maker.items()):
        step = "" if before.get("step") is None else f" at step {before['step']}"
        raise UserError(
            f"{place} holds what {before.get('variant')} made{step} "
            f"({before.get('from')} → {before.get('to')}); name another folder, or --overwrite."
        )


def make_record(before: Record, source: str, translator: Translator, counts: Counts) -> Record:
    """Return the record of a translation of the folder `source`, after the record before it."""
    return {
        **maker_of(translator),
        "precision": translator.precision,
        **_cost(before, translator, counts),
        "source": source,
        "found": counts.found,
        "translated": counts.translated,
        "kept": counts.kept,
        "failed": [{"path": str(error.path), "reason": error.reason} for error in counts.failed],
    }


def maker_of(translator: Translator) -> Record:
    """Return what tells the results of one model and direction from those of others."""
    return {
        "model_sha256": sha256(translator.path),
        "variant": translator.variant,
        "step": translator.step,
        "direction": translator.direction,
        "from": translator.source,
        "to": translator.target,
        **translator.made_with,
    }


def _cost(before: Record, translator: Translator, counts: Counts) -> Record:
    """Return what this translation cost, or the one before where nothing was left to translate."""
    if counts.seconds:
        size = counts.sizes.most_common(1)[0][0]
        return translation_cost(translator.cost(size), size, counts.seconds)
    return {name: before[name] for name in COST_FIELDS if name in before}
