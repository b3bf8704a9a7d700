from __future__ import annotations

import pytest
import torch

from boundary_bench.refiners.bpr.heads import DeepLabV3PlusHead, FCNHead
from tests.refiners.filled_networks import fill_by_rule


@pytest.mark.parametrize("choices", [{"kernel": 1}, {"convolutions": 2, "with_input": True}, {"separable": True}])
def test_an_fcn_head_sees_the_last_level_alone(choices):
    head = fill_by_rule(FCNHead(6, 4, **choices))
    coarse = torch.rand(2, 6, 5, 7)
    with torch.inference_mode():
        logits = head([torch.rand(2, 3, 10, 14), coarse])
        assert logits.shape == (2, 2, 5, 7)
        assert torch.equal(logits, head([coarse]))
        assert not torch.equal(logits, head([coarse + 1]))


@pytest.mark.parametrize(("choices", "reach"), [({"kernel": 1}, 0), ({"convolutions": 2, "with_input": True}, 3)])
def test_an_fcn_head_looks_as_far_as_its_convolutions_reach(choices, reach):
    head = fill_by_rule(FCNHead(6, 4, **choices)).double()
    coarse = torch.rand(1, 6, 9, 9, dtype=torch.float64)
    changed = coarse.clone()
    changed[..., 0, 0] += 5
    with torch.inference_mode():
        differ = (head([coarse]) != head([changed])).any(dim=1)[0]
    assert differ.nonzero().max() <= reach
    assert differ[0, 0]


def test_deeplab_joins_fine_detail_with_the_context_of_the_whole_patch():
    head = fill_by_rule(DeepLabV3PlusHead(6, 4)).double()
    fine, coarse = torch.rand(1, 4, 16, 16, dtype=torch.float64), torch.rand(1, 6, 8, 8, dtype=torch.float64)
    detail, context = fine.clone(), coarse.clone()
    detail[..., 0, 0] += 5
    context[..., 0, 0] += 5
    with torch.inference_mode():
        logits = head([fine, coarse])
        near = (head([detail, coarse]) != logits).any(dim=1)[0]
        far = (head([fine, context]) != logits).any(dim=1)[0]
    assert logits.shape == (1, 2, 16, 16)
    # Two 3x3 convolutions follow.
    assert near[0, 0]
    assert near.nonzero().max() <= 2
    # No convolution reaches so far with 8 pixels and rates of 12 and more: the mean of the patch does.
    assert far.all()


def test_dilated_branches_differ_in_their_rates():
    head = fill_by_rule(DeepLabV3PlusHead(6, 4)).double()
    coarse = torch.zeros(1, 6, 80, 80, dtype=torch.float64)
    changed = coarse.clone()
    changed[..., 40, 40] = 5
    with torch.inference_mode():
        for module, rate in zip(head.aspp_modules, (0, 12, 24, 36), strict=True):
            differ = (module(changed) != module(coarse)).any(dim=1)[0].nonzero() - 40
            assert set(map(tuple, differ.tolist())) <= {(y, x) for y in (-rate, 0, rate) for x in (-rate, 0, rate)}
            assert differ.abs().max() == rate
