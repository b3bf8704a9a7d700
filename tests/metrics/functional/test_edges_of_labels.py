"""The truth of semantic edges: maps from labels, and thinning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.morphology import thin as peer_thin

from boundary_bench.metrics.functional.geometry import semantic_edges, thin
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import blobs
from tests.paths import reference_dir

SMALL = st.tuples(st.integers(1, 6), st.integers(1, 9)).flatmap(
    lambda shape: st.integers(0, 2**32 - 1).map(lambda seed: blobs(shape, seed))
)


def by_definition(labels, instances, classes, radius, sides):
    """Every pair of pixels."""
    edges = np.zeros((classes, *labels.shape), bool)
    pixels = [tuple(at) for at in np.argwhere(labels != 255)]
    for here in pixels:
        for there in pixels:
            near = np.hypot(here[0] - there[0], here[1] - there[1]) <= radius
            if near and (labels[here] != labels[there] or instances[here] != instances[there]):
                edges[labels[here]][here] = True
                if sides == "both":
                    edges[labels[there]][here] = True
    return edges


@given(SMALL, st.sampled_from([1, 1.5, 2, 3]), st.sampled_from(["both", "own"]), st.booleans(), st.integers(0, 99))
def test_edges_are_those_of_the_definition(labels, radius, sides, told_apart, seed):
    instances = np.random.default_rng(seed).integers(0, 2, labels.shape).astype(np.int32) * told_apart
    given_instances = instances if told_apart else None
    for dtype in (np.uint8, np.int32):
        got = semantic_edges(labels.astype(dtype), classes=4, radius_px=radius, instances=given_instances, sides=sides)
        np.testing.assert_array_equal(got, by_definition(labels, instances, 4, radius, sides))


def shown(edges):
    return ["".join("#" if pixel else "-" for pixel in row) for row in edges]


def test_by_hand():
    labels = draw("""
        000011
        000011
        0..222
    """).labels
    edges = semantic_edges(labels, classes=4, radius_px=1)
    assert [shown(one) for one in edges] == [
        ["---##-", "---##-", "---#--"],  # the pixels of 0 beside void are on no edge
        ["---##-", "---###", "----##"],
        ["------", "---###", "---###"],
        ["------", "------", "------"],
    ]
    own = semantic_edges(labels, classes=4, radius_px=1, sides="own")
    assert shown(own[0]) == ["---#--", "---#--", "------"]


def test_instances_of_a_class_have_an_edge_between_them():
    labels = draw("00110000").labels
    instances = np.array([[0, 0, 0, 0, 0, 0, 7, 7]], np.int32)
    assert shown(semantic_edges(labels, classes=2, radius_px=1, instances=instances)[0]) == ["-####" + "##-"]
    assert shown(semantic_edges(labels, classes=2, radius_px=1)[0]) == ["-####" + "---"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"radius_px": 0.5}, "radius_px is 0.5"),
        ({"radius_px": np.nan}, "radius_px is nan"),
        ({"sides": "inner"}, "sides is 'inner'"),
        ({"instances": np.zeros((2, 3), np.int32)}, r"instances have shape \(2, 3\)"),
        ({"classes": 0}, "classes is 0"),
    ],
)
def test_bad_input_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        semantic_edges(np.zeros((2, 4), np.uint8), **{"classes": 2, "radius_px": 2, **wrong})


def test_the_edges_of_steal():
    """They also count the border of the image, as if background lay beyond."""
    values = np.load(reference_dir("values", "steal_mls.npz"))
    for radius in (1, 2, 5):
        framed = np.pad((values["road_gt"] > 0).astype(np.uint8), radius)
        edges = semantic_edges(framed, classes=2, radius_px=radius)[:, radius:-radius, radius:-radius]
        for one in edges:
            np.testing.assert_array_equal(one, values[f"seg2edges_r{radius}"] > 0)


@given(st.tuples(st.integers(1, 40), st.integers(1, 200)), st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 9]))
def test_thinning_is_that_of_scikit_image(shape, seed, block):
    rng = np.random.default_rng(seed)
    coarse = rng.random((shape[0] // block + 1, shape[1] // block + 1)) < rng.choice([0.3, 0.6, 0.95])
    mask = np.kron(coarse, np.ones((block, block), bool))[: shape[0], : shape[1]]
    mask ^= rng.random(shape) < rng.choice([0.0, 0.02])
    before = mask.copy()
    np.testing.assert_array_equal(thin(mask), peer_thin(mask))
    np.testing.assert_array_equal(mask, before)


def test_a_bar_becomes_a_line():
    mask = np.zeros((7, 130), bool)
    mask[2:5, 10:120] = True
    lines = thin(mask)
    assert lines[3, 12:118].all()
    assert lines.sum() == lines[3].sum()
