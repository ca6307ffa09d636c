"""Folders in object stores, by URL: what is in them, and files to and from this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from recyclegan.errors import RunFailed, UserError
from recyclegan.images.decoding import UnreadableImage

PUTS_WHOLE = frozenset(("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci"))
"""Stores in which a file is there whole or not at all; elsewhere it is renamed when it is whole."""


def local_path(place: str) -> Path | None:
    """Return the path of a file or folder of this machine, or None for a URL of a store."""
    place = place.removeprefix("file://")
    return None if "://" in place else Path(place)


class Storage:
    """A folder of a store, or of this machine. It can be sent to another, which then connects.

    Raises:
        UserError: the URL's protocol is not known, or its package is not installed.
    """

    def __init__(self, place: str) -> None:
        import fsspec

        path = local_path(place)
        url = place if path is None else f"file://{path.absolute()}"
        self.url = url.rstrip("/")
        protocol = url.split("://")[0]
        if protocol == "memory":
            raise UserError(f"{url} is of one process alone: name a store that the workers see.")
        try:
            self._system, _ = fsspec.core.url_to_fs(self.url)
            self._root = self._system._strip_protocol(self.url)
        except ImportError as error:
            raise UserError(f"{url} cannot be opened: {error}.") from None
        except ValueError:
            raise UserError(
                f"{url} begins with {protocol}://, which fsspec does not know: name a URL such as "
                "s3://bucket/folder."
            ) from None

    def names(self) -> list[str]:
        """Return the paths of all files below the folder, relative to it, in order.

        Raises:
            UserError: the store cannot be reached, or refuses.
        """
        with self._asking():
            self._system.invalidate_cache()
            found = self._system.find(self._root)
        return sorted(str(PurePosixPath(path).relative_to(self._root)) for path in found)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return the object in a JSON file, or nothing where there is no sound one."""
        with self._asking():
            try:
                content = json.loads(self._system.cat_file(self._path(name)))
            except (FileNotFoundError, ValueError):
                return {}
        return content if isinstance(content, dict) else {}

    def fetch(self, name: str, path: Path) -> None:
        """Copy a file of the store to a path on this machine.

        Raises:
            UnreadableImage: it is gone, or may not be read.
            RunFailed: the store cannot be reached.
        """
        try:
            self._system.get_file(self._path(name), str(path))
        except FileNotFoundError:
            raise UnreadableImage(Path(name), "no such file") from None
        except PermissionError:
            raise UnreadableImage(Path(name), "permission denied") from None
        except Exception as error:
            raise RunFailed(
                f"{self.url}/{name} cannot be fetched ({_reason(error)}); what is done is kept, so "
                "run it again when the store answers."
            ) from None

    def put(self, path: Path, name: str) -> None:
        """Copy a file of this machine to the store, where it is there whole or not at all.

        Raises:
            RunFailed: it cannot be written.
        """
        goal = self._path(name)
        try:
            if PUTS_WHOLE.isdisjoint(_protocols(self._system)):
                parent, last = goal.rsplit("/", 1)
                self._system.makedirs(parent, exist_ok=True)
                self._system.put_file(str(path), f"{parent}/.{last}.writing")
                self._system.mv(f"{parent}/.{last}.writing", goal)
            else:
                self._system.put_file(str(path), goal)
        except Exception as error:
            raise RunFailed(
                f"{self.url}/{name} cannot be written ({_reason(error)}); what is done is kept, so "
                "run it again with a store that takes it."
            ) from None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _asking(self) -> Iterator[None]:
        # Each store's package raises errors of its own, from a wrong key to a name without address.
        try:
            yield
        except FileNotFoundError:
            raise UserError(f"There is no {self.url}: check its name.") from None
        except Exception as error:
            raise UserError(
                f"{self.url} cannot be read ({_reason(error)}): check its name, your access and "
                "the network."
            ) from None


def _protocols(system: Any) -> tuple[str, ...]:
    named = system.protocol
    return (named,) if isinstance(named, str) else tuple(named)


def _reason(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).strip().splitlines()[0].rstrip(".")
