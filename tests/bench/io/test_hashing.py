"""Digests change with what they stand for and with nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from boundary_bench.bench.io.hashing import array_digest, combined, file_digest, files_digest


def test_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"some bytes")
    assert file_digest(file) == hashlib.blake2b(b"some bytes", digest_size=16).hexdigest()


def test_parts_are_kept_apart() -> None:
    assert len({combined(), combined(""), combined("", ""), combined("ab", "c"), combined("a", "bc")}) == 5
    assert combined("ab", "c") == combined("ab", "c")


def test_arrays_differ_by_values_dtype_and_shape() -> None:
    zeros = np.zeros((2, 3), np.uint8)
    others = [zeros + 1, zeros.astype(np.int8), zeros.reshape(3, 2), zeros.ravel()]
    assert len({array_digest(each) for each in [zeros, *others]}) == 5
    values = np.arange(6).reshape(2, 3)
    assert array_digest(values) == array_digest(np.asfortranarray(values))
    assert array_digest(values) != array_digest(np.ascontiguousarray(values[:, ::-1]))


def test_files_by_name_and_contents(tmp_path: Path) -> None:
    for name in ("a", "sub/b"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    files = [tmp_path / "a", tmp_path / "sub" / "b"]
    before = files_digest(tmp_path, files)
    assert before == files_digest(tmp_path, reversed(files))
    moved = files[0].rename(tmp_path / "c")
    assert files_digest(tmp_path, [moved, files[1]]) != before
    moved.rename(files[0])
    assert files_digest(tmp_path, files) == before
    files[1].write_text("other")
    assert files_digest(tmp_path, files) != before
