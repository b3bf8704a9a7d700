"""Evaluators for detectron2's `inference_on_dataset`, which asks for `reset`, `process` and `evaluate` and no more.

They know the truth from the dataset's records, `DatasetCatalog.get(name)`, whose form detectron2 documents as its
standard dataset dicts, and find an image's record by its `file_name`. Nothing of detectron2 is imported. Values are per
cents, as those of its own evaluators, and NaN where undefined.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.coco.objects import ObjectRecord, truth_of
from boundary_bench.bench.formats.labels.label_image import read_label_image
from boundary_bench.bench.interop.scoring import OF_MAPS, OF_OBJECTS, Scoring, Wanted
from boundary_bench.bench.interop.tensors import as_array, as_labels, ignored_id
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap

Record = Mapping[str, Any]
"""One image of a dataset."""


class _Evaluator(ABC):
    """Shared base of both evaluators; `name` is the key of the values."""

    name: str

    def __init__(self, records: Iterable[Record], scoring: Scoring) -> None:
        self._records = {str(record["file_name"]): record for record in records}
        self._scoring = scoring
        self.reset()

    def reset(self) -> None:
        """Forget what was processed."""
        self._images: list[list[Measurement]] = []

    def process(self, inputs: Sequence[Record], outputs: Sequence[Mapping[str, Any]]) -> None:
        """Measure a batch: what the model was given, and what it answered, in the same order.

        Raises:
            ValueError: an image that no record is of, an answer or a truth that cannot be used, or two sizes.
            InputError: a truth that cannot be read.
        """
        for given, answer in zip(inputs, outputs, strict=True):
            file_name = str(given["file_name"])
            if file_name not in self._records:
                raise ValueError(f"file_name is {file_name}; allowed: one of the {len(self._records)} records'")
            record = self._records[file_name]
            if self.name not in answer:
                raise ValueError(f"an output has {sorted(answer)}; allowed: outputs with {self.name!r}")
            self._images.append(self._scoring.measure(self._prediction(answer[self.name], record), self._truth(record)))

    def evaluate(self) -> dict[str, dict[str, float]] | None:
        """Values of the images of all processes, under the name of the task; None in all processes but the first."""
        images = _gathered(self._images)
        return None if images is None else {self.name: self._scoring.values(images)}

    @abstractmethod
    def _prediction(self, answer: Any, record: Record) -> Any:
        """The part of a model's output that the metrics measure."""

    @abstractmethod
    def _truth(self, record: Record) -> Any:
        """The truth."""


class SemSegEvaluator(_Evaluator):
    """Scores `outputs[i]["sem_seg"]`, scores of classes (K, H, W), against the label PNG `sem_seg_file_name`.

    Args:
        records: the dataset's.
        classes: number of classes K.
        metrics: as in an experiment, a name or a mapping of `name` and parameters each.
        ignore_label: id of pixels of the PNG that are not scored; a class of that id is in no mean. Default: 255 where
            that is no class.

    Raises:
        InputError: metrics that are none, or not of label maps.
    """

    name = "sem_seg"

    def __init__(
        self, records: Iterable[Record], classes: int, metrics: Wanted = OF_MAPS, ignore_label: int | None = None
    ) -> None:
        super().__init__(records, Scoring("semantic", metrics, classes))
        self.classes, self.ignore_label = classes, ignored_id(ignore_label, classes)

    def _prediction(self, answer: Any, record: Record) -> SemanticMap:  # noqa: ARG002
        if len(answer.shape) != 3 or len(answer) != self.classes:
            raise ValueError(
                f"sem_seg is {tuple(answer.shape)}; allowed: ({self.classes}, H, W), a score for each class"
            )
        return SemanticMap(self._labels(answer.argmax(0), "sem_seg"))

    def _truth(self, record: Record) -> SemanticMap:
        file = str(record["sem_seg_file_name"])
        return SemanticMap(self._labels(read_label_image(file), f"the ids of {file}"))

    def _labels(self, ids: Any, what: str) -> Labels:
        return as_labels(ids, classes=self.classes, ignored=self.ignore_label, what=what)


