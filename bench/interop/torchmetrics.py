"""Boundary metrics as torchmetrics `Metric`s: measured on the CPU by the same code, kept as tensors that can be summed.

Values are fractions, as torchmetrics has them, and are NaN where undefined, as before the first update.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric

from boundary_bench.bench.interop.tensors import USUAL_IGNORED, as_labels, ignored_id
from boundary_bench.metrics.functional.boundary_matching import Variant
from boundary_bench.metrics.functional.statistics import Measurement, divide, mean_of_defined
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.structures.labels import Labels, all_void
from boundary_bench.metrics.structures.segmentation import SemanticMap

Average = Literal["macro", "none"]
Core = BoundaryF | BoundaryIoU
Values = Mapping[str, NDArray[np.float64]]
Sums = Mapping[str, NDArray[Any]]
"""Statistics summed over images and processes."""


class _OfMaps(Metric):
    """Measures one image after the other and adds up what `_sums` keeps of them."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    plot_lower_bound = 0.0
    plot_upper_bound = 1.0

    def __init__(self, core: Core, average: Average, ignore_index: int | None, **settings: Any) -> None:
        if average not in ("macro", "none"):
            raise ValueError(f"average is {average!r}; allowed: 'macro' or 'none'")
        super().__init__(**settings)
        self.core, self.average, self.ignore_index = core, average, ignored_id(ignore_index, core.classes)
        nothing = SemanticMap(all_void((1, 1), core.classes))
        self._blank = core.measure(prediction=nothing, truth=nothing)
        sums = self._sums(self._blank)
        # Collections take metrics whose states agree after the first batch for one and the same: names tell them apart.
        tag = blake2b(repr((core.definition(), self.ignore_index)).encode(), digest_size=4).hexdigest()
        self._states = {key: f"{key}_{tag}" for key in sums}
        for key, value in sums.items():
            dtype = torch.float64 if value.dtype.kind == "f" else torch.int64
            self.add_state(self._states[key], torch.zeros(value.shape, dtype=dtype), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch.

        Raises:
            ValueError: tensors of other shapes or types, or ids that are neither classes nor void.
        """
        for prediction, truth in self._maps(preds, target):
            measured = self.core.measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))
            for key, value in self._sums(measured).items():
                before = getattr(self, self._states[key])
                setattr(self, self._states[key], before + torch.as_tensor(value).to(before))

    def compute(self) -> dict[str, Tensor]:
        """Values by name: float32, on the device of the metric."""
        values = self._values({key: getattr(self, name).cpu().numpy() for key, name in self._states.items()})
        return {name: torch.as_tensor(value, dtype=torch.float32, device=self.device) for name, value in values.items()}

    def _maps(self, preds: Tensor, target: Tensor) -> Iterator[tuple[Labels, Labels]]:
        if preds.ndim != 3 or preds.shape != target.shape or 0 in preds.shape[1:]:
            found = f"preds are {tuple(preds.shape)}, target {tuple(target.shape)}"
            raise ValueError(f"{found}; allowed: one shape (N, H, W), of classes also preds (N, K, H, W)")
        labels = (
            as_labels(values, classes=self.core.classes, ignored=self.ignore_index, what=what)
            for values, what in ((preds, "preds"), (target, "target"))
        )
        return zip(*labels, strict=True)

    def _sums(self, measured: Measurement) -> Sums:
        raise NotImplementedError

    def _values(self, sums: Sums) -> Values:
        raise NotImplementedError


class _OfClasses(_OfMaps):
    """Takes probabilities too."""

    def _maps(self, preds: Tensor, target: Tensor) -> Iterator[tuple[Labels, Labels]]:
        if preds.ndim == 4 and preds.is_floating_point():
            if preds.shape[1] != self.core.classes:
                found = f"preds have {preds.shape[1]} channels"
                raise ValueError(f"{found}; allowed: {self.core.classes}, one for each class")
            preds = preds.argmax(dim=1)
        return super()._maps(preds, target)


class _OfImages(_OfMaps):
    """Of scores that images have, which are added up with the number of images that have them."""

    def _scores(self, measured: Measurement) -> Values:
        """Of one image, by name and class; NaN where undefined."""
        raise NotImplementedError

    def _sums(self, measured: Measurement) -> Sums:
        scores = np.stack(list(self._scores(measured).values()))
        return {"scores": np.nan_to_num(scores), "images": (~np.isnan(scores)).astype(np.int64)}

    def _values(self, sums: Sums) -> Values:
        by_class = divide(sums["scores"], sums["images"].astype(np.float64))
        values = by_class if self.average == "none" else mean_of_defined(by_class)
        return dict(zip(self._scores(self._blank), values, strict=True))


class BoundaryFScore(_OfClasses):
    """Boundary F-score, precision and recall of label maps: `boundary_f@1px`, `boundary_precision@1px` and so on.

    `update` takes preds, ids (N, H, W) or probabilities or logits (N, K, H, W), and target, ids (N, H, W).

    Args:
        num_classes: number of classes K.
        tolerances_px, tolerances_ratio, variant: as of `boundary_bench.metrics.semantic.boundary_f.BoundaryF`, where
        the definition stands.
        average: `macro`, the mean over classes, or `none`, values (K,).
        ignore_index: id of the pixels of the target that are not scored; in preds it is wrong. A class of that id is in
            no mean, and undefined. Default: 255 where that is no class.
        settings: those of `torchmetrics.Metric`.

    Raises:
        ValueError: as of `boundary_bench.metrics.semantic.boundary_f.BoundaryF`, or another average.
    """

    def __init__(
        self,
        num_classes: int,
        tolerances_px: Sequence[int] = (1, 2, 3),
        tolerances_ratio: Sequence[float] = (),
        variant: Variant = "gscnn",
        average: Average = "macro",
        ignore_index: int | None = None,
        **settings: Any,
    ) -> None:
        core = BoundaryF(num_classes, tolerances_px, tolerances_ratio, variant)
        super().__init__(core, average, ignore_index, **settings)
        self.core: BoundaryF = core

    def _sums(self, measured: Measurement) -> Sums:
        found = self.core.image_scores(measured)
        scores = np.stack([found[kind] for kind in ("f", "precision", "recall")])
        return {"scores": scores, "images": found["defined"].astype(np.int64), "present": found["present"].astype(int)}

    def _values(self, sums: Sums) -> Values:
        # A class that no image has is undefined.
        images = np.where(sums["present"] > 0, sums["images"], 0).astype(np.float64)
        by_class = [divide(scores, images) for scores in sums["scores"]]
        values = by_class if self.average == "none" else [mean_of_defined(scores) for scores in by_class]
        kinds = ("boundary_f", "boundary_precision", "boundary_recall")
        return {
            name.replace("boundary_f", kind): values[place][t]
            for t, name in enumerate(self.core.names())
            for place, kind in enumerate(kinds)
        }


class SemanticBoundaryIoU(_OfClasses):
    """Boundary IoU of label maps: `boundary_mIoU` and `saturated_share`, or `boundary_IoU` for each class.

    `update` takes what `BoundaryFScore` takes.

    Args:
        num_classes: number of classes K.
        width_ratio, width_px: as of `boundary_bench.metrics.semantic.boundary_iou.BoundaryIoU`, where the
        definition stands.
        average, ignore_index, settings: as of `BoundaryFScore`.

    Raises:
        ValueError: as of `boundary_bench.metrics.semantic.boundary_iou.BoundaryIoU`, or another average.
    """

    def __init__(
        self,
        num_classes: int,
        width_ratio: float = 0.005,
        width_px: int | None = None,
        average: Average = "macro",
        ignore_index: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(BoundaryIoU(num_classes, width_ratio, width_px), average, ignore_index, **settings)

    def _sums(self, measured: Measurement) -> Sums:
        return measured

    def _values(self, sums: Sums) -> Values:
        summary = self.core.summarise([sums])
        return summary.per_class if self.average == "none" else summary.values


class MaskBoundaryIoU(_OfImages):
    """Boundary IoU of pairs of masks: `boundary_IoU`, the mean over pairs of which one mask at least has pixels.

    It is the IoU of the inner bands alone; where AP is matched by boundary IoU, the smaller one of it and mask IoU is
    taken. `update` takes preds and target (N, H, W), bool or whole numbers 0 and 1; pixels whose target is 255 are not
    scored.

    Args:
        width_ratio: width of the band as a ratio of the diagonal, rounded to whole pixels; the default is the one that
            the authors use on COCO.
        width_px: width in whole pixels; replaces the ratio.
        settings: those of `torchmetrics.Metric`.

    Raises:
        ValueError: a width below 1 px or a ratio that is not in (0, 1).

    Source: Cheng et al., Boundary IoU, CVPR 2021, Section 4.
    """

    def __init__(self, width_ratio: float = 0.02, width_px: int | None = None, **settings: Any) -> None:
        super().__init__(BoundaryIoU(2, width_ratio, width_px), "macro", USUAL_IGNORED, **settings)

    def _maps(self, preds: Tensor, target: Tensor) -> Iterator[tuple[Labels, Labels]]:
        whole = (each.byte() if each.dtype == torch.bool else each for each in (preds, target))
        return super()._maps(*whole)

    def _scores(self, measured: Measurement) -> Values:
        return {"boundary_IoU": self.core.summarise([measured]).per_class["boundary_IoU"][1:]}
