"""A run folder: a manifest and append-only Parquet shards of measurements. What is written there is whole."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.json_file import dumps, read_json
from boundary_bench.bench.results.rows import Row, rows_of, table_of
from boundary_bench.refiners.files.atomic_write import remove_leftovers, replace_file

Key = TypeVar("Key", bound=Hashable)

SCHEMA = 1
_WRITABLE = "a folder with room that can be written to"
_LISTS = ("predictions", "refiners", "metrics")


class Store:
    """Rows of one run, in a folder.

    Attributes:
        folder: holds `manifest.json` and `shards/`.
        notes: what was found unreadable and therefore left out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []

    @staticmethod
    def is_run(folder: Path) -> bool:
        """Whether the folder holds a run."""
        return (Path(folder) / "manifest.json").exists()

    @classmethod
    def create(cls, folder: Path, manifest: dict[str, Any], *, overwrite: bool = False) -> Self:
        """Start a run.

        Args:
            folder: made where absent.
            manifest: experiment and provenance; JSON-able.
            overwrite: throw an earlier run in this folder away.

        Raises:
            InputError: the folder holds a run already, or something else.
        """
        folder = Path(folder)
        cls.require_free(folder, overwrite=overwrite)
        shutil.rmtree(folder / "shards", ignore_errors=True)
        store = cls(folder)
        store.write_manifest(manifest)
        return store

    @classmethod
    def require_free(cls, folder: Path, *, overwrite: bool = False) -> None:
        """Raise InputError where `create` would, writing nothing."""
        where = f"output {folder.name}"
        if cls.is_run(folder) and not overwrite:
            hint = "--resume continues it, --overwrite discards it"
            raise InputError(Problem(where, "a run", "an empty or a new folder", hint))
        if (folder / "shards").exists() and not cls.is_run(folder):
            raise InputError(Problem(where, "shards without a manifest", "an empty or a new folder"))
        if folder.exists() and not folder.is_dir():
            raise InputError(Problem(where, "a file", "an empty or a new folder"))
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not os.access(there, os.W_OK):
            raise InputError(Problem(where, f"{there.name or there}, which is read-only", _WRITABLE))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """An existing run.

        Raises:
            InputError: not a run folder, or one that another version's schema made.
        """
        folder = Path(folder)
        if not cls.is_run(folder):
            raise InputError(Problem(f"output {folder.name}", "no manifest.json", "the folder of a run"))
        store = cls(folder)
        found = store.manifest().get("schema")
        if found != SCHEMA:
            hint = "made by another version; run it again into another folder"
            raise InputError(Problem(f"output {folder.name}", f"schema {found!r}", f"schema {SCHEMA}", hint))
        return store

    def manifest(self) -> dict[str, Any]:
        """Experiment and provenance of the run.

        Raises:
            InputError: it cannot be read.
        """
        manifest = read_json(self.folder / "manifest.json", "the manifest of a run")
        if not isinstance(manifest, dict):
            raise self._not_a_run("no object")
        if not isinstance(manifest.get("provenance", {}), dict):
            raise self._not_a_run("a provenance that is no object")
        return manifest

    def experiment(self) -> dict[str, Any]:
        """The experiment of the manifest, with lists where experiments have them; the items are not checked.

        Raises:
            InputError: there is none.
        """
        found = self.manifest().get("experiment")
        if not isinstance(found, dict) or not all(isinstance(found.get(key) or [], list) for key in _LISTS):
            raise self._not_a_run("no experiment")
        return found

    def _not_a_run(self, found: str) -> InputError:
        return InputError(Problem(f"{self.folder / 'manifest.json'}", found, "the manifest of a run"))

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Replace the manifest."""
        with writing(self.folder):
            replace_file(self.folder / "manifest.json", _text({"schema": SCHEMA, **manifest}).encode(), durable=True)

    def is_of_another(self, experiment: Mapping[str, Any]) -> bool:
        """Whether the manifest has another experiment than this, which may have all its rows in the folder too."""
        found = self.manifest().get("experiment")
        return not isinstance(found, dict) or _what(found) != _what(json.loads(_text(experiment)))

    def append(self, rows: Sequence[Row]) -> None:
        """Add rows as one shard, which exists wholly or not at all.

        Raises:
            InputError: it cannot be written: a full disk, a folder that is read-only.
        """
        if not rows:
            return
        import pyarrow.parquet as pq

        # As bytes first: a name is wanted only for what is whole. What is damaged later is known by its checksums.
        stream = io.BytesIO()
        pq.write_table(table_of(rows), stream, compression="zstd", write_page_checksum=True)
        with writing(self.folder):
            replace_file(self.folder / "shards" / f"{_new_name()}.parquet", stream.getvalue(), durable=True)

    def tidy(self) -> None:
        """Remove what interrupted writes have left; only for who is alone in the folder."""
        for folder in (self.folder, self.folder / "shards"):
            remove_leftovers(folder)

    def drop(self, identities: Set[str]) -> None:
        """Remove the rows of these identities; only for who is alone in the folder."""
        for shard in sorted((self.folder / "shards").glob("*.parquet")):
            rows = list(self._read(shard))
            kept = [row for row in rows if row.identity not in identities]
            if len(kept) < len(rows):
                self.append(kept)
                with writing(self.folder):
                    shard.unlink()

    def rows(self) -> dict[str, Row]:
        """Rows by identity. Of several with one identity a measured one wins, else whichever comes first."""
        return self._best(lambda row: row.identity)

    def rows_by_name(self) -> list[Row]:
        """Rows, those of images with the same contents each by itself."""
        best = self._best(lambda row: (row.identity, row.sample, row.predictions, row.refiner, row.metric))
        return list(best.values())

    def _best(self, key: Callable[[Row], Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for shard in sorted((self.folder / "shards").glob("*.parquet")):
            for row in self._read(shard):
                if key(row) not in found or found[key(row)].status == "failed":
                    found[key(row)] = row
        return found

    def done(self) -> set[str]:
        """Identities that need no further work: measured, or missing and skipped."""
        return {identity for identity, row in self.rows().items() if row.status != "failed"}

    def _read(self, shard: Path) -> Iterable[Row]:
        import pyarrow.parquet as pq

        try:
            return list(rows_of(pq.ParquetFile(shard, page_checksum_verification=True).read()))
        except Exception as error:  # damaged files make decoders raise nearly anything, which all means the same
            note = f"{shard.name} cannot be read and is left out: {error}"
            if note not in self.notes:
                self.notes.append(note)
            return []


def _new_name() -> str:
    """Of a shard: never the same twice, on any machine."""
    return uuid4().hex


def _text(document: Mapping[str, Any]) -> str:
    return dumps(document, indent=1, end="", keep_infinite=True)


def _what(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """An experiment without where it ran."""
    return {key: value for key, value in experiment.items() if key not in ("output", "executor")}


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """An operating system that refuses to write, as the one error that users meet; what was there before stays."""
    try:
        yield
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        hint = "what was finished is kept; mend it and call the same with --resume"
        raise InputError(Problem(f"output {folder.name}", found, _WRITABLE, hint)) from error
