"""Experiments in the small world of `fakes`, and how their results are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from boundary_bench.bench.config.experiment import Experiment, experiment_from
from boundary_bench.bench.results.table import Results
from tests.bench.fakes import save_predictions

HERE = "tests.bench.fakes"


def document(folder: Path, **changes: Any) -> dict[str, Any]:
    """Two prediction sets, three refiners, one metric, in this process, into `folder/out`."""
    for seed, name in enumerate(("first", "second")):
        if not (folder / name).exists():
            save_predictions(folder / name, seed=seed)
    return {
        "dataset": {"name": f"{HERE}:Drawn", "split": "val"},
        "predictions": [{"name": name, "format": f"{HERE}:Saved", "path": name} for name in ("first", "second")],
        "refiners": ["identity", {"name": f"{HERE}:Fill", "label": "fill"}, {"name": f"{HERE}:Copy", "label": "copy"}],
        "metrics": [f"{HERE}:Accuracy"],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 40},
        "output": "out",
        **changes,
    }


def experiment(folder: Path, **changes: Any) -> Experiment:
    return experiment_from(document(folder, **changes), folder)


def require_equal(first: Results, second: Results) -> None:
    """Raise AssertionError unless two results have exactly the same numbers and curves."""
    pd.testing.assert_frame_equal(first.numbers, second.numbers, check_exact=True)
    assert first.curves.keys() == second.curves.keys()
    for method, curves in first.curves.items():
        for name, series in curves.items():
            for key, values in series.items():
                np.testing.assert_array_equal(values, second.curves[method][name][key])
    assert first.definitions == second.definitions
    assert first.refused == second.refused
