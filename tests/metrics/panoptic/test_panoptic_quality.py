import json
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.metrics.segments import numbered, panoptic, plain_quality
from tests.paths import reference_dir

COUNTS = ("iou_sum", "tp", "fp", "fn")
CLASSES = 4
IOUS = [None, 1, 2, 40]


def quality(band_px=None, classes=CLASSES, things=(2, 3)):
    return PanopticQuality(classes, things, iou="boundary" if band_px else "mask", band_px=band_px)


def summary(metric, *pairs):
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])


@st.composite
def pairs(draw):
    """A truth with void and crowds, and a prediction that is the truth with some boxes painted over."""
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ids = boxes(np.zeros(shape, np.int32), rng, 8)
    predicted = boxes(ids * draw(st.booleans()), rng, draw(st.integers(0, 4)))
    ids[: rng.integers(0, shape[0] + 1), : rng.integers(0, 5)] = 0
    categories = {segment: int(rng.integers(CLASSES)) for segment in range(1, 10)}
    renamed = {segment: category if rng.random() < 0.8 else 0 for segment, category in categories.items()}
    crowd = tuple(rng.permutation(9)[: rng.integers(0, 5)] + 1)
    return panoptic(predicted, renamed), panoptic(ids, categories, crowd)


def boxes(ids, rng, number):
    ids = ids.copy()
    for _ in range(number):
        y, x = rng.integers(ids.shape[0]), rng.integers(ids.shape[1])
        h, w = rng.integers(1, ids.shape[0] + 1), rng.integers(1, ids.shape[1] + 1)
        ids[y : y + h, x : x + w] = rng.integers(0, 10)
    return ids


@given(pairs(), st.sampled_from(IOUS))
def test_plain_definition(pair, band_px):
    prediction, truth = pair
    measured = quality(band_px).measure(prediction=prediction, truth=truth)
    plain = plain_quality(prediction, truth, CLASSES, band_px)
    for name in COUNTS:
        np.testing.assert_allclose(measured[name], plain[name], rtol=1e-12, err_msg=name)


@given(pairs(), st.sampled_from(IOUS))
def test_the_truth_itself_scores_1(pair, band_px):
    _, truth = pair
    crowds = truth.categories[truth.crowd]
    assume(len(set(crowds)) == len(crowds))  # of several crowds of a category only one excuses
    result = summary(quality(band_px), (truth, truth))
    for name in ("PQ", "SQ", "RQ"):
        by_class = result.per_class["boundary_" * bool(band_px) + name]
        present = np.isin(np.arange(CLASSES), truth.categories[~truth.crowd])
        assert (by_class[present] == 1).all()
        assert np.isnan(by_class[~present]).all()


@given(pairs(), st.sampled_from(IOUS), st.integers(0, 2**32 - 1))
def test_numbering_changes_nothing(pair, band_px, seed):
    prediction, truth = pair
    rng = np.random.default_rng(seed)
    expected = quality(band_px).measure(prediction=prediction, truth=truth)
    measured = quality(band_px).measure(prediction=renumbered(prediction, rng), truth=renumbered(truth, rng))
    for name in COUNTS:
        np.testing.assert_array_equal(measured[name], expected[name], err_msg=name)


def renumbered(segmentation, rng):
    table = np.zeros(10, np.int32)
    table[1:] = rng.choice(2**31 - 1, 9, replace=False) + 1
    old = segmentation
    return PanopticMap(table[old.ids], table[old.segments], old.categories, old.crowd, old.scores)


@given(pairs(), st.sampled_from(IOUS))
def test_flips_and_transposes_change_nothing(pair, band_px):
    expected = quality(band_px).measure(prediction=pair[0], truth=pair[1])
    for move in (np.transpose, np.flipud, np.fliplr):
        prediction, truth = (
            PanopticMap(np.ascontiguousarray(move(s.ids)), s.segments, s.categories, s.crowd) for s in pair
        )
        measured = quality(band_px).measure(prediction=prediction, truth=truth)
        for name in COUNTS:
            np.testing.assert_array_equal(measured[name], expected[name], err_msg=name)


