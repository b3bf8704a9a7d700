"""Names of the values of a metric, known before anything is measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from boundary_bench.bench.plugins.abilities import measures_change, of_metric
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import label_dtype
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import (
    EdgeMaps,
    Federated,
    InstanceSet,
    PanopticMap,
    SemanticMap,
    Task,
)

SIZE = (8, 8)


def value_names(metric: Any, task: Task, classes: int) -> tuple[str, ...]:
    """Names of the values of a metric, overall and by class, as it gives them for one small image.

    Args:
        metric: any.
        task: of the truth.
        classes: K.

    Returns:
        () where the metric cannot measure such an image; it is known by its own name alone then.
    """
    prediction, truth = _small(task, classes)
    try:
        if measures_change(metric):
            measured = of_metric(metric).measure_change(before=prediction, after=prediction, truth=truth)
        else:
            measured = metric.measure(prediction=prediction, truth=truth)
        summary = metric.summarise([measured])
    except Exception:  # a metric of the user's own may expect anything of an image
        return ()
    return tuple(dict.fromkeys((*summary.values, *summary.per_class)))


def _small(task: Task, classes: int) -> tuple[Any, Any]:
    """A prediction and a truth of one colour."""
    if task == "semantic":
        labels = SemanticMap(np.zeros(SIZE, label_dtype(classes)))
        return labels, labels
    if task == "instance":
        masks = Masks.from_dense(SIZE, [np.ones(SIZE, np.bool_)])
        federated = Federated(frozenset(), frozenset())
        one = np.zeros(1, np.int64)
        return InstanceSet(masks, one, scores=np.ones(1)), InstanceSet(masks, one, federated=federated)
    if task == "panoptic":
        segments = PanopticMap(np.ones(SIZE, np.int32), np.ones(1, np.int32), np.zeros(1, np.int64))
        return segments, segments
    if task == "binary":
        mask = BinaryMask(np.eye(*SIZE, dtype=np.bool_))
        return mask, mask
    return EdgeMaps(np.zeros((classes, *SIZE), np.uint8)), EdgeMaps(np.zeros((1, classes, *SIZE), np.bool_))
