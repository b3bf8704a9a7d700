"""Hints for misspelt words."""

from __future__ import annotations

import pytest

from boundary_bench.bench.errors import did_you_mean


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("camvit", "did you mean 'camvid'?"),
        ("CITYSCAPE", "did you mean 'Cityscapes'?"),
        ("label-png", "did you mean 'label_png'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_option(word: str, hint: str) -> None:
    assert did_you_mean(word, ["camvid", "Cityscapes", "label_png"]) == hint


def test_no_options() -> None:
    assert did_you_mean("camvid", []) == ""
