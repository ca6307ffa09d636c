"""Which packages are there, which extras they complete, and which are too old."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement

NAME = "recyclegan"
SETS = ("all", "dev", "docs")
"""Extras that a user never lacks: a sum of others, and what development takes."""


@dataclass(frozen=True)
class Extra:
    """A group of optional packages; `missing` lists what is not there, or too old."""

    name: str
    missing: tuple[str, ...]

    @property
    def command(self) -> str:
        """What installs it."""
        return f"pip install '{NAME}[{self.name}]'"


def read_extras() -> list[Extra]:
    """Return every extra that a user may want, with what is missing of it."""
    names = metadata(NAME).get_all("Provides-Extra") or []
    wanted = [name for name in sorted(names) if name not in SETS]
    return [Extra(name, tuple(_unmet(name))) for name in wanted]


def unmet_core() -> list[str]:
    """Return what the program cannot do without and is missing or too old, as "torch>=2.6"."""
    return _unmet("")


def installed(package: str) -> str | None:
    """Return the version of a package, or None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _unmet(extra: str) -> list[str]:
    unmet = []
    for line in requires(NAME) or []:
        requirement = Requirement(line)
        always = not requirement.marker or requirement.marker.evaluate({"extra": ""})
        ours = requirement.marker.evaluate({"extra": extra}) if requirement.marker else True
        if always != (extra == "") or not ours:
            continue
        found = installed(requirement.name)
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            unmet.append(f"{requirement.name}{requirement.specifier}")
    return unmet
