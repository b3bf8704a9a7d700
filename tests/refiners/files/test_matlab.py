from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from boundary_bench.refiners.files.matlab import Sparse, read_variable
from tests.paths import data_dir
from tests.refiners import mat_files
from tests.refiners.mat_files import CELL, DOUBLE, FLOAT64, INT8, INT32, SPARSE, STRUCT

ARRAYS = hnp.arrays(
    st.sampled_from([np.uint8, np.int8, np.uint16, np.int32, np.int64, np.float32, np.float64]),
    hnp.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=4),
)


def cell_of(values: list[Any]) -> Any:
    row = np.empty((1, len(values)), object)
    row[0, :] = [*map(wrapped, values)]
    return row


def wrapped(value: Any) -> Any:
    return cell_of(value) if isinstance(value, list) else value


SPARSE_ONES = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)).map(csc_matrix)
VALUES = st.recursive(
    ARRAYS | SPARSE_ONES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(cell_of)
        | st.dictionaries(st.sampled_from(["a", "Boundaries", "x_1"]), inner, min_size=1)
    ),
    max_leaves=6,
)


def require_same(ours: Any, theirs: Any) -> None:
    """What this reader and SciPy's make of one file."""
    if isinstance(ours, Sparse):
        np.testing.assert_array_equal(ours.dense(), theirs.toarray())
    elif isinstance(ours, dict):
        assert list(ours) == list(theirs.dtype.names)
        for name, value in ours.items():
            require_same(value, theirs.reshape(-1)[0][name])
    elif isinstance(ours, list):
        assert len(ours) == theirs.size
        for one, other in zip(ours, theirs.reshape(-1, order="F"), strict=True):
            require_same(one, other)
    else:
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@given(VALUES, st.booleans())
def test_what_scipy_writes_is_read_as_scipy_reads_it(tmp_path_factory: Any, value: Any, compress: bool) -> None:
    path = tmp_path_factory.mktemp("mat") / "a.mat"
    savemat(path, {"first": np.zeros((2, 2)), "wanted": value}, do_compression=compress)
    names, found = read_variable(path, "wanted")
    assert names == ["first", "wanted"]
    require_same(found, loadmat(path)["wanted"])


@pytest.mark.parametrize("folder", ["groundTruth", "ucm2"])
def test_files_of_matlab_itself_are_read_as_scipy_reads_them(folder: str) -> None:
    for path in sorted(data_dir("bsds_sample", folder).glob("*.mat"))[:3]:
        require_same(read_variable(path, folder)[1], loadmat(path)[folder])


def test_either_order_of_bytes_is_read(tmp_path: Path) -> None:
    values = mat_files.numbers(FLOAT64, "d", 1, 2, 3, 4, order=">")
    whole = mat_files.file_of(mat_files.matrix(DOUBLE, (2, 2), values, name=b"a", order=">"), order=">")
    (tmp_path / "a.mat").write_bytes(whole)
    assert read_variable(tmp_path / "a.mat", "a")[1].tolist() == [[1, 3], [2, 4]]
    np.testing.assert_array_equal(loadmat(io.BytesIO(whole))["a"], [[1, 3], [2, 4]])


@pytest.mark.parametrize("value", ["a word", np.array([[1j]]), np.array([(1,), (2,)], [("a", "i4")])])
def test_what_is_not_numbers_cells_or_a_struct_is_nothing(tmp_path: Path, value: Any) -> None:
    savemat(tmp_path / "a.mat", {"a": value})
    assert read_variable(tmp_path / "a.mat", "a") == (["a"], None)


def test_a_variable_that_is_not_there_is_none_and_is_not_unpacked(tmp_path: Path) -> None:
    broken = mat_files.packed(mat_files.matrix(CELL, (1, 9), name=b"other"))
    (tmp_path / "a.mat").write_bytes(mat_files.file_of(broken))
    assert read_variable(tmp_path / "a.mat", "a") == (["other"], None)
    with pytest.raises(ValueError, match="9 cells or fields"):
        read_variable(tmp_path / "a.mat", "other")


