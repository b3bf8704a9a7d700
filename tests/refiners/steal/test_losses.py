from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.refiners.steal.casenet import EdgeLogits
from boundary_bench.refiners.steal.losses import IGNORED, EdgeLoss
from boundary_bench.refiners.steal.thinning import direction_loss, doubled_normals, nms_loss


def logits(fused, side5=None):
    return EdgeLogits(fused, fused if side5 is None else side5, (fused[:, :1],) * 3)


def drawn():
    """Two images of three classes; the third has no boundary in the first image."""
    generator = torch.Generator().manual_seed(5)
    boundaries = torch.zeros(2, 3, 14, 16, dtype=torch.int8)
    boundaries[:, 0, 5] = 1
    boundaries[0, 1, :, 9] = 1
    boundaries[1, 2].fill_diagonal_(1)
    boundaries[:, :, -2:] = IGNORED
    return torch.randn(2, 3, 14, 16, generator=generator), boundaries


def test_balanced_entropy_by_hand():
    """Of eight pixels that count two are boundary: beta is 3/4."""
    fused = torch.tensor([[[[0.0, 2.0, -1.0]], [[0.0, 0.0, 0.0]], [[3.0, 0.0, 0.0]]]])
    boundaries = torch.tensor([[[[1, 0, 0]], [[0, 1, 0]], [[IGNORED, 0, 0]]]], dtype=torch.int8)
    found = EdgeLoss(nms=0, direction=0)(logits(fused), (boundaries,))
    others = np.log1p(np.exp(2)) + np.log1p(np.exp(-1)) + 4 * np.log(2)
    expected = (3 / 4 * 2 * np.log(2) + 1 / 4 * others) / 2
    assert found.keys() == {"loss", "entropy", "entropy_side5"}
    assert found["entropy"].item() == pytest.approx(expected)
    assert found["loss"].item() == pytest.approx(2 * expected)
    fixed = EdgeLoss(nms=0, direction=0, beta=0.0)(logits(fused), (boundaries,))
    assert fixed["entropy"].item() == pytest.approx(others / 2)


def test_both_scores_are_supervised():
    fused, boundaries = drawn()
    found = EdgeLoss(nms=0, direction=0)(logits(fused, 0 * fused), (boundaries,))
    alone = EdgeLoss(nms=0, direction=0)(logits(0 * fused), (boundaries,))
    assert found["entropy_side5"].item() == pytest.approx(alone["entropy"].item())
    assert found["entropy"].item() != pytest.approx(alone["entropy"].item())


def test_the_whole_is_the_weighted_sum_of_the_paper():
    fused, boundaries = drawn()
    found = EdgeLoss()(logits(fused), (boundaries,))
    parts = found["entropy"] + found["entropy_side5"] + 10 * found["nms"] + found["direction"]
    assert found["loss"].item() == pytest.approx(parts.item())
    weighted = EdgeLoss(entropy=2, nms=3, direction=5)(logits(fused), (boundaries,))
    parts = 2 * (found["entropy"] + found["entropy_side5"]) + 3 * found["nms"] + 5 * found["direction"]
    assert weighted["loss"].item() == pytest.approx(parts.item())


def test_the_thinning_layer_sees_probabilities_of_every_map_at_its_boundaries():
    fused, boundaries = drawn()
    found = EdgeLoss(reach_px=3, temperature=0.2)(logits(fused), (boundaries,))
    nms = direction = count = 0
    for image in range(2):
        for label in range(3):
            true = boundaries[image, label] == 1
            row, column = true.nonzero(as_tuple=True)
            at = (torch.zeros_like(row), row, column)
            maps = fused[image, label, None].sigmoid()
            doubled = doubled_normals(true[None].float(), at)
            nms += nms_loss(maps, at, doubled, reach=3, temperature=0.2)
            direction += direction_loss(doubled_normals(maps, at), doubled)
            count += len(row)
    assert found["nms"].item() == pytest.approx((nms / count).item(), rel=1e-5)
    assert found["direction"].item() == pytest.approx((direction / count).item(), rel=1e-5)


def test_void_does_not_count():
    fused, boundaries = drawn()
    first = EdgeLoss(nms=0, direction=0)(logits(fused), (boundaries,))["loss"]
    changed = torch.where(boundaries == IGNORED, 9.0, fused)
    assert EdgeLoss(nms=0, direction=0)(logits(changed), (boundaries,))["loss"].item() == pytest.approx(first.item())


@pytest.mark.parametrize("value", [0, IGNORED])
def test_without_boundaries_there_is_nothing_to_learn(value):
    fused = torch.randn(1, 2, 6, 6, requires_grad=True)
    found = EdgeLoss()(logits(fused), (torch.full((1, 2, 6, 6), value, dtype=torch.int8),))
    assert all(part.item() == 0 for part in found.values())
    found["loss"].backward()
    assert not fused.grad.any()


def test_the_layer_makes_a_line_thin():
    """Logits that are learned without a network: with the layer they peak where the truth is."""
    boundaries = torch.zeros(1, 1, 24, 24, dtype=torch.int8)
    boundaries[0, 0, :, 12] = 1
    wide = torch.nn.functional.conv2d(torch.zeros(1, 1, 24, 24), torch.ones(1, 1, 1, 5), padding=(0, 2))
    wide[..., 10:15] = 2.0
    fused = wide.clone().requires_grad_()
    step = torch.optim.SGD([fused], lr=20.0)
    for _ in range(30):
        step.zero_grad()
        EdgeLoss(entropy=0)(logits(fused), (boundaries,))["loss"].backward()
        step.step()
    found = fused[0, 0, 4:-4].sigmoid()
    assert (found[:, 12] > found[:, 11] + 0.3).all()
    assert (found[:, 12] > found[:, 14] + 0.3).all()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"nms": -1}, "nms is -1; allowed: at least 0"),
        ({"entropy": float("nan")}, "entropy is nan; allowed: at least 0"),
        ({"beta": 1.5}, "beta is 1.5; allowed: 0 to 1, or none"),
        ({"reach_px": 0}, "reach_px is 0; allowed: at least 1"),
        ({"temperature": 0}, "temperature is 0; allowed: above 0"),
    ],
)
def test_other_weights_are_refused(choice, message):
    with pytest.raises(ValueError, match=message):
        EdgeLoss(**choice)
