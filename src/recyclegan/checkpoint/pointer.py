"""`best` and `last`: links to a checkpoint, or small files with its name where links may not be."""

from __future__ import annotations

from pathlib import Path

from recyclegan.atomic import write_atomically


def point(link: Path, target: str) -> None:
    """Let `link` name its sibling `target`, in one step."""
    temporary = link.with_name(f".{link.name}.writing")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(target, target_is_directory=True)
        temporary.replace(link)
    except (OSError, NotImplementedError):
        write_atomically(link, target.encode())


def pointed(link: Path) -> str | None:
    """Return the name of the sibling that `link` names, or None where there is none."""
    if link.is_symlink():
        name = link.readlink().name
    elif link.is_file():
        name = link.read_text().strip()
    else:
        return None
    return name if (link.parent / name).is_dir() else None
