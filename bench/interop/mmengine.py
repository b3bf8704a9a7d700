"""A metric for the evaluator of mmengine, which mmsegmentation validates and tests with.

In a config: `val_evaluator = dict(type="boundary_bench.interop.mmengine.SemanticMetric")`. This module imports
mmengine.
Source: mmengine, `mmengine.evaluator.BaseMetric`; mmsegmentation, `SegDataSample`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.evaluator import BaseMetric

from boundary_bench.bench.interop.scoring import OF_MAPS, Scoring, Wanted
from boundary_bench.bench.interop.tensors import as_array, as_labels, ignored_id
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.segmentation import SemanticMap


class SemanticMetric(BaseMetric):
    """Scores label maps while a network is validated or tested.

    Of each data sample it reads `pred_sem_seg` and `gt_sem_seg`, whose `data` are ids (1, H, W) or (H, W) of one size;
    of the dataset's meta information `classes`. Values are per cents, as those of the framework's own metrics, but for
    distances and counts. They are named as in experiments behind the prefix, `bench/mIoU`. Images are measured where
    they are predicted; only their statistics travel between processes.

    Args:
        metrics: as in an experiment, a name or a mapping of `name` and parameters each.
        ignore_index: id of pixels that are not scored; a class of that id is in no mean. Default: 255 where that is no
            class.
        prefix: what the names of values begin with.
        settings: the other ones of `BaseMetric`, such as `collect_device`.
    """

    default_prefix = "bench"

    def __init__(
        self, metrics: Wanted = OF_MAPS, ignore_index: int | None = None, prefix: str | None = None, **settings: Any
    ) -> None:
        super().__init__(prefix=prefix, **settings)
        self.metrics, self.ignore_index = metrics, ignore_index

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:  # noqa: ARG002
        """Measure a batch.

        Raises:
            ValueError: a sample without prediction or truth, of two sizes, or with ids that are no classes.
            InputError: metrics that are none, or not of label maps.
        """
        scoring = self._scoring()
        for sample in data_samples:
            maps = (SemanticMap(self._labels(sample, key)) for key in ("pred_sem_seg", "gt_sem_seg"))
            self.results.append(scoring.measure(*maps))

    def compute_metrics(self, results: list[list[Measurement]]) -> dict[str, float]:
        """The values of all images; `results` are those of all processes."""
        return self._scoring().values(results)

    def _classes(self) -> int:
        meta = self.dataset_meta or {}
        if "classes" not in meta:
            raise ValueError(f"dataset_meta has {sorted(meta)}; allowed: meta information with 'classes'")
        return len(meta["classes"])

    def _scoring(self) -> Scoring:
        return Scoring("semantic", self.metrics, self._classes())

    def _labels(self, sample: Mapping[str, Any], key: str) -> Any:
        if key not in sample:
            raise ValueError(f"a data sample has {sorted(sample)}; allowed: samples with pred_sem_seg and gt_sem_seg")
        data = as_array(sample[key]["data"])
        if data.ndim == 3 and len(data) == 1:
            data = data[0]
        if data.ndim != 2:
            raise ValueError(f"the data of {key} are {data.shape}; allowed: (1, H, W) or (H, W), ids of classes")
        classes = self._classes()
        ignored = ignored_id(self.ignore_index, classes)
        return as_labels(data, classes=classes, ignored=ignored, what=f"the data of {key}")
