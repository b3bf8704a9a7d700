"""Losses against arithmetic by hand: logits of the targets' size, so that nothing is interpolated."""

from __future__ import annotations

from math import exp, log

import pytest
import torch

from boundary_bench.refiners.segfix.losses import LOSSES, paper_loss, released_loss


def pixels(*values):
    """One row of pixels: (1, 1, W)."""
    return torch.tensor([[values]], dtype=torch.int8)


def channels(*rows):
    """(1, C, 1, W)."""
    return torch.tensor(rows, dtype=torch.float32)[None, :, None]


def entropy(logits, index):
    return log(sum(exp(value) for value in logits)) - logits[index]


# Boundary logits of three pixels, and direction logits of two directions.
OFF, ON = (0.0, 1.0, 2.0), (1.0, -1.0, 3.0)
LEFT, RIGHT = (0.5, 2.0, 0.0), (0.0, 1.0, 4.0)
LOGITS = (channels(OFF, ON), channels(LEFT, RIGHT))


def boundary_entropy(pixel, index):
    return entropy((OFF[pixel], ON[pixel]), index)


def direction_entropy(pixel, index):
    return entropy((LEFT[pixel], RIGHT[pixel]), index)


def test_paper_directions_count_where_the_truth_has_a_boundary():
    found = paper_loss(LOGITS, (pixels(0, 1, 1), pixels(1, 0, 1)))
    boundary = (boundary_entropy(0, 0) + boundary_entropy(1, 1) + boundary_entropy(2, 1)) / 3
    direction = (direction_entropy(1, 0) + direction_entropy(2, 1)) / 2
    assert float(found["boundary"]) == pytest.approx(boundary, rel=1e-5)
    assert float(found["direction"]) == pytest.approx(direction, rel=1e-5)
    assert float(found["loss"]) == pytest.approx(boundary + direction, rel=1e-5)


def test_released_directions_count_where_a_boundary_is_predicted():
    found = released_loss(LOGITS, (pixels(0, 1, 1), pixels(1, 0, 0)))
    # One pixel in three is off the boundary: it weighs 2/3, the others 1/3.
    boundary = (2 * boundary_entropy(0, 0) + boundary_entropy(1, 1) + boundary_entropy(2, 1)) / 4
    # Predicted at the first and the last pixel, whose directions are 1 and 0: they weigh the same.
    direction = (direction_entropy(0, 1) + direction_entropy(2, 0)) / 2
    assert float(found["boundary"]) == pytest.approx(boundary, rel=1e-5)
    assert float(found["direction"]) == pytest.approx(direction, rel=1e-5)


def test_released_directions_are_balanced_among_those_that_count():
    logits = (channels((0.0,) * 4, (1.0,) * 4), channels((0.0, 1.0, 2.0, 0.0), (0.0,) * 4))
    found = released_loss(logits, (pixels(1, 1, 0, 0), pixels(0, 0, 1, -1)))
    parts = [entropy((0.0, 0.0), 0) / 3, entropy((1.0, 0.0), 0) / 3, entropy((2.0, 0.0), 1) * 2 / 3]
    assert float(found["direction"]) == pytest.approx(sum(parts) / (1 / 3 + 1 / 3 + 2 / 3), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_void_does_not_count(name):
    targets = (torch.tensor([[[0, 1, 1], [-1] * 3]]), torch.tensor([[[1, 0, 1], [-1] * 3]]))
    below = [torch.cat([logit, 7 * torch.randn_like(logit)], dim=2) for logit in LOGITS]
    alone = LOSSES[name](LOGITS, tuple(target[:, :1] for target in targets))
    for part, value in LOSSES[name](tuple(below), targets).items():
        torch.testing.assert_close(value, alone[part])


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_to_learn_is_no_loss_and_no_gradient(name):
    logits = tuple(logit.clone().requires_grad_() for logit in LOGITS)
    found = LOSSES[name](logits, (pixels(-1, -1, -1), pixels(-1, -1, -1)))
    torch.autograd.backward(found["loss"])
    assert [value.item() for value in found.values()] == [0, 0, 0]
    assert all(not logit.grad.any() for logit in logits)


@pytest.mark.parametrize("name", LOSSES)
def test_logits_are_enlarged_corner_to_corner(name):
    small = tuple(logit[..., [0, 2]] for logit in LOGITS)
    shares = torch.tensor([0, 1 / 3, 2 / 3, 1])
    large = tuple(logit[..., :1] * (1 - shares) + logit[..., 1:] * shares for logit in small)
    targets = (pixels(0, 1, 1, 0), pixels(1, 0, 1, 1))
    torch.testing.assert_close(LOSSES[name](small, targets), LOSSES[name](large, targets))


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_is_widened(name):
    halves = tuple(logit.bfloat16() for logit in LOGITS)
    assert LOSSES[name](halves, (pixels(0, 1, 1), pixels(1, 0, 1)))["loss"].dtype == torch.float32
