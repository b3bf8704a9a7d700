"""Label maps in every kind of file: the ids that were saved come back, or a reason that is true."""

from __future__ import annotations

import struct
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_files import labels_size, read_labels
from boundary_bench.bench.formats.raster.pixel_limit import VARIABLE
from tests.bench import tiff_files
from tests.bench.label_files import png

RNG = np.random.default_rng(5)
IDS = RNG.integers(0, 12, (37, 53))
WIDE = RNG.integers(-1, 60_000, (37, 53))

Writer = Callable[[Path], Any]


def pillow(values: Any, mode: str | None = None, **options: Any) -> Writer:
    return lambda path: Image.fromarray(values, mode).save(path, **options)


def palette(values: Any, **options: Any) -> Writer:
    def write(path: Path) -> None:
        picture = Image.frombytes("P", values.shape[::-1], values.astype(np.uint8).tobytes())
        picture.putpalette(RNG.integers(0, 256, 768).astype(np.uint8).tobytes())
        picture.save(path, **options)

    return write


def opencv(values: Any, *flags: int) -> Writer:
    return lambda path: cv2.imwrite(str(path), values, list(flags))


def npz(**arrays: Any) -> Writer:
    return lambda path: np.savez(path, **arrays)


def npy(array: Any) -> Writer:
    return lambda path: np.save(path, array)


def tiff(values: Any, **options: Any) -> Writer:
    return lambda path: path.write_bytes(tiff_files.tiff(values, **options))


U8, U16 = IDS.astype(np.uint8), np.abs(WIDE).astype(np.uint16)
GOOD: dict[str, tuple[str, Writer, Any]] = {
    "PNG of 4 bits": ("png", lambda path: path.write_bytes(png(IDS, bits=4)), IDS),
    "PNG of 16 bits": ("png", opencv(U16), U16),
    "TIFF of 8 bits": ("tif", pillow(U8), IDS),
    "TIFF of 8 bits, LZW": ("tiff", pillow(U8, compression="tiff_lzw"), IDS),
    "TIFF of 8 bits, deflate": ("tif", pillow(U8, compression="tiff_deflate"), IDS),
    "TIFF of 8 bits, PackBits": ("tif", pillow(U8, compression="packbits"), IDS),
    "TIFF of 16 bits": ("tif", pillow(U16), U16),
    "TIFF of 16 bits by OpenCV": ("tif", opencv(U16), U16),
    "TIFF of 32 bits, signed": ("tif", pillow(WIDE.astype(np.int32)), WIDE),
    "TIFF of 16 bits, signed": ("tif", tiff(WIDE.clip(-1, 32767).astype(np.int16)), WIDE.clip(-1, 32767)),
    "TIFF of 8 bits, signed": ("tif", tiff((IDS - 1).astype(np.int8)), IDS - 1),
    "TIFF of 32 bits": ("tif", tiff(U16.astype(np.uint32)), U16),
    "TIFF, high byte first": ("tif", tiff(U16, order=">"), U16),
    "TIFF, tiles": ("tif", tiff(U16, tile=16), U16),
    "TIFF, deflated tiles": ("tif", tiff(U8, tile=16, deflate=True), IDS),
    "TIFF, strips": ("tif", tiff(U16, rows=5), U16),
    "TIFF palette": ("tif", palette(U8), IDS),
    "TIFF palette, LZW": ("tif", palette(U8, compression="tiff_lzw"), IDS),
    "TIFF with a smaller copy": ("tif", tiff(U8, copies=[(U8[::2, ::2], 1)]), IDS),
    "BMP": ("bmp", opencv(U8), IDS),
    "BMP by Pillow": ("bmp", pillow(U8), IDS),
    "BMP palette": ("bmp", palette(U8), IDS),
    "BMP of 1 bit": ("bmp", pillow(IDS > 5), IDS > 5),
    "npy": ("npy", npy(U8), IDS),
    "npy of 64 bits": ("npy", npy(WIDE.astype(np.int64)), WIDE),
    "npy of 64 bits without sign": ("npy", npy(U16.astype(np.uint64)), U16),
    "npy, high byte first": ("npy", npy(WIDE.astype(">i4")), WIDE),
    "npy in Fortran's order": ("npy", npy(np.asfortranarray(WIDE)), WIDE),
    "npy of truth values": ("npy", npy(IDS > 5), IDS > 5),
    "npy with an axis before": ("npy", npy(WIDE[None]), WIDE),
    "npy with an axis behind": ("npy", npy(U8[..., None]), IDS),
    "npz": ("npz", npz(arr_0=WIDE), WIDE),
    "npz among others": ("npz", npz(softmax=np.zeros((3, 4, 5), np.float32), labels=WIDE), WIDE),
    "another name than kind": ("png", pillow(U16, format="TIFF"), U16),
}


