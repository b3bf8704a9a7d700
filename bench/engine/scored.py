"""What of a truth and of a prediction is scored: of all classes, or of those that were asked for."""

from __future__ import annotations

from typing import Any

from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.metrics.functional.categories import predicted_of, true_of
from boundary_bench.metrics.structures.segmentation import SemanticMap


def scored_truth(plan: Plan, truth: Any) -> Any:
    """What of a truth is scored."""
    return truth if plan.categories is None else true_of(truth, plan.categories)


def scored_prediction(plan: Plan, prediction: Any) -> Any:
    """What of a prediction is scored."""
    if plan.categories is not None:
        return predicted_of(prediction, plan.categories)
    ignored = of_dataset(plan.dataset).ignored
    return prediction.without(ignored) if ignored and isinstance(prediction, SemanticMap) else prediction
