"""Losses of edge networks: balanced cross-entropy and two more for the thinning layer (equations 1, 5-7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from boundary_bench.refiners.networks.training import Batch
from boundary_bench.refiners.steal.casenet import EdgeLogits
from boundary_bench.refiners.steal.thinning import REACH, TEMPERATURE, direction_loss, doubled_normals, nms_loss

IGNORED: Final = -1
"""In targets: void, and what lies beyond the image."""


@dataclass(frozen=True)
class EdgeLoss:
    """The weighted sum of four losses; satisfies `boundary_bench.refiners.networks.training.Losses`. Defaults are
    the paper's.

    Cross-entropy is taken of the fused scores and, as in CASENet, of those of the deepest side. The thinning layer
    sees the fused ones alone. Losses are sums, as in the paper, but divided by the number of true boundary pixels of
    the batch: their proportions stay what they are there, learning rates do not.

    Attributes:
        entropy: alpha 1, weight of the cross-entropies.
        nms: alpha 2, weight of the NMS loss.
        direction: alpha 3, weight of the direction loss; with it and `nms` 0 there is no thinning layer.
        beta: weight of boundary pixels in cross-entropy, others having 1 - beta; None: the share of the others in
            the batch.
        reach_px: L, see `thinning.nms_loss`.
        temperature: of the softmax along the normal.

    Raises:
        ValueError: a weight below 0, beta beyond 0..1, a reach below 1, or a temperature that is not positive.
    """

    entropy: float = 1.0
    nms: float = 10.0
    direction: float = 1.0
    beta: float | None = None
    reach_px: int = REACH
    temperature: float = TEMPERATURE

    def __post_init__(self) -> None:
        for name in ("entropy", "nms", "direction"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: at least 0")
        if self.beta is not None and not 0 <= self.beta <= 1:
            raise ValueError(f"beta is {self.beta}; allowed: 0 to 1, or none")
        if self.reach_px < 1:
            raise ValueError(f"reach_px is {self.reach_px}; allowed: at least 1")
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature}; allowed: above 0")

    def __call__(self, logits: EdgeLogits, targets: Batch) -> dict[str, Tensor]:
        """Losses of a batch.

        Args:
            logits: floating.
            targets: boundaries alone, integers (N, K, H, W): 1 on them, 0 off them, `IGNORED`.

        Returns:
            Scalars `entropy`, `entropy_side5`, `nms`, `direction` (the last two if they count) and `loss`, their
            weighted sum; 0 each without boundary pixels.
        """
        (boundaries,) = targets
        positives = (boundaries == 1).sum()
        beta = self._beta(boundaries, positives)
        total = positives.clamp(min=1)
        found = {
            "entropy": _entropy(logits.fused, boundaries, beta) / total,
            "entropy_side5": _entropy(logits.side5, boundaries, beta) / total,
        }
        loss = self.entropy * (found["entropy"] + found["entropy_side5"])
        if self.nms or self.direction:
            nms, direction = (part / total for part in self._thinning(logits.fused, boundaries))
            found |= {"nms": nms, "direction": direction}
            loss = loss + self.nms * nms + self.direction * direction
        return {"loss": loss, **found}

    def _beta(self, boundaries: Tensor, positives: Tensor) -> Tensor:
        if self.beta is not None:
            return torch.full((), self.beta, device=boundaries.device)
        counted = (boundaries != IGNORED).sum().clamp(min=1)
        return 1 - positives / counted

    def _thinning(self, logits: Tensor, boundaries: Tensor) -> tuple[Tensor, Tensor]:
        """Sums of the NMS and the direction loss, of those maps alone that have a boundary."""
        present = (boundaries == 1).flatten(2).any(dim=2)
        true = boundaries[present] == 1
        predicted = logits[present].float().sigmoid()
        index, row, column = true.nonzero(as_tuple=True)
        if not len(index):
            return logits.sum() * 0, logits.sum() * 0
        places = index, row, column
        doubled = doubled_normals(true.float(), places)
        nms = nms_loss(predicted, places, doubled, reach=self.reach_px, temperature=self.temperature)
        return nms, direction_loss(doubled_normals(predicted, places), doubled)


def _entropy(logits: Tensor, boundaries: Tensor, beta: Tensor) -> Tensor:
    """The sum over all pixels that count, boundaries weighing beta and others 1 - beta."""
    weights = torch.where(boundaries == 1, beta, 1 - beta) * (boundaries != IGNORED)
    true = (boundaries == 1).float()
    return functional.binary_cross_entropy_with_logits(logits.float(), true, weights, reduction="sum")
