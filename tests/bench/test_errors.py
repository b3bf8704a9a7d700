"""Hints for misspelt words, and many problems in one message."""

from __future__ import annotations

import pytest

from boundary_bench.bench.errors import InputError, Problem, did_you_mean


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


def of(*places: str, found: str = "ids 12") -> list[Problem]:
    return [Problem(place, found, "0..10", "a hint") for place in places]


def test_one_cause_in_many_files_is_told_once() -> None:
    error = InputError([*of(*(f"/d/m/{n}.png" for n in range(2000))), *of("/d/m/z.png", found="cut")])
    assert str(error).splitlines() == [
        "2000 files in /d/m: ids 12; allowed: 0..10 (a hint); e.g. 0.png, 1.png, 2.png",
        "/d/m/z.png: cut; allowed: 0..10 (a hint)",
    ]
    assert len(error.problems) == 2001
    assert error.is_shortened
    assert str(InputError(of("/d/a/1.png", "/d/b/2.png", "/d/b/3.png", "/d/b/3.png"))).startswith(
        "4 files in /d: ids 12; allowed: 0..10 (a hint); e.g. a/1.png, b/2.png, b/3.png"
    )
    assert str(InputError(of(*(f"/d/a.json: item {n}" for n in range(4))))).startswith("4 times: ids 12; ")
    assert str(InputError(of("mine: a", "mine: b", "mine: c", "mine: d"))) == (
        "4 times: ids 12; allowed: 0..10 (a hint); e.g. mine: a, mine: b, mine: c"
    )


def test_a_few_are_told_one_by_one() -> None:
    error = InputError(of("a", "b", "c"))
    assert str(error).splitlines() == [f"{place}: ids 12; allowed: 0..10 (a hint)" for place in "abc"]
    assert not error.is_shortened


def test_many_causes_are_cut_short() -> None:
    error = InputError([Problem(f"{n}", f"{n}", "") for n in range(30)])
    assert str(error).splitlines()[-1] == "... and 10 more"
    assert error.is_shortened
