"""What is computed of small graphs."""

from __future__ import annotations

import pytest

from tests.architecture import graphs

DIAMOND = {"top": {"left", "right", "ground"}, "left": {"ground"}, "right": {"ground"}, "ground": set()}
RING = {"a": {"b"}, "b": {"c", "below"}, "c": {"a"}, "alone": {"a"}, "below": set()}


def test_there_is_no_circle_in_a_diamond() -> None:
    assert graphs.circles(DIAMOND) == []
    assert graphs.without_circles(DIAMOND) == DIAMOND


def test_a_circle_is_named_once() -> None:
    assert graphs.circles(RING) == [["a", "b", "c"]]
    assert graphs.circles({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c"}}) == [["a", "b"], ["c", "d"]]


def test_a_circle_stands_together() -> None:
    assert graphs.without_circles(RING) == {**{node: {"below"} for node in "abc"}, "alone": {"a"}, "below": set()}
    assert graphs.heights(graphs.without_circles(RING)) == {"a": 1, "b": 1, "c": 1, "alone": 2, "below": 0}


def test_heights_are_longest_ways() -> None:
    assert graphs.heights(DIAMOND) == {"top": 2, "left": 1, "right": 1, "ground": 0}


def test_what_follows_from_others_is_left_out() -> None:
    assert graphs.reduced(DIAMOND) == {**DIAMOND, "top": {"left", "right"}}


@pytest.mark.parametrize(("start", "expected"), [("ground", set()), ("top", {"left", "right", "ground"})])
def test_reached(start: str, expected: set[str]) -> None:
    assert graphs.reached(start, DIAMOND) == expected
