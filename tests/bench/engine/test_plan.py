"""What an experiment becomes: its cells, and the metrics that fit its truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.errors import InputError
from tests.bench.fakes import Drawn
from tests.bench.worlds import HERE, document, experiment


def test_only_limits_a_refiner_to_some_prediction_sets(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "only": ["second"]}]
    found = plan(experiment(tmp_path, refiners=refiners))
    cells = [(cell.predictions, cell.refiner) for cell in found.cells]
    assert cells == [("first", "identity"), ("second", "identity"), ("second", "fill")]
    assert not found.refused


def test_only_names_prediction_sets_that_exist(tmp_path: Path) -> None:
    refiners = [{"name": f"{HERE}:Fill", "label": "fill", "only": ["secnd"]}]
    with pytest.raises(InputError, match=r"fill: only: 'secnd'.*did you mean"):
        plan(experiment(tmp_path, refiners=refiners))


def test_metrics_are_chosen_by_the_truth(tmp_path: Path) -> None:
    described = document(tmp_path)
    del described["metrics"]
    found = plan(type(experiment(tmp_path)).model_validate({**described, "predictions": _absolute(tmp_path)}))
    assert list(found.metrics) == ["mean_iou", "boundary_f", "boundary_iou", "error_distance"]


def test_a_metric_of_another_kind_of_truth_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drawn, "task", "instance")
    with pytest.raises(InputError, match="metrics: mean_iou: a metric of semantic truth"):
        plan(experiment(tmp_path, metrics=["mean_iou"]))


def _absolute(folder: Path) -> list[dict[str, str]]:
    return [{"name": "first", "format": f"{HERE}:Saved", "path": str(folder / "first")}]