def written(folder: Path, suffix: str, write: Writer) -> Path:
    path = folder / f"a.{suffix}"
    write(path)
    return path


@pytest.mark.parametrize("name", GOOD)
def test_ids_come_back(tmp_path: Path, name: str) -> None:
    suffix, write, expected = GOOD[name]
    path = written(tmp_path, suffix, write)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = read_labels(path)
    assert labels.dtype in (np.uint8, np.int32)
    np.testing.assert_array_equal(labels, expected)
    assert labels.shape == expected.shape == labels_size(path)


def test_the_array_that_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "npz", npz(a=U8, b=WIDE))
    np.testing.assert_array_equal(read_labels(path, "b"), WIDE)
    with pytest.raises(InputError, match=r"arrays a, b; .*name the one that is meant: --key NAME"):
        read_labels(path)
    with pytest.raises(InputError, match=r"arrays a, b; .*the array 'c'"):
        labels_size(path, "c")


FLOATS = IDS.astype(np.float32)
BAD: dict[str, tuple[str, Writer, str, str]] = {
    "JPEG": ("jpg", opencv(U8), "a JPEG picture, whose compression changes ids", "won't do"),
    "JPEG named PNG": ("png", pillow(U8, format="JPEG"), "a JPEG picture", ""),
    "WebP": ("webp", pillow(U8, lossless=True), "may change ids", ""),
    "text": ("npz", lambda path: path.write_text("hello"), "cannot be read as .npz", ""),
    "unknown": ("gif", pillow(U8, format="GIF"), "a file of another kind", ""),
    "TIFF of floats": ("tif", pillow(FLOATS), "floating point: ids are whole numbers", "astype(numpy.int32)"),
    "TIFF in colours": ("tif", pillow(np.dstack([U8] * 3)), "3 x 8 bits", "colours"),
    "TIFF of bands": ("tif", tiff(np.dstack([U8] * 4)), "4 x 8 bits", "bands"),
    "TIFF as JPEG": ("tif", pillow(U8, compression="jpeg"), "compressed as JPEG", "deflate or LZW"),
    "TIFF, 0 is white": ("tif", tiff(U8, photometric=0), "whose 0 is white", "0 is black"),
    "TIFF, turned": ("tif", tiff(U8, orientation=6), "orientation tag 6", "upright"),
    "TIFF of two pictures": ("tif", tiff(U8, copies=[(U8, 0)]), "2 pictures in one file", "of its own"),
    "TIFF of 64 bits": ("tif", tiff(WIDE), "64 bits", "numpy.save"),
    "TIFF, -1 without sign": ("tif", tiff((IDS - 1).astype(np.uint32)), "above 2147483647", "signed"),
    "BMP in colours": ("bmp", opencv(np.dstack([U8] * 3)), "a 24-bit BMP", "PNG"),
    "npy of whole floats": ("npy", npy(FLOATS), "dtype float32", "save integers: array.astype(numpy.int32)"),
    "npy of scores": ("npy", npy(FLOATS / 7), "dtype float32", "--format probabilities"),
    "npy of probabilities": ("npy", npy(np.zeros((3, 4, 5), np.float16)), "shape (3, 4, 5)", "--format probabilities"),
    "npy of ids beyond 32 bits": ("npy", npy(WIDE + 2**40), "ids 1099", ""),
    "npy of text": ("npy", npy(np.array([["a"]])), "dtype <U1", ""),
    "npy of a stack": ("npy", npy(np.zeros((3, 4, 5), np.int64)), "shape (3, 4, 5)", "of its own"),
    "npy without pixels": ("npy", npy(np.zeros((0, 4), np.int64)), "shape (0, 4)", ""),
    "npz of nothing": ("npz", npz(), "arrays none", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_label_map_is_refused_with_its_cause(tmp_path: Path, name: str) -> None:
    suffix, write, found, hint = BAD[name]
    path = written(tmp_path, suffix, write)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(path))
    assert found in problem.found
    assert hint in problem.hint


def test_saving_integers_as_the_hint_says_gives_the_ids(tmp_path: Path) -> None:
    path = written(tmp_path, "npy", npy(FLOATS.astype(np.int32)))
    np.testing.assert_array_equal(read_labels(path), IDS)


def test_greys_of_a_palette_that_are_not_its_indices(tmp_path: Path) -> None:
    path = written(tmp_path, "bmp", opencv(np.array([[0, 1, 2]], np.uint8)))
    data = bytearray(path.read_bytes())
    data[54 + 4 : 54 + 12] = bytes([7, 7, 7, 0, 11, 11, 11, 0])
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"index 0 is grey 0, \.\.\., index 2 is grey 11"):
        read_labels(path)