class InstanceEvaluator(_Evaluator):
    """Scores `outputs[i]["instances"]` (`pred_masks`, `pred_classes`, `scores`) against the records' `annotations`.

    Annotations have `segmentation` (polygons, or a run-length code with counts as text, bytes or lengths, as the mask
    format "bitmask" has it), `category_id` 0..K-1 and `iscrowd`; boxes are not looked at. Records hold no areas, so
    that AP by size goes by the pixels of the true masks. Predicted masks are of the image's size, bool or 0 and 1.

    Args:
        records, metrics: as of `SemSegEvaluator`.
        classes: number of classes K.

    Raises:
        InputError: metrics that are none, or not of objects.
    """

    name = "instances"

    def __init__(self, records: Iterable[Record], classes: int, metrics: Wanted = OF_OBJECTS) -> None:
        super().__init__(records, Scoring("instance", metrics, classes))
        self.classes = classes

    def _prediction(self, answer: Any, record: Record) -> InstanceSet:
        size = _size(record)
        masks, categories, scores = (_column(answer, name) for name in ("pred_masks", "pred_classes", "scores"))
        if masks.ndim != 3:
            hint = "detector_postprocess pastes masks of boxes into the image"
            raise ValueError(f"pred_masks are {masks.shape}; allowed: (N, {size[0]}, {size[1]}) ({hint})")
        try:
            found = Masks.from_dense(size, masks)
        except (TypeError, ValueError) as error:
            raise type(error)(f"pred_masks of {record['file_name']}: {error}") from None
        return InstanceSet(found, categories.astype(np.int64), scores.astype(np.float64))

    def _truth(self, record: Record) -> InstanceSet:
        objects = [
            ObjectRecord(
                f"annotation {n}", n, int(a["category_id"]), _as_json(a.get("segmentation")), bool(a.get("iscrowd"))
            )
            for n, a in enumerate(record["annotations"], start=1)
        ]
        found, problems = truth_of(_size(record), str(record["file_name"]), objects)
        if found is None:
            raise InputError(problems)
        return found


def _column(answer: Any, name: str) -> Any:
    """One column of detectron2's `Instances`, as an array; `BitMasks` keep theirs in `tensor`."""
    if not hasattr(answer, name):
        raise ValueError(f"instances without {name}; allowed: pred_masks, pred_classes and scores; boxes are no masks")
    column = getattr(answer, name)
    return as_array(getattr(column, "tensor", column))


def _as_json(segmentation: Any) -> Any:
    """A segmentation of a record with the types that JSON files have: bytes and arrays are also usual in memory."""
    if isinstance(segmentation, Mapping):
        code = dict(segmentation)
        counts = code.get("counts")
        if isinstance(counts, bytes):
            # Characters beyond ASCII are none of the code: what is broken is refused as such.
            code["counts"] = counts.decode("latin-1")
        elif isinstance(counts, np.ndarray | tuple):
            code["counts"] = np.asarray(counts).tolist()
        if isinstance(code.get("size"), np.ndarray | tuple):
            code["size"] = np.asarray(code["size"]).tolist()
        return code
    if isinstance(segmentation, list | tuple):
        return [np.asarray(part).tolist() if isinstance(part, np.ndarray | tuple) else part for part in segmentation]
    return segmentation


def _size(record: Record) -> tuple[int, int]:
    return int(record["height"]), int(record["width"])


def _gathered(images: list[list[Measurement]]) -> list[list[Measurement]] | None:
    """The measurements of all processes in the first one, None in the others."""
    # Whoever runs several processes has imported it.
    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return images
    first = distributed.get_rank() == 0
    parts: list[Any] = [None] * distributed.get_world_size()
    distributed.gather_object(images, parts if first else None)
    return [image for part in parts for image in part] if first else None
