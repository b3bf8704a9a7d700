"""Results read without an object for each are those of a parser; whatever is not plain is left to others."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.formats.coco.plain_results import read_plain
from boundary_bench.metrics.structures.masks import Masks

SIZE = (7, 9)
MASKS = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random(SIZE) < 0.4)
SCORES = st.floats(0, 1) | st.integers(0, 1) | st.sampled_from([1e-300, 0.1, 0.30000000000000004])
INDENTS = st.sampled_from([None, 0, 3, "\t"])


def result(image=3, category=1, score=0.5, mask=None, **more):
    code = Masks.from_dense(SIZE, [np.zeros(SIZE, bool) if mask is None else mask]).coco(0)
    return {"image_id": image, "category_id": category, "score": score, "segmentation": code, **more}


def written(results, indent=None):
    return json.dumps(results, indent=indent, ensure_ascii=False).encode()


@given(st.data(), st.lists(MASKS, min_size=1, max_size=6), st.booleans(), INDENTS)
def test_plain_results_are_those_of_a_parser(data, masks, named, indent):
    images = st.text() if named else st.integers(0, 10**17)
    results = [
        result(
            data.draw(images), data.draw(st.integers(0, 10**9)), data.draw(SCORES), mask, note='{"[', bbox=[1, 2, i, 3]
        )
        for i, mask in enumerate(masks)
    ]
    found = read_plain(written([dict(data.draw(st.permutations(list(one.items())))) for one in results], indent))
    assert list(found.images) == [one["image_id"] for one in results]
    assert found.categories.tolist() == [one["category_id"] for one in results]
    assert found.scores.tolist() == [one["score"] for one in results]
    places = np.arange(len(masks))[::-1]
    drawn = found.masks(SIZE, places)
    for place, index in enumerate(places):
        np.testing.assert_array_equal(drawn.dense(place), masks[index])
    assert found.box_areas(places).tolist() == [3.0 * place for place in places]


@pytest.mark.parametrize(
    "other",
    [
        3,
        {},
        result(image=None),
        result(image=1.0),
        result(category="1"),
        result(category=1.0),
        result(category=10**19),
        result(score=None),
        result(score="0.5"),
        result(score=True),
        {**result(), "segmentation": [[0, 0, 3, 0, 3, 3]]},
        {**result(), "segmentation": {"size": list(SIZE), "counts": [63]}},
        {**result(), "segmentation": {"size": [7], "counts": "o1"}},
        {**result(), "segmentation": {"size": [7.0, 9.0], "counts": "o1"}},
        {**result(), "segmentation": {"counts": "o1"}},
    ],
    ids=str,
)
def test_what_is_not_plain_is_left_to_others(other):
    assert read_plain(written([result(), result()])) is not None
    assert read_plain(written([result(), other, result()])) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '[{"image_id": 1}', '[{"score": 1e999}]', '[{"image\\u005fid": 1}]'])
def test_other_texts_are_left_to_others(text):
    assert read_plain(text.encode()) is None


def test_of_members_of_one_name_the_last_counts_as_for_a_parser():
    text = written([result()]).replace(b'"score": 0.5', b'"score": 0.25, "score": 0.75')
    assert read_plain(text).scores.tolist() == [0.75]


def test_backslashes_of_a_code_are_read_as_json_writes_them():
    mask = np.arange(7 * 9).reshape(9, 7).T >= 44
    code = Masks.from_dense(SIZE, [mask]).coco(0)
    assert "\\" in code["counts"]
    drawn = read_plain(written([result() | {"segmentation": code}] * 3)).masks(SIZE, np.arange(3))
    np.testing.assert_array_equal(drawn.dense(1), mask)


def test_masks_of_another_size_or_broken_ones_are_refused():
    found = read_plain(written([result(), result() | {"segmentation": {"size": list(SIZE), "counts": "\u007f"}}]))
    with pytest.raises(ValueError, match="other sizes"):
        found.masks((9, 7), np.array([0]))
    with pytest.raises(ValueError, match="no run-length code"):
        found.masks(SIZE, np.array([0, 1]))
    assert np.isnan(found.box_areas(np.array([0, 1]))).all()
