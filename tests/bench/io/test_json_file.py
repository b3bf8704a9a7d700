from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.io.json_file import MAX_BYTES, MAX_DEPTH, read_json

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
        with pytest.raises(InputError, match="found JSON that is nested more than 100 deep; allowed: a document"):
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
    with pytest.raises(InputError, match="no JSON"):
        read_json(path, "a document")
