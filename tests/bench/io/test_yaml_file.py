from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.io.yaml_file import parse_yaml, read_yaml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


def parsed(text: str) -> Any:
    return parse_yaml(text, "a value", "here")


@given(VALUES)
def test_documents_come_back(document: Any) -> None:
    assert parsed(yaml.safe_dump(document)) == document


def test_aliases_and_merges_are_followed() -> None:
    text = "base: &base {radius_px: 5}\nrefiners: [{<<: *base, name: a}, *base]"
    assert parsed(text)["refiners"] == [{"radius_px": 5, "name": "a"}, {"radius_px": 5}]
    assert parsed("") is None


@pytest.mark.parametrize(
    "text",
    [
        *("!!bool x", "!!int ''", "!!int x", "!!float x", "!!timestamp 1", "2001-99-99", "!!binary é", "9" * 5000),
        *("!!python/object/apply:os.system [ls]", "a: b: c", "[", "*a", "{[]: 1}", "\0", "!!set [1]", "[" * 5000),
    ],
)
def test_what_the_loader_cannot_make_is_the_own_error(text: str) -> None:
    with pytest.raises(InputError, match=r"^here: not valid YAML; allowed: a value \([^)]"):
        parsed(text)


def test_a_mistake_is_shown_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("seed: 1\nsamples: {every: 2]\n")
    with pytest.raises(InputError) as caught:
        read_yaml(path, "an experiment", "a.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("a.yaml: not valid YAML; allowed: an experiment (while parsing a flow mapping")
    assert '  in "a.yaml", line 2, column 10:' in lines
    at = lines.index("expected ',' or '}', but got ']'")
    assert lines[at + 1] == '  in "a.yaml", line 2, column 19:'
    assert lines[at + 2].index("]") == lines[at + 3].index("^")
    with pytest.raises(InputError, match=f'in "{path}", line 2'):
        read_yaml(path, "an experiment")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty document; allowed: an experiment"),
        (b"# nothing\n---\n", "an empty document; allowed: an experiment"),
        (b"- a", "a list; allowed: an experiment"),
        (b"a", "a str; allowed: an experiment"),
        (b"0", "a int; allowed: an experiment"),
        (b"\xff\xfe", r"cannot be read \(UnicodeDecodeError.*; allowed: an experiment"),
        (None, "no such file"),
    ],
)
def test_only_mappings_are_read(tmp_path: Path, data: bytes | None, found: str) -> None:
    path = tmp_path / "a.yaml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"a\.yaml: {found}$"):
        read_yaml(path, "an experiment")
    path.write_text("a: {b: [1]}")
    assert read_yaml(path, "an experiment") == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", "the key 'a' twice, in lines 1 and 3"),
        ("- {b: {c: 1, d: 2,\n  'c': 3}}", "the key 'c' twice, in lines 1 and 2"),
        ("7: x\n8: y\n7: z", "the key '7' twice, in lines 1 and 3"),
        ("a: &x {b: 1}\nc: {<<: *x, d: 1, d: 2}", "the key 'd' twice, in lines 2 and 2"),
    ],
)
def test_a_key_given_twice_is_refused(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        parsed(text)
    assert str(caught.value) == f"here: {found}; allowed: each key once"
    (tmp_path / "e.yaml").write_text(text)
    with pytest.raises(InputError, match=r"^e.yaml: the key"):
        read_yaml(tmp_path / "e.yaml", "an experiment", "e.yaml")


def test_keys_of_a_merge_may_be_given_again() -> None:
    assert parsed("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\ne: *x")["d"] == {"b": 3, "c": 2}


def test_texts_are_taken_as_written() -> None:
    text = "name: 007\nof: [{name: on}, {name: 2012-01-01, n: 5}, {name: 1.50}]\nonly: [1e3, ~, a]\n"
    text += "other: &x 50\nlast: {name: *x}"
    assert parse_yaml(text, "a value", "here", ("name", "only")) == {
        "name": "007",
        "of": [{"name": "on"}, {"name": "2012-01-01", "n": 5}, {"name": "1.50"}],
        "only": ["1e3", None, "a"],
        "other": 50,
        "last": {"name": "50"},
    }
    assert parse_yaml("0x10", "a value", "here", is_text=True) == "0x10"


@pytest.mark.parametrize(
    ("text", "value"), [("1e10", 1e10), ("[0, 9.5e-3]", [0, 9.5e-3]), ("12e5x", "12e5x"), ("e10", "e10")]
)
def test_numbers_need_no_point_and_no_sign_in_their_exponents(text, value):
    assert parse_yaml(text, "a value", "here") == value


def test_names_that_look_like_them_stay_as_they_are_written():
    assert parse_yaml("{name: 1e10, area: 1e10}", "a value", "here", ("name",)) == {"name": "1e10", "area": 1e10}
