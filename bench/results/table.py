"""The numbers of a run as tables and figures take them, and as they are kept in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.json_file import dumps, read_json
from boundary_bench.refiners.files.atomic_write import replace_file

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 2
FILE = "results.json"

COLUMNS = {
    "predictions": "object",
    "refiner": "object",
    "oracle": "bool",
    "metric": "object",
    "class": "object",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "difference": "float64",
    "difference_low": "float64",
    "difference_high": "float64",
    "recovery": "float64",
    "recovery_low": "float64",
    "recovery_high": "float64",
    "scored": "int64",
    "undefined": "int64",
    "failed": "int64",
    "missing": "int64",
    "samples": "int64",
    "no_interval": "object",
    "difference_no_interval": "object",
}
TEXTS = ("no_interval", "difference_no_interval")
"""Columns that runs of earlier versions lack: why a number has no interval; None where it has one or is undefined."""

Curves = dict[tuple[str, str], dict[str, dict[str, NDArray[Any]]]]


@dataclass(frozen=True, eq=False)
class Results:
    """Summary numbers of a run.

    Attributes:
        numbers: one row for each predictions x refiner x metric x class, see `COLUMNS`. class None is the whole;
            values are fractions, NaN where undefined; differences are to the identity on the same predictions and
            samples, and recoveries their share of those of the refiner that the experiment names. failed and missing
            count samples, samples those that were measured; no_interval and difference_no_interval say why there is no
            interval.
        curves: (predictions, refiner) -> curve -> series -> array.
        definitions: metric or curve name -> what it means.
        dataset: name, split, task, samples, sample_ids (in the order of the dataset; runs of earlier versions lack
            it), clusters (None where images are independent), classes, offered
            (what metrics are told about it), colours uint8 (K, 3).
        refused: predictions, refiner, reason of each combination that cannot be.
        provenance: what made the numbers.
    """

    numbers: pd.DataFrame
    curves: Curves
    definitions: dict[str, dict[str, Any]]
    dataset: dict[str, Any]
    refused: list[dict[str, str]]
    provenance: dict[str, Any]

    def save(self, folder: Path) -> Path:
        """Write `results.json` into the folder; NaN becomes null, infinities a text. Returns its path."""
        numbers = {name: self.numbers[name].tolist() for name in COLUMNS}
        curves = [{"predictions": p, "refiner": r, "curves": curves} for (p, r), curves in self.curves.items()]
        document = {
            "schema": SCHEMA,
            "dataset": self.dataset,
            "numbers": numbers,
            "curves": curves,
            "definitions": self.definitions,
            "refused": self.refused,
            "provenance": self.provenance,
        }
        path = Path(folder) / FILE
        replace_file(path, dumps(document, indent=None, end="", keep_infinite=True).encode())
        return path

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; null numbers become NaN again.

        Raises:
            InputError: no such file, or one of another schema.
        """
        path = Path(folder) / FILE
        document = read_json(path, "results, which a run makes")
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            found = document.get("schema") if isinstance(document, dict) else None
            raise InputError(Problem(f"{path.parent.name}/{FILE}", f"schema {found!r}", f"schema {SCHEMA}"))
        try:
            return cls._of(document)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            found = f"damaged results ({type(error).__name__}: {error})"
            raise InputError(Problem(f"{path.parent.name}/{FILE}", found, "results as a run makes them")) from error

    @classmethod
    def _of(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            numbers=frame(_with_texts(document["numbers"])),
            curves={
                (item["predictions"], item["refiner"]): {
                    name: {key: _array(values) for key, values in series.items()}
                    for name, series in item["curves"].items()
                }
                for item in document["curves"]
            },
            definitions=document["definitions"],
            dataset={**document["dataset"], "colours": np.array(document["dataset"]["colours"], dtype=np.uint8)},
            refused=document["refused"],
            provenance=document["provenance"],
        )


def _with_texts(columns: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {**{name: [None] * len(columns["metric"]) for name in TEXTS}, **columns}


def frame(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """The long table from its columns; None in a column of floats becomes NaN."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in COLUMNS.items()})


def _array(values: Any) -> NDArray[Any]:
    """An array from JSON, whose null is NaN and whose infinities are texts."""
    array = np.array(values)
    return array if array.dtype.kind in "biuf" else np.array(values, dtype=object).astype(np.float64)