def sparse(shape: tuple[int, ...], rows: list[int], starts: list[int], values: list[float]) -> bytes:
    parts = (mat_files.numbers(INT32, "i", *rows), mat_files.numbers(INT32, "i", *starts))
    return mat_files.matrix(SPARSE, shape, *parts, mat_files.numbers(FLOAT64, "d", *values), name=b"a")


ONE = mat_files.matrix(DOUBLE, (1, 1), mat_files.numbers(FLOAT64, "d", 7))
FIELD = mat_files.numbers(INT32, "i", 2) + mat_files.element(INT8, b"b\0")


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        (mat_files.matrix(DOUBLE, (2, 2), mat_files.numbers(FLOAT64, "d", 7), name=b"a"), r"shape \(2, 2\) with 1 val"),
        (mat_files.matrix(DOUBLE, (2**31 - 1, 2**31 - 1), name=b"a"), "ends too early"),
        (mat_files.matrix(DOUBLE, (-1, -1), mat_files.numbers(FLOAT64, "d", 7), name=b"a"), r"shape \(-1, -1\)"),
        (mat_files.matrix(DOUBLE, (1,), mat_files.numbers(FLOAT64, "d", 7), name=b"a"), r"shape \(1,\)"),
        (mat_files.matrix(DOUBLE, (1, 1), mat_files.element(14, b""), name=b"a"), "type 14 where numbers"),
        (mat_files.matrix(DOUBLE, (1, 1), mat_files.element(FLOAT64, b"", size=2**31), name=b"a"), "too early"),
        (mat_files.matrix(CELL, (1, 2**31 - 1), ONE, name=b"a"), "2147483647 cells or fields, more than the file has"),
        (mat_files.matrix(CELL, (1, 1), mat_files.numbers(FLOAT64, "d", 7), name=b"a"), "where a matrix is expected"),
        (mat_files.matrix(STRUCT, (1, 1), FIELD, name=b"a"), "1 cells or fields, more than"),
        (mat_files.matrix(STRUCT, (1, 1), mat_files.numbers(INT32, "i", 0), FIELD, ONE, name=b"a"), "have no names"),
        (mat_files.nested(17, b"a"), "cells in cells, more than 16 deep"),
        (mat_files.packed(mat_files.nested(20_000, b"a")), "cells in cells, more than 16 deep"),
        (sparse((3, 2), [0, 3], [0, 1, 2], [1, 1]), "values outside of it"),
        (sparse((3, 2), [0, -1], [0, 1, 2], [1, 1]), "values outside of it"),
        (sparse((3, 2), [0, 1], [0, 2, 1], [1, 1]), "columns are damaged"),
        (sparse((3, 2), [0, 1], [1, 1, 2], [1, 1]), "columns are damaged"),
        (sparse((3, 2), [0, 1], [0, 1, 9], [1, 1]), "fewer values"),
        (sparse((3, 9), [0, 1], [0, 1, 2], [1, 1]), "parts do not belong together"),
        (b"\x0f\0\0\0\x04\0\0\0abcd", "header check"),
    ],
)
def test_lies_are_refused(tmp_path: Path, variable: bytes, found: str) -> None:
    (tmp_path / "a.mat").write_bytes(mat_files.file_of(variable))
    with pytest.raises(ValueError, match=rf"^cannot be read as \.mat \(.*{found}"):
        read_variable(tmp_path / "a.mat", "a")


def test_sixteen_levels_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(mat_files.file_of(mat_files.nested(16, b"a")))
    found = read_variable(tmp_path / "a.mat", "a")[1]
    for _ in range(16):
        (found,) = found
    assert found.tolist() == [[7]]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "a file that is not MATLAB's"),
        (b"a" * 200, "a file that is not MATLAB's"),
        (mat_files.file_of()[:124] + b"\0\2IM", "a file of version 7.3"),
        (mat_files.file_of(ONE[:20]), "a file that ends too early"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, found: str) -> None:
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(ValueError, match=rf"^cannot be read as \.mat \({found}"):
        read_variable(tmp_path / "a.mat", "a")
