import numpy as np
import pytest
from hypothesis import given

from boundary_bench.metrics.instance.iou_change import IoUChange, iou_pairs
from tests.metrics.objects import dense, drawn, instance_pairs, instances


def plain_iou(a, b):
    return (a & b).sum() / (a | b).sum() if (a | b).any() else 0.0


@given(instance_pairs())
def test_plain_definition(pair):
    before, truth = pair
    rng = np.random.default_rng(len(before))
    kept = rng.permutation(len(before))[: len(before) - 1]
    shifted = [np.roll(mask, 1, axis=1) for mask in dense(before)]
    after = instances(
        [shifted[i] for i in kept], before.categories[kept], before.scores[kept], before.size, ids=before.ids[kept]
    )
    expected = []
    for i, mask in enumerate(dense(before)):
        candidates = [
            (plain_iou(mask, true), -j)
            for j, true in enumerate(dense(truth))
            if truth.categories[j] == before.categories[i] and not truth.crowd[j]
        ]
        best, j = max(candidates, default=(0, 0))
        if best > 0:
            later = plain_iou(shifted[i], dense(truth)[-j]) if i in kept else 0.0
            expected.append((best, later, before.categories[i], before.ids[i]))
    got = iou_pairs(before=before, after=after, truth=truth)
    np.testing.assert_allclose(
        np.array(expected).reshape(-1, 4), np.stack([got.before, got.after, got.categories, got.ids], axis=1)
    )
    assert got.unmatched == len(before) - len(expected)


def test_by_hand():
    masks = drawn("####....", "##......", "....##..", "......##", "...#....")
    truth = instances([masks[0], masks[3], masks[2]], [0, 1, 0])
    predicted = [masks[1], masks[2], masks[3], masks[4], masks[2]]
    before = instances(predicted, [0] * 5, [0.9, 0.8, 0.7, 0.6, 0.5], ids=[7, 3, 5, 9, 2])
    after = instances([masks[2], masks[0], masks[2]], [0] * 3, [0.8, 0.9, 0.5], ids=[9, 7, 2])
    found = iou_pairs(before=before, after=after, truth=truth)
    # 7 grows to the whole object, 3 is lost, 9 moves to another object, 2 stays. 5 overlaps another category only.
    assert found.ids.tolist() == [7, 3, 9, 2]
    assert found.before.tolist() == [0.5, 1, 0.25, 1]
    assert found.after.tolist() == [1, 0, 0, 1]
    assert found.categories.tolist() == [0] * 4
    assert found.unmatched == 1
    assert found.worse_share == 2 / 4


def test_nothing_is_no_share():
    nothing = instances([], [], [], size=(2, 3))
    found = iou_pairs(before=nothing, after=nothing, truth=nothing)
    assert len(found.before) == found.unmatched == 0
    assert np.isnan(found.worse_share)


def test_objects_that_do_not_correspond_are_refused():
    (mask,) = drawn("##")
    one, twice = instances([mask], [0], [1.0]), instances([mask, mask], [0, 0], [1.0, 1.0], ids=[1, 1])
    with pytest.raises(ValueError, match="before holds an id twice"):
        iou_pairs(before=twice, after=one, truth=one)
    with pytest.raises(ValueError, match=r"ids \[2\]; allowed: ids from before"):
        iou_pairs(before=one, after=instances([mask], [0], [1.0], ids=[2]), truth=one)
    with pytest.raises(ValueError, match="allowed: one size"):
        iou_pairs(before=one, after=one, truth=instances(drawn("###"), [0]))


def test_shares_and_means_by_hand() -> None:
    metric = IoUChange(2)
    truth = instances(drawn("####"), [0])
    before = instances(drawn("##.."), [0], scores=[0.5])
    after = instances(drawn("###."), [0], scores=[0.5])
    risen, fallen = (
        metric.measure_change(before=a, after=b, truth=truth) for a, b in ((before, after), (after, before))
    )
    summary = metric.summarise([risen, risen, fallen])
    assert summary.values["IoU_before"] == pytest.approx((0.5 + 0.5 + 0.75) / 3)
    assert summary.values["IoU_after"] == pytest.approx((0.75 + 0.75 + 0.5) / 3)
    assert summary.values["better_share"] == pytest.approx(2 / 3)
    assert summary.values["worse_share"] == pytest.approx(1 / 3)
    np.testing.assert_allclose(summary.per_class["worse_share"], [1 / 3, np.nan])
    assert summary.curves["iou_change"]["after"].tolist() == [0.75, 0.75, 0.5]
