"""onnxruntime-web, which runs a model in the browser: a copy of one's own, or what npm fetches."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recyclegan.errors import RunFailed, UserError

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"

WASM = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = ("ort.jspi.bundle.min.mjs", "ort-wasm-simd-threaded.jspi.wasm")
"""Script and machine code, for the processor and for the graphics card."""

SECONDS = 300


@dataclass(frozen=True)
class Runtime:
    """A folder with the runtime's files, and its version."""

    folder: Path
    version: str


@contextmanager
def find_runtime(given: Path | None) -> Iterator[Runtime]:
    """Yield the runtime: the given folder, or for as long as it is used what npm fetched.

    Raises:
        UserError: the folder lacks a file, or there is no npm.
        RunFailed: npm could not fetch it.
    """
    if given is not None:
        yield _checked(given)
        return
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(
            f"A page needs {PACKAGE}, which npm fetches, and there is no npm here; install "
            "Node.js, or unpack that package and name its dist folder with --runtime."
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", folder, "--silent"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError):
            raise RunFailed(
                f"npm could not fetch {PACKAGE} {VERSION}; try again with a network, or name an "
                "unpacked copy's dist folder with --runtime."
            ) from None
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        yield _checked(Path(folder, "package", "dist"))


def copy_runtime(runtime: Runtime, out: Path) -> None:
    """Copy what a page needs; machine code is packed, for servers often send it as it is."""
    for script, code in (WASM, WEBGPU):
        shutil.copyfile(runtime.folder / script, out / script)
        packed = gzip.compress((runtime.folder / code).read_bytes(), 9, mtime=0)
        (out / f"{code}.gz.bin").write_bytes(packed)


def _checked(folder: Path) -> Runtime:
    lacking = [name for name in (*WASM, *WEBGPU) if not (folder / name).is_file()]
    if lacking:
        raise UserError(
            f"--runtime {folder} lacks {lacking[0]}; name the dist folder of {PACKAGE} {VERSION}."
        )
    try:
        version = str(json.loads((folder.parent / "package.json").read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        version = "of unknown version"
    return Runtime(folder, version)
