"""Rows of a run of which nothing is kept: they stay in memory, and no file is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boundary_bench.bench.io.json_file import dumps
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import SCHEMA, Store


class MemoryStore(Store):
    """A store without a folder. Holds what `Store` would read back from its own."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        super().__init__(Path("memory"))
        self._manifest: dict[str, Any] = json.loads(dumps({"schema": SCHEMA, **manifest}, keep_infinite=True))
        self._rows: list[Row] = []

    def manifest(self) -> dict[str, Any]:
        """Experiment and provenance of the run."""
        return self._manifest

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._rows += rows

    def rows(self) -> dict[str, Row]:
        """Rows by identity. Of several with one identity a measured one wins, else whichever comes first."""
        found: dict[str, Row] = {}
        for row in self._rows:
            if row.identity not in found or found[row.identity].status == "failed":
                found[row.identity] = row
        return found
