from __future__ import annotations

import json
import math
import os
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.io.json_file import MAX_BYTES, MAX_DEPTH, dumps, plain, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(depth: int) -> str:
    return '[{"a": ' * (depth // 2) + "[" * (depth % 2) + "]" * (depth % 2) + "}]" * (depth // 2)


@given(VALUES)
def test_documents_come_back(tmp_path_factory: Any, document: Any) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(document))
    assert read_json(path, "a document") == document


def test_nesting_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(nested(MAX_DEPTH + 1))
    assert read_json(path, "a document")
    for depth in (MAX_DEPTH + 2, 900, 100_000):
        path.write_text(nested(depth + depth % 2 + 1))
        with pytest.raises(InputError, match="JSON nested more than 100 levels deep; allowed: a document"):
            read_json(path, "a document")


def test_files_that_would_fill_the_memory_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)  # without taking place on the disk
    with pytest.raises(InputError, match=f"{MAX_BYTES + 1} bytes; allowed: at most {MAX_BYTES}"):
        read_json(path, "a document")


@pytest.mark.parametrize("text", [r'["\ud800"]', r'{"\udfff": 1}', '["' + "9" * 5000 + '"]'])
def test_texts_that_nobody_could_print_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    if "9" in text:
        assert len(read_json(path, "a document")[0]) == 5000
    else:
        with pytest.raises(InputError, match="surrogates not allowed"):
            read_json(path, "a document")


def test_whole_pairs_and_other_escapes_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(r'["\ud83d\ude00 \u00fc \\ud800"]')
    assert read_json(path, "a document") == ["\N{GRINNING FACE} ü \\ud800"]


def test_numbers_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("9" * 5000)
    with pytest.raises(InputError, match="not valid JSON"):
        read_json(path, "a document")


@pytest.mark.parametrize(
    ("value", "lost", "kept"),
    [
        (math.nan, None, None),
        (math.inf, None, "inf"),
        (-math.inf, None, "-inf"),
        (np.float64("nan"), None, None),
        (np.float32("inf"), None, "inf"),
        (np.array([[1.5, np.nan], [np.inf, -np.inf]]), [[1.5, None], [None, None]], [[1.5, None], ["inf", "-inf"]]),
        (np.array(3, np.uint8), 3, 3),
        (np.int64(2**62), 2**62, 2**62),
        (np.bool_(True), True, True),
        (np.str_("a"), "a", "a"),
        (np.zeros((0, 2)), [], []),
        ((1, (2.0, [math.inf])), [1, [2.0, [None]]], [1, [2.0, ["inf"]]]),
        ({1: np.float16(0.5), None: {(2, 3): ()}}, {"1": 0.5, "None": {"(2, 3)": []}}, None),
        (PurePosixPath("a/b"), "a/b", "a/b"),
        (date(2020, 1, 2), "2020-01-02", "2020-01-02"),
        ([True, None, 7, "ü"], [True, None, 7, "ü"], None),
    ],
)
def test_what_becomes_of_values(value: Any, lost: Any, kept: Any) -> None:
    for found, expected in ((plain(value), lost), (plain(value, keep_infinite=True), lost if kept is None else kept)):
        assert found == expected
        assert repr(found) == repr(expected)  # True is 1 otherwise, and NumPy's numbers equal Python's
        assert json.loads(json.dumps(found, allow_nan=False)) == expected


def test_texts_of_documents() -> None:
    document = {"a": np.array([1, np.inf]), "b": "ü"}
    assert dumps(document) == '{\n  "a": [\n    1.0,\n    null\n  ],\n  "b": "ü"\n}\n'
    assert dumps(document, indent=None, end="", keep_infinite=True) == '{"a": [1.0, "inf"], "b": "ü"}'