@given(st.lists(pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions_and_replicates_come_together(three):
    metric = quality(2)
    measured = [metric.measure(prediction=p, truth=t) for p, t in three]
    together = metric.summarise(measured, np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, images in enumerate(([0, 2, 2], [0, 1, 2])):
        alone = metric.summarise([measured[i] for i in images])
        assert together.values.keys() == alone.values.keys()
        for name, value in alone.values.items():
            np.testing.assert_allclose(together.values[name][row], value, rtol=1e-12, err_msg=name)
        for name, value in alone.per_class.items():
            np.testing.assert_allclose(together.per_class[name][row], value, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("less", [0, 1000], ids=["ids from 1001", "ids from 1"])
@pytest.mark.parametrize(("key", "iou"), [("panopticapi", "mask"), ("segm", "mask"), ("boundary", "boundary")])
def test_reference_values(less, key, iou):
    expected, pairs = reference(less)
    metric = PanopticQuality(11, [8, 9, 10], iou=iou)
    measured = [metric.measure(prediction=prediction, truth=truth) for prediction, truth in pairs]
    for name in COUNTS:
        peers = [expected[key].get(str(category + 1), {name: 0})[name] for category in range(11)]
        # Sums of a few IoU, in another order.
        np.testing.assert_allclose(sum(m[name] for m in measured), peers, rtol=4e-16 * 9, err_msg=name)


@cache
def reference(less):
    values = json.loads(reference_dir("values", "panoptic_outputs.json").read_text())
    segments = values["ids_from_1001"]["segments"]
    pairs = [tuple(saved(kind, k, segments[k][kind], less) for kind in ("pred", "gt")) for k in range(3)]
    return values["ids_from_1" if less else "ids_from_1001"]["results"], pairs


def saved(kind, number, segments, less):
    ids = np.asarray(Image.open(reference_dir("values", f"panoptic_{kind}_{number}.png"))).astype(np.int32)
    crowd = tuple(segment["id"] - less for segment in segments if segment["iscrowd"])
    categories = {segment["id"] - less: segment["category_id"] - 1 for segment in segments}
    return panoptic(np.where(ids > 0, ids - less, 0), categories, crowd)


def covered(ids, categories, crowd=()):
    """A truth of these segments, those without a pixel hidden."""
    segments = np.array(list(categories), np.int32)
    return PanopticMap(
        ids, segments, np.array(list(categories.values())), np.isin(segments, crowd), hidden=~np.isin(segments, ids)
    )


@pytest.mark.parametrize("band_px", [None, 1])
def test_a_true_segment_that_others_cover_is_missed(band_px):
    ids = numbered("1122\n1122")
    seen, hidden = panoptic(ids, {1: 0, 2: 2}), covered(ids, {7: 2, 1: 0, 2: 2, 8: 3, 9: 0}, crowd=(9,))
    prediction = panoptic(ids, {1: 0, 2: 2})
    without, found = (quality(band_px).measure(prediction=prediction, truth=truth) for truth in (seen, hidden))
    assert (found["fn"] - without["fn"]).tolist() == [0, 0, 1, 1]
    for name in found.keys() - {"fn"}:
        np.testing.assert_array_equal(found[name], without[name], err_msg=name)


def test_predictions_have_no_hidden_segments():
    hidden = covered(numbered("11"), {1: 0, 2: 0})
    with pytest.raises(ValueError, match="the prediction has hidden segments"):
        quality().measure(prediction=hidden, truth=hidden)


def test_by_hand():
    truth = panoptic(numbered("11112222\n11112222\n33...444"), {1: 0, 2: 2, 3: 2, 4: 3})
    prediction = panoptic(numbered("11111222\n11111222\n55556..."), {1: 0, 2: 2, 5: 2, 6: 3})
    measured = quality().measure(prediction=prediction, truth=truth)
    # 1: 8 of 10. 2: 6 of 8. Segment 5 and 3 share 2 of 4 pixels, but 2 are void: 2 of 2. 6 is void only; 4 is missed.
    np.testing.assert_allclose(measured["iou_sum"], [0.8, 0, 1.75, 0])
    assert [measured[name].tolist() for name in ("tp", "fp", "fn")] == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    result = summary(quality(), (prediction, truth))
    np.testing.assert_allclose(result.per_class["PQ"], [0.8, np.nan, 0.875, 0])
    np.testing.assert_allclose(result.per_class["SQ"], [0.8, np.nan, 0.875, 0])
    np.testing.assert_allclose(result.per_class["RQ"], [1, np.nan, 1, 0])
    values = {name: float(value) for name, value in result.values.items()}
    assert values["PQ"] == pytest.approx((0.8 + 0.875) / 3)
    assert values["PQ_th"] == pytest.approx(0.875 / 2)
    assert values["PQ_st"] == pytest.approx(0.8)
    assert (result.scored["PQ"], result.undefined["PQ"]) == (3, 1)
    assert (result.scored["PQ_st"], result.undefined["PQ_st"]) == (1, 1)
    assert (result.scored["RQ_th"], result.undefined["RQ_th"]) == (2, 0)


def test_boundary_quality_by_hand():
    truth = panoptic(np.ones((5, 6)), {1: 0})
    prediction = panoptic(numbered("111110\n" * 5), {1: 0})
    measured = quality(1).measure(prediction=prediction, truth=truth)
    # Frames of 5 x 6 and 5 x 5 pixels, 18 and 16 of them: both hold the left column and four of each row's ends.
    assert measured["iou_sum"][0] == pytest.approx(13 / (18 + 16 - 13))
    assert quality().measure(prediction=prediction, truth=truth)["iou_sum"][0] == pytest.approx(25 / 30)


def test_a_hole_deeper_than_the_band_counts_by_the_mask():
    mask = np.ones((9, 9))
    hollow = mask.copy()
    hollow[2:-2, 2:-2] = 0
    measured = quality(2).measure(prediction=panoptic(hollow, {1: 0}), truth=panoptic(mask, {1: 0}))
    assert measured["iou_sum"][0] == pytest.approx(56 / 81)  # the bands are the same


def test_false_positives_and_misses_weigh_half():
    truth, prediction = (
        panoptic(numbered("112233"), {1: 0, 2: 0, 3: 1}),
        panoptic(numbered("114455"), {1: 0, 4: 1, 5: 1}),
    )
    result = summary(quality(), (prediction, truth))
    # Class 0: one found, one missed. Class 1: one found, one false.
    np.testing.assert_allclose(result.per_class["PQ"][:2], [1 / 1.5, 1 / 1.5])
    np.testing.assert_allclose(result.per_class["RQ"][:2], [1 / 1.5, 1 / 1.5])
    np.testing.assert_allclose(result.per_class["SQ"][:2], [1, 1])


def test_an_iou_of_one_half_is_no_match():
    truth, prediction = panoptic(numbered("1100"), {1: 2}), panoptic(numbered("1000"), {1: 2})
    half = PanopticMap(np.array([[1, 1, 2, 2]], np.int32), np.array([1, 2], np.int32), np.array([2, 0]))
    measured = quality().measure(prediction=prediction, truth=truth)
    assert (measured["tp"][2], measured["fp"][2], measured["fn"][2]) == (0, 1, 1)
    assert quality().measure(prediction=half, truth=half)["tp"].tolist() == [1, 0, 1, 0]


def test_predictions_in_void_or_their_crowd_are_no_false_positives():
    truth = panoptic(numbered("1112...."), {1: 2, 2: 3}, crowd=(1,))
    for picture, category, false in [
        ("33000000", 2, 0),  # in the crowd of its category
        ("33000000", 3, 1),  # in the crowd of another
        ("00300033", 2, 0),  # void and crowd together
        ("00033000", 2, 1),  # half in void: not more than half
        ("00033300", 2, 0),
    ]:
        prediction = panoptic(numbered(picture), {3: category})
        measured = quality().measure(prediction=prediction, truth=truth)
        assert measured["fp"].sum() == false, picture
        assert measured["fn"].tolist() == [0, 0, 0, 1]


def test_of_several_crowds_of_a_category_the_last_excuses():
    ids = numbered("1111222200")
    prediction = panoptic(numbered("3330000000"), {3: 2})
    for order, false in [((1, 2), 1), ((2, 1), 0)]:
        truth = panoptic(ids, dict.fromkeys(order, 2), crowd=(1, 2))
        assert quality().measure(prediction=prediction, truth=truth)["fp"][2] == false


def test_nothing_in_either_map_is_undefined():
    empty = panoptic(np.zeros((3, 4)), {})
    result = summary(quality(), (empty, empty))
    assert all(np.isnan(value) for value in result.values.values())
    assert result.scored["PQ"] == 0


def test_segments_that_their_band_fills_are_reported():
    truth = panoptic(numbered("1111122333\n" * 5), {1: 0, 2: 1, 3: 0}, crowd=(3,))
    result = summary(quality(1), (truth, truth))
    assert result.values["saturated_share"] == 1 / 2
    np.testing.assert_array_equal(result.per_class["saturated_share"], [0, 1, np.nan, np.nan])
    narrow = panoptic(numbered("1122222333\n" * 5), {1: 0, 2: 1, 3: 0}, crowd=(1,))
    np.testing.assert_array_equal(summary(quality(1), (narrow, narrow)).per_class["saturated_share"][:2], [0, 0])


def test_band_as_a_ratio_of_the_diagonal():
    truth, prediction = (
        panoptic(np.ones((60, 80)), {1: 0}),
        panoptic(np.pad(np.ones((59, 80)), ((0, 1), (0, 0))), {1: 0}),
    )
    by_ratio = PanopticQuality(1, [], iou="boundary", band_ratio=0.05).measure(prediction=prediction, truth=truth)
    by_px = PanopticQuality(1, [], iou="boundary", band_px=5).measure(prediction=prediction, truth=truth)
    assert by_ratio["iou_sum"] == by_px["iou_sum"]


@pytest.mark.parametrize(
    "parameters",
    [{"things": [4]}, {"iou": "box"}, {"iou": "boundary", "band_px": 0}, {"band_ratio": 0}, {"band_ratio": 1.0}],
)
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        PanopticQuality(**{"classes": 4, "things": [2], **parameters})


def test_maps_that_do_not_fit_are_refused():
    truth = panoptic(numbered("11"), {1: 0})
    with pytest.raises(ValueError, match="allowed: one size"):
        quality().measure(prediction=panoptic(numbered("111"), {1: 0}), truth=truth)
    with pytest.raises(ValueError, match="category 4; allowed: 0 to 3"):
        quality().measure(prediction=panoptic(numbered("11"), {1: 4}), truth=truth)


@pytest.mark.parametrize(("picture", "segments"), [("1122", [1]), ("11", [1, 2]), ("21", [2])])
def test_ids_and_segments_must_agree(picture, segments):
    with pytest.raises(ValueError, match="allowed: the same ids in both"):
        PanopticMap(numbered(picture), np.array(segments, np.int32), np.zeros(len(segments), np.int64))


def test_definition_is_plain_data():
    for band_px in IOUS:
        definition = quality(band_px).definition()
        assert json.loads(json.dumps(definition)) == definition
        assert "source" in definition
