from __future__ import annotations

import io
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from boundary_bench.refiners.files import npy
from boundary_bench.refiners.files.npz import read_all, read_npz

ARRAYS = hnp.arrays(
    st.sampled_from([np.uint8, np.float16, np.float32, ">f8", np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


def allow(*_: object) -> None:
    """Any shape and dtype."""


def archive(path: Path, *members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, content in members:
            out.writestr(name, content)
    return path


def array_file(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@given(ARRAYS, st.booleans(), st.booleans())
def test_what_numpy_writes_comes_back(tmp_path_factory: Any, array: Any, fortran: bool, compressed: bool) -> None:
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    array = np.asfortranarray(array) if fortran else array
    (np.savez_compressed if compressed else np.savez)(path, other=np.zeros(1), a=array)
    seen: list[Any] = []
    names, found = read_npz(path, "a", lambda *form: seen.append(form))
    assert names == ["other", "a"]
    assert seen == [(array.shape, array.dtype)]
    assert found is not None
    assert (found.shape, found.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(found, array)
    assert read_npz(path, "b", allow) == (["other", "a"], None)


def test_all_arrays_are_read_at_once(tmp_path: Path) -> None:
    arrays = {"step": np.array(7), "0": np.eye(3, dtype=np.uint8), "1": np.zeros((0, 2))}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    found = read_all(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    archive(tmp_path / "a.npz", ("a.npy", array_file(np.zeros(5))[:-30]))
    with pytest.raises(ValueError, match=r"^cannot be read as \.npz \(an array that ends after"):
        read_all(tmp_path / "a.npz")


@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
def test_headers_of_other_writers_are_read(tmp_path: Path) -> None:
    header = b"{'shape':(2L, 3L),'fortran_order':  True,'descr':'=f4'}"
    content = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + np.arange(6, dtype=np.float32).tobytes()
    _, found = read_npz(archive(tmp_path / "a.npz", ("a.npy", content)), "a", allow)
    np.testing.assert_array_equal(found, [[0, 2, 4], [1, 3, 5]])


def test_headers_are_parsed_by_one_thread_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before CPython 3.11.8 it fails at random where two threads parse literals at once."""
    np.savez(tmp_path / "a.npz", a=np.arange(6))
    original, start, inside = npy.npy.read_array_header_1_0, threading.Barrier(4), list[int]()

    def watched(stream: Any) -> Any:
        inside.append(1)
        alone = len(inside) == 1
        threading.Event().wait(0.01)  # others come in meanwhile, if they may
        found = original(stream)
        inside.pop()
        assert alone
        return found

    def read(_: int) -> Any:
        start.wait(10)
        return read_npz(tmp_path / "a.npz", "a", allow)[1]

    monkeypatch.setattr(npy.npy, "read_array_header_1_0", watched)
    with ThreadPoolExecutor(4) as threads:
        assert all(np.array_equal(array, np.arange(6)) for array in threads.map(read, range(12)))


def test_what_the_check_raises_comes_before_the_values_are_read(tmp_path: Path) -> None:
    def refuse(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        raise KeyError(f"{shape} {dtype}")

    cut = array_file(np.zeros(5))[:-30]
    with pytest.raises(KeyError, match=r"\(5,\) float64"):
        read_npz(archive(tmp_path / "a.npz", ("a.npy", cut)), "a", refuse)


HEADER = array_file(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (HEADER[:-1], "ends after 23 of 24 bytes"),
        (HEADER + b"\0", "more than its 24 bytes"),
        (HEADER.replace(b"(2, 3)", b"(-2,-3)"), r"an array of shape \(-2, -3\)"),
        (HEADER.replace(b"'shape'", b"'sharp'"), "correct keys: .*sharp"),
        (HEADER.replace(b"'descr': '<f4', ", b" " * 16), "correct keys"),
        (HEADER.replace(b"'<f4'", b"'4,4'"), "descr is not a valid dtype"),
        (HEADER.replace(b"(2, 3)", b"(2, L)"), "malformed"),
        (HEADER.replace(b"'<f4'", b"'|O' "), "pickled objects"),
        (HEADER.replace(b"\x01\x00v", b"\x02\x00v"), r"version \(2, 0\)"),
        (HEADER.replace(b"(2, 3)", b"(" * 6), ""),
        (HEADER[:8] + (20_000).to_bytes(2, "little") + b" " * 20_000, r"Header info length \(20000\) is large"),
        (HEADER[:8] + (9_000).to_bytes(2, "little") + b"1 " * 4_500, r"Cannot parse.{,200}\[...\]\)$"),
        (b"", "EOF"),
        (b"\x93NUMPX" + HEADER[6:], "magic"),
    ],
)
def test_damaged_arrays_are_refused(tmp_path: Path, content: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=rf"^cannot be read as \.npz \(.*{found}"):
        read_npz(archive(tmp_path / "a.npz", ("a.npy", content)), "a", allow)


def test_only_the_archive_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(HEADER)
    with pytest.raises(ValueError, match=r"cannot be read as \.npz \(a single array, \.npy\)"):
        read_npz(path, "a", allow)
    path.write_bytes(b"PK and nothing more")
    with pytest.raises(ValueError, match=r"cannot be read as \.npz \(File is not a zip file\)"):
        read_npz(path, "a", allow)
    with pytest.raises(ValueError, match="There is no item named"):
        read_npz(archive(path, ("a", HEADER)), "a", allow)
    with pytest.raises(ValueError, match="compression 12; allowed: stored or deflated"):
        read_npz(archive(path, ("a.npy", HEADER), compression=zipfile.ZIP_BZIP2), "a", allow)


def test_wrong_checksums_are_seen(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", ("a.npy", HEADER), compression=zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(HEADER, HEADER[:-1] + b"\1"))
    with pytest.raises(ValueError, match="Bad CRC-32"):
        read_npz(path, "a", allow)
