from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.io import loadmat, savemat

from boundary_bench.refiners.segfix.offset_io import read_offsets, write_offsets

SUFFIXES = [".npz", ".mat"]
GOOD = np.array([[[0, 1], [-1, 0]], [[2, -2], [0, 0]], [[1, 1], [-1, -1]]], np.int8)


def save(path: Path, array, key=None):
    """The array as it is, past all checks."""
    if path.suffix == ".npz":
        np.savez_compressed(path, **{key or "offsets": array})
    else:
        savemat(path, {key or "mat": array})


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(
    offsets=hnp.arrays(
        np.int16,
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(2)),
        elements=st.one_of(st.integers(-2, 2), st.integers(-32767, 32767)),
    )
)
def test_round_trip(suffix, offsets):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        write_offsets(path, offsets)
        found = read_offsets(path, offsets.shape[:2])
        assert [file.name for file in Path(folder).iterdir()] == [path.name]
    np.testing.assert_array_equal(found, offsets)
    assert found.dtype == (np.int8 if np.abs(offsets).max() <= 127 else np.int16)
    assert found.flags.c_contiguous


def test_mat_is_as_the_authors_write_it(tmp_path):
    write_offsets(tmp_path / "a.mat", GOOD)
    found = loadmat(tmp_path / "a.mat")["mat"]
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, GOOD)


def test_metadata_goes_with_the_npz(tmp_path):
    write_offsets(tmp_path / "a.npz", GOOD, {"directions": 8, "targets": "released", "width_px": 5.0})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert archive["directions"] == 8
        assert str(archive["targets"]) == "released"
        assert archive["width_px"] == 5.0
    np.testing.assert_array_equal(read_offsets(tmp_path / "a.npz"), GOOD)
    with pytest.raises(ValueError, match="metadata has the key 'offsets'"):
        write_offsets(tmp_path / "b.npz", GOOD, {"offsets": 1})


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64, np.uint8])
def test_whole_numbers_of_any_type_are_read(tmp_path, suffix, dtype):
    array = np.abs(GOOD).astype(dtype)
    save(tmp_path / f"a{suffix}", array)
    np.testing.assert_array_equal(read_offsets(tmp_path / f"a{suffix}"), array)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), r"shape \(3, 4\); allowed: \(H, W, 2\), \(dy, dx\)$"),
        (np.zeros((3, 4, 3)), r"shape \(3, 4, 3\)"),
        (np.zeros((2, 4, 5)), r"shape \(2, 4, 5\).*axes are in another order"),
        (np.full((3, 4, 2), np.nan), "24 offsets are NaN or infinite; allowed: whole numbers"),
        (np.full((3, 4, 2), np.inf), "24 offsets are NaN or infinite"),
        (np.full((3, 4, 2), 0.5), "offsets hold 0.5; allowed: whole numbers"),
        (np.full((3, 4, 2), 40000), r"lie in \[40000, 40000\]; allowed: at most 32767"),
        (np.zeros((3, 5, 2)), r"size \(3, 5\); allowed: \(3, 4\), as the image"),
        (
            np.zeros((3, 4, 2), np.complex128),
            "offsets are (complex128|no array of real numbers); allowed: whole",
        ),
    ],
)
def test_bad_arrays_are_refused(tmp_path, suffix, array, message):
    path = tmp_path / f"a{suffix}"
    save(path, array)
    with pytest.raises(ValueError, match=message) as error:
        read_offsets(path, (3, 4))
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("suffix", "key"), [(".npz", "offsets"), (".mat", "mat")])
def test_a_missing_array_is_named_with_what_is_there(tmp_path, suffix, key):
    save(tmp_path / f"a{suffix}", GOOD, "dir_deg")
    with pytest.raises(ValueError, match=f"holds dir_deg; allowed: an array named '{key}'"):
        read_offsets(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_files_are_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    rng = np.random.default_rng(0)
    write_offsets(path, rng.integers(-1, 2, (40, 40, 2)).astype(np.int8))
    whole = path.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=rf"a\{suffix}: (cannot be read|holds nothing)"):
            read_offsets(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_not_there_is_named(tmp_path, suffix):
    with pytest.raises(ValueError, match=rf"a\{suffix}: cannot be read"):
        read_offsets(tmp_path / f"a{suffix}")


def test_another_suffix_is_refused(tmp_path):
    for call in (read_offsets, lambda path: write_offsets(path, GOOD)):
        with pytest.raises(ValueError, match=r"suffix is '.npy'; allowed: .npz or .mat"):
            call(tmp_path / "a.npy")


class Trap:
    def __reduce__(self):
        return Path.touch, (Path("trapped"),)


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trap = np.array([Trap()], dtype=object)
    np.savez(tmp_path / "a.npz", offsets=trap)
    with (tmp_path / "b.npz").open("wb") as stream:
        np.save(stream, trap, allow_pickle=True)
    for name in ("a.npz", "b.npz"):
        with pytest.raises(ValueError, match="cannot be read"):
            read_offsets(tmp_path / name)
    assert not (tmp_path / "trapped").exists()


def test_nothing_half_written_remains(tmp_path, monkeypatch):
    def fail(stream, **arrays):
        stream.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_offsets(tmp_path / "a.npz", GOOD)
    assert list(tmp_path.iterdir()) == []


def test_bad_offsets_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"offsets hold 0.5"):
        write_offsets(tmp_path / "a.npz", np.full((2, 2, 2), 0.5))
    assert list(tmp_path.iterdir()) == []


def test_threads_that_write_the_same_file_at_once(tmp_path, monkeypatch):
    barrier, save = Barrier(2, timeout=30), np.savez_compressed

    def together(stream, **arrays):
        save(stream, **arrays)
        barrier.wait()

    monkeypatch.setattr(np, "savez_compressed", together)
    offsets = np.ones((3, 4, 2), np.int8)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write_offsets, tmp_path / "o.npz", offsets) for _ in range(2)]:
            done.result()
    np.testing.assert_array_equal(read_offsets(tmp_path / "o.npz"), offsets)
    assert [path.name for path in tmp_path.iterdir()] == ["o.npz"]
