from __future__ import annotations

import bz2
import gzip
import json
import lzma
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
from boundary_bench.bench.io import json_file
from boundary_bench.bench.io.json_file import MAX_BYTES, MAX_DEPTH, dumps, is_json, json_stem, plain, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def packed(data: bytes) -> bytes:
    """Packed by gzip, the same bytes at any time: the names of tests hold them."""
    return gzip.compress(data, mtime=0)


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


def test_whole_numbers_of_any_length_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for number in (2**64 - 1, 2**64 + 1, -(2**70) - 1):
        path.write_text(f"[{number}]")
        assert read_json(path, "a document") == [number]
    path.write_text("[NaN, -Infinity, 1e400]")
    assert str(read_json(path, "a document")) == "[nan, -inf, inf]"


DOCUMENT = {"a": [1, "ü"]}
TEXT = json.dumps(DOCUMENT, ensure_ascii=False)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", TEXT.encode("utf-8-sig"), DOCUMENT),
        ("a.json", TEXT.encode("utf-16"), DOCUMENT),
        ("a.json.gz", packed(TEXT.encode()), DOCUMENT),
        ("a.json", packed(TEXT.encode("utf-8-sig")), DOCUMENT),
        ("a.jsonl", TEXT.encode(), [DOCUMENT]),
        ("a.JSONL.gz", packed(f"{TEXT}\r\n\r\n{TEXT}\n".encode("utf-8-sig")), [DOCUMENT] * 2),
        ("a.json", f"{TEXT}\n{TEXT}".encode(), [DOCUMENT] * 2),
        ("a.ndjson", b"", []),
    ],
)
def test_other_wrappings_of_documents(tmp_path: Path, name: str, data: bytes, expected: Any) -> None:
    (tmp_path / name).write_bytes(data)
    assert read_json(tmp_path / name, "a document") == expected
    assert (json_stem(tmp_path / name), is_json(name)) == ("a", True)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", b"PK\x03\x04rest", "a zip archive; allowed: a document .unpack it first; gzip alone is read"),
        ("a.json.bz2", bz2.compress(b"[]"), "packed by bzip2"),
        ("a.json.xz", lzma.compress(b"[]"), "packed by xz"),
        ("a.json.gz", packed(b"[1, 2]" * 99)[:-9], "packed by gzip, but damaged.*is the file complete?"),
        ("a.json.gz", packed(b"[]") + b"more", "packed by gzip, but damaged"),
        ("a.json.gz", packed(b"[1, "), "truncated JSON"),
        ("a.jsonl", b'{"a": 1}\n{"a": ', "not valid JSON .*line 2, column"),
        ("a.json", b'{"a": 1}\n{"a": ', "not valid JSON .Extra data, line 2"),
        ("a.json", b'{"a": 1} {"a": 2}', "not valid JSON .Extra data, line 1"),
    ],
)
def test_files_packed_otherwise_or_cut(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=expected):
        read_json(tmp_path / name, "a document")


def test_small_files_that_unpack_to_large_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "MAX_BYTES", 1000)
    (tmp_path / "a.json.gz").write_bytes(packed(b"[" + b" " * 1000 + b"]"))
    with pytest.raises(InputError, match="more bytes than allowed, unpacked; allowed: at most 1000"):
        read_json(tmp_path / "a.json.gz", "a document")


def test_names_that_are_no_json() -> None:
    assert [is_json(name) for name in ("results", "a.txt", "a.gz", "masks.json/", "a.json.zip")] == [False] * 3 + [
        True,
        False,
    ]


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
