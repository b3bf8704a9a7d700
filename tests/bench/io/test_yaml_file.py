from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.io.yaml_file import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml
from tests.memory import peak_mb

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10))


@given(VALUES)
def test_documents_come_back(document: Any) -> None:
    assert parse_yaml(yaml.safe_dump(document)) == document


def test_aliases_and_merges_are_followed() -> None:
    text = "base: &base {radius_px: 5}\nrefiners: [{<<: *base, name: a}, *base]"
    assert parse_yaml(text)["refiners"] == [{"radius_px": 5, "name": "a"}, {"radius_px": 5}]
    assert parse_yaml("") is None


@pytest.mark.parametrize("text", [LAUGHS, MERGES, "a: &a [*a]", "&a {b: *a}", "? &a [*a]\n: 1"])
def test_aliases_that_stand_for_too_much_are_refused(text: str) -> None:
    def refused() -> None:
        with pytest.raises(ValueError, match=f"more than ({MAX_NODES} values|{MAX_DEPTH} deep)"):
            parse_yaml(text)

    assert peak_mb(refused) < 5


def test_nesting_has_an_end(tmp_path: Path) -> None:
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for depth in (MAX_DEPTH + 2, 100_000):
        with pytest.raises(ValueError, match="nested more than 50 deep"):
            parse_yaml("[" * depth + "]" * depth)


def test_texts_that_would_take_minutes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{MAX_CHARACTERS + 1} characters; allowed: at most {MAX_CHARACTERS}"):
        parse_yaml("a" * (MAX_CHARACTERS + 1))
    path = tmp_path / "a.yaml"
    path.touch()
    os.truncate(path, 2**33)  # without taking place on the disk
    with pytest.raises(ValueError, match=f"{2**33} bytes; allowed: at most"):
        read_yaml(path)


@pytest.mark.parametrize(
    "text",
    [
        *("!!bool x", "!!int ''", "!!int x", "!!float x", "!!timestamp 1", "2001-99-99", "!!binary é", "9" * 5000),
        "!!int " + "59:" * 300_000,
        *("!!python/object/apply:os.system [ls]", "a: b: c", "[", "*a", "{[]: 1}", '"\\ud800"', "\0", "!!set [1]"),
    ],
)
def test_what_the_loader_cannot_make_is_a_plain_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_yaml(text)