CUT = (
    "TIFF of 16 bits",
    "TIFF of 8 bits, LZW",
    "TIFF, tiles",
    "TIFF, deflated tiles",
    "BMP",
    "npy",
    "npz",
    "TIFF palette",
)


@pytest.mark.parametrize("name", CUT)
def test_files_cut_anywhere_are_refused_in_one_message(tmp_path: Path, name: str) -> None:
    suffix, write, _ = GOOD[name]
    path = written(tmp_path, suffix, write)
    whole = path.read_bytes()
    last = len(whole)
    for length in {*range(0, last, max(1, last // 97)), last - 1, last - 2, 8, 9}:
        path.write_bytes(whole[:length])
        with pytest.raises(InputError) as caught:
            read_labels(path)
        assert len(caught.value.problems) == 1, length


def test_strips_that_are_missing_or_short_are_not_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    for options, found in (
        ({"rows": 5, "leave_out": 1}, "with 7 of the 8 parts of its picture"),
        ({"rows": 5, "short": 3}, "whose part 0 of the picture has 527 bytes"),
    ):
        path.write_bytes(tiff_files.tiff(U16, **options))
        with pytest.raises(InputError, match=found):
            read_labels(path)


@pytest.mark.parametrize("name", ["TIFF of 8 bits", "BMP", "npy", "npz", "PNG of 4 bits"])
def test_sizes_above_the_limit_are_refused_by_the_header(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix, write, _ = GOOD[name]
    path = written(tmp_path, suffix, write)
    monkeypatch.setenv(VARIABLE, str(37 * 53 - 1))
    with pytest.raises(InputError, match=r"37x53 px; allowed: at most 1960 pixels .*tiles.*--max-pixels 1961"):
        read_labels(path)
    monkeypatch.setenv(VARIABLE, "1961")
    assert read_labels(path).shape == (37, 53)


def test_a_directory_in_a_circle(tmp_path: Path) -> None:
    data = bytearray(tiff_files.tiff(U8))
    start = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, start)[0]
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(InputError, match="circle"):
        read_labels(tmp_path / "a.tif")


@pytest.mark.parametrize(("tag", "position"), [(257, 8), (256, 8), (277, 8), (278, 8)])
def test_a_directory_that_states_billions_of_rows(tmp_path: Path, tag: int, position: int) -> None:
    data = bytearray(tiff_files.tiff(U8, rows=1))
    start = struct.unpack_from("<I", data, 4)[0]
    for entry in range(start + 2, start + 2 + 12 * struct.unpack_from("<H", data, start)[0], 12):
        if struct.unpack_from("<H", data, entry)[0] == tag:
            struct.pack_into("<I", data, entry + position, 2**31 if tag != 278 else 0)
    (tmp_path / "a.tif").write_bytes(data)
    began = time.perf_counter()
    with pytest.raises(InputError):
        labels_size(tmp_path / "a.tif")
    assert time.perf_counter() - began < 1
