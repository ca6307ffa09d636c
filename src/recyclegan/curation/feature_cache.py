"""What was found out about pictures, kept by their content so that no picture is read twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recyclegan.atomic import write_atomically

SHARD = 256
"""Pictures in a file: what an interruption costs at most."""


@dataclass(frozen=True)
class Record:
    """One picture: its features (D,) float16 of unit length, and its measures."""

    features: NDArray[np.float16]
    brightness: float
    sharpness: float


class FeatureCache:
    """Records by the SHA-256 of a picture's file, in shards that are only ever added.

    Shards lie in a folder named after the identity of what made them: other weights or another
    recipe never meet these features.
    """

    def __init__(self, features_dir: Path, identity: Mapping[str, Any]) -> None:
        words = json.dumps(identity, sort_keys=True).encode()
        name = f"{identity['features']}-{hashlib.sha256(words).hexdigest()[:12]}"
        self.folder = features_dir / name.replace("/", "_")
        self.records: dict[str, Record] = {}
        self._unsaved: dict[str, Record] = {}
        self._num_shards = 0
        for path in sorted(self.folder.glob("*.safetensors")):
            self._num_shards = int(path.stem) + 1
            self._load(path)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self.records

    def __getitem__(self, sha256: str) -> Record:
        return self.records[sha256]

    def add(self, sha256: str, record: Record) -> None:
        """Keep a record; every so many are written."""
        self.records[sha256] = self._unsaved[sha256] = record
        if len(self._unsaved) >= SHARD:
            self.save()

    def save(self) -> None:
        """Write what is not yet written."""
        if not self._unsaved:
            return
        records = self._unsaved.values()
        digests = [np.frombuffer(bytes.fromhex(digest), np.uint8) for digest in self._unsaved]
        measures = [(record.brightness, record.sharpness) for record in records]
        content = save(
            {
                "sha256": np.stack(digests),
                "features": np.stack([record.features for record in records]),
                "measures": np.array(measures, np.float64),
            }
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / f"{self._num_shards:06d}.safetensors", content)
        self._num_shards += 1
        self._unsaved = {}

    def _load(self, path: Path) -> None:
        try:
            shard = load_file(path)
        except SafetensorError:
            return  # Damaged on disk: its pictures are read again.
        rows = zip(shard["sha256"], shard["features"], shard["measures"], strict=True)
        for digest, features, (brightness, sharpness) in rows:
            record = Record(features, float(brightness), float(sharpness))
            self.records[digest.tobytes().hex()] = record
