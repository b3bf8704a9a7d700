"""Losses of SegFix: as in the paper (Section 3.2), and as in the released code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

IGNORED: Final = -1
"""In both targets: void, and in directions also where there is none."""

Loss = Callable[[tuple[Tensor, Tensor], tuple[Tensor, ...]], dict[str, Tensor]]
"""From (boundary logits, direction logits) and (boundary, direction) to `loss`, the sum, and its two parts."""


def paper_loss(logits: tuple[Tensor, Tensor], targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Binary cross-entropy of the boundary and, where the truth has one, cross-entropy of the direction.

    Args:
        logits: floating (N, 2, h, w), channel 1 of which is the boundary, and (N, m, h, w); both are enlarged
            bilinearly to the targets' size, corners to corners.
        targets: integers (N, H, W): 1 on the boundary, 0 off it, `IGNORED` in void; and the direction 0..m-1, or
            `IGNORED` where there is none.

    Returns:
        Scalars `boundary`, `direction` and their sum `loss`; each part is a mean over the pixels that count, 0 where
        none does.
    """
    boundary, direction = (target.long() for target in targets)
    boundary_logits, direction_logits = (_enlarged(logit, boundary) for logit in logits)
    followed = torch.where(boundary == 1, direction, IGNORED)
    return _sum(_mean_entropy(boundary_logits, boundary), _mean_entropy(direction_logits, followed))


def released_loss(logits: tuple[Tensor, Tensor], targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """As `paper_loss`, but balanced, and with directions where a boundary is predicted.

    Each pixel weighs 1 - the share of its class among the pixels of the batch that count; both parts are weighted
    means. The direction counts where the predicted probability of a boundary is above 0.5, whatever the truth says.
    """
    boundary, direction = (target.long() for target in targets)
    boundary_logits, direction_logits = (_enlarged(logit, boundary) for logit in logits)
    # Of two classes, the larger logit has a probability above 0.5.
    predicted = (boundary_logits[:, 1] > boundary_logits[:, 0]).detach()
    followed = torch.where(predicted, direction, IGNORED)
    return _sum(_balanced_entropy(boundary_logits, boundary), _balanced_entropy(direction_logits, followed))


LOSSES: Final[dict[str, Loss]] = {"paper": paper_loss, "released": released_loss}


def _enlarged(logits: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(logits.float(), like.shape[-2:], mode="bilinear", align_corners=True)


def _sum(boundary: Tensor, direction: Tensor) -> dict[str, Tensor]:
    return {"loss": boundary + direction, "boundary": boundary, "direction": direction}


def _mean_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    total = functional.cross_entropy(logits, classes, ignore_index=IGNORED, reduction="sum")
    return total / (classes != IGNORED).sum().clamp(min=1)


def _balanced_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    """The weighted mean; 0 where no pixel counts, or all are of one class, which then weighs nothing."""
    counts = torch.bincount(classes[classes != IGNORED], minlength=logits.shape[1])
    weights = 1 - counts / counts.sum().clamp(min=1)
    total = functional.cross_entropy(logits, classes, weights, ignore_index=IGNORED, reduction="sum")
    weight = (counts * weights).sum()
    return total / torch.where(weight > 0, weight, 1.0)
