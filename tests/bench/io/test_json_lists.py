"""Long lists of JSON files: entries by their places are those of a parser, and broken texts are not taken for lists."""

from __future__ import annotations

import json

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.io.json_lists import list_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 2, "\t"])


def written(value, indent):
    return json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(st.lists(VALUES, max_size=8), INDENTS)
def test_entries_are_those_of_a_parser(values, indent):
    found = list_of(written(values, indent))
    assert found is not None
    assert all_of(found) == values
    assert [json.loads(found.text(place)) for place in range(len(found))] == values
    assert found.at(np.arange(len(values))[::-1]) == values[::-1]


@pytest.mark.parametrize(
    "text",
    ["", " ", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1] 2", "[1]]", '["a]', '["a\\"]', "[{]", "[}]", "{}", "1"],
)
def test_what_is_no_list_is_not_taken_for_one(text):
    found = list_of(text.encode())
    assert found is None or isinstance(failure(lambda: all_of(found)), orjson.JSONDecodeError)


def test_braces_and_escapes_in_texts_are_no_structure():
    values = ['[{"', "\\", '\\"', "}]", "a,b", {"[": "]"}]
    assert all_of(list_of(written(values, None))) == values


def failure(read):
    try:
        return read()
    except orjson.JSONDecodeError as error:
        return error


def all_of(entries):
    return entries.at(np.arange(len(entries)))
