"""Mask files of every usual kind, against the array that they were made from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.masks.mask_files import mask_size, read_mask
from tests.effort import examples

MASK = np.zeros((13, 21), np.bool_)
MASK[3:9, 4:17] = True
FULL = MASK.astype(np.uint8) * 255
DAVIS = [0, 0, 0, 128, 0, 0, 0, 128, 0]
Write = Callable[[Path], Any]


def pillow(array: NDArray[Any], **options: Any) -> Write:
    return lambda path: Image.fromarray(array).save(path, **options)


def opencv(array: NDArray[Any]) -> Write:
    return lambda path: cv2.imwrite(str(path), array)


def palette(indices: NDArray[np.uint8], colours: list[int]) -> Write:
    def write(path: Path) -> None:
        picture = Image.fromarray(indices, mode="P")
        picture.putpalette(colours)
        picture.save(path)

    return write


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(FULL).copy()).save(path, exif=exif, quality=100)


def three(array: NDArray[Any]) -> NDArray[Any]:
    return np.stack([array] * 3, axis=-1)


HARD: dict[str, Write] = {
    "grey.png": pillow(FULL),
    "ones.png": pillow(MASK.astype(np.uint8)),
    "bit.png": pillow(MASK),
    "rgb.png": pillow(three(FULL)),
    "rgba.png": pillow(np.dstack([three(FULL), np.full_like(FULL, 255)])),
    "la.png": pillow(np.dstack([FULL, np.full_like(FULL, 255)])),
    "same_alpha.png": pillow(np.dstack([FULL, FULL])),
    "deep.png": opencv(FULL.astype(np.uint16) * 257),
    "deep_bytes.png": opencv(FULL.astype(np.uint16)),
    "deep_ones.png": opencv(MASK.astype(np.uint16)),
    "palette.png": palette(MASK.astype(np.uint8), DAVIS),
    "second.png": palette(MASK.astype(np.uint8) * 2, DAVIS),
    "grey_palette.png": palette(MASK.astype(np.uint8), [0, 0, 0, 255, 255, 255]),
    "swapped_palette.png": palette((~MASK).astype(np.uint8), [255, 255, 255, 0, 0, 0]),
    "grey.bmp": pillow(FULL),
    "bit.bmp": pillow(MASK),
    "rgb.bmp": pillow(three(FULL)),
    "palette.bmp": palette(MASK.astype(np.uint8), DAVIS),
    "grey.tif": pillow(FULL),
    "bit.tif": pillow(MASK),
    "rgb.tif": pillow(three(FULL)),
    "deep.tif": opencv(FULL.astype(np.uint16) * 257),
    "float.tif": pillow(MASK.astype(np.float32)),
    "palette.tif": palette(MASK.astype(np.uint8), DAVIS),
    "lossless.webp": pillow(FULL, lossless=True),
    "grey.jpg": pillow(FULL, quality=75),
    "rgb.jpg": pillow(three(FULL), quality=75),
    "turned.jpg": turned,
    "bool.npy": lambda path: np.save(path, MASK),
    "ints.npy": lambda path: np.save(path, MASK.astype(np.int64)),
    "bytes.npy": lambda path: np.save(path, FULL),
    "channel.npy": lambda path: np.save(path, FULL[None]),
    "float.npy": lambda path: np.save(path, MASK.astype(np.float64)),
    "half.npz": lambda path: np.savez(path, mask=MASK.astype(np.float16)),
}


@pytest.mark.parametrize("name", HARD)
def test_a_hard_mask_is_the_same_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    HARD[name](tmp_path / name)
    found = read_mask(tmp_path / name)
    middle = 128 if found.values.dtype == np.uint8 else 0.5
    np.testing.assert_array_equal(found.values >= middle, MASK)
    assert mask_size(tmp_path / name) == MASK.shape
    if not found.seen.is_lossy:
        assert not found.seen.is_soft
        assert found.values.max() == (255 if found.values.dtype == np.uint8 else 1)


COLOURS = three(FULL)
COLOURS[..., 1] = 0
REFUSED: dict[str, tuple[Write, str]] = {
    "colours.png": (pillow(COLOURS), "a picture in colours"),
    "colours.jpg": (pillow(COLOURS), "a picture in colours"),
    "alpha.png": (pillow(np.dstack([np.full_like(FULL, 255), FULL])), "getchannel('A')"),
    "clear.png": (pillow(np.dstack([FULL, np.zeros_like(FULL)])), "getchannel('A')"),
    "two.png": (palette(MASK.astype(np.uint8) + (FULL > 0).cumsum(0).astype(bool), DAVIS), "several objects?"),
    "logits.npy": (lambda path: np.save(path, MASK * 8.5 - 4.0), "logits?"),
    "levels.npy": (lambda path: np.save(path, FULL.astype(np.float32)), "array / 255"),
    "nan.npy": (lambda path: np.save(path, np.where(MASK, np.nan, 0)), "not finite"),
    "below.npy": (lambda path: np.save(path, -MASK.astype(np.int32)), "from -1 to 0"),
    "two.npy": (lambda path: np.save(path, np.stack([1.0 - MASK, 1.0 * MASK])), "array[1]"),
    "cut.png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "truncated"),
    "text.png": (lambda path: path.write_text("mask"), "not PNG"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_mask_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    write, reason = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(InputError) as refused:
        read_mask(tmp_path / name)
    assert reason in str(refused.value)
    assert name in str(refused.value)


def test_void_is_a_number_as_stored_and_no_part_of_the_mask(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.array([[0, 128, 255]], np.uint8))
    found = read_mask(tmp_path / "a.png", void=[128])
    assert (found.values.tolist(), found.void.tolist()) == ([[0, 0, 255]], [[False, True, False]])
    assert not found.seen.is_soft
    palette(np.array([[0, 1, 2]], np.uint8), DAVIS)(tmp_path / "p.png")
    found = read_mask(tmp_path / "p.png", void=[2])
    assert (found.values.tolist(), found.void.tolist()) == ([[0, 255, 0]], [[False, False, True]])


def test_rounding_beyond_one_is_one(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[-1e-7, 1 + 1e-6]]))
    assert read_mask(tmp_path / "a.npy").values.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ([0, 0, 0, 0, 0, 255], ""),
        ([0, 1, 2, 3], "0..3"),
        ([0, 1, 255, 255], "0, 1, 255"),
        ([0, 128, 255, 255], "0, 128"),
    ],
)
def test_numbers_that_may_be_ids_are_told_from_levels(tmp_path: Path, levels: list[int], reason: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.repeat(np.array(levels, np.uint8), 100).reshape(-1, 20))
    assert read_mask(tmp_path / "a.png").seen.unlike_mask.startswith(reason)
    assert bool(read_mask(tmp_path / "a.png").seen.unlike_mask) == bool(reason)


def test_levels_around_edges_are_those_of_a_mask(tmp_path: Path) -> None:
    blurred = cv2.GaussianBlur(np.kron(FULL, np.ones((8, 8), np.uint8)), (0, 0), 1.5)
    cv2.imwrite(str(tmp_path / "a.png"), blurred)
    assert read_mask(tmp_path / "a.png").seen.is_soft
    assert read_mask(tmp_path / "a.png").seen.unlike_mask == ""


CODINGS: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[Any]], float]] = {
    ".png 8": (lambda p: np.rint(p * 255).astype(np.uint8), 255),
    ".png 16": (lambda p: np.rint(p * 65535).astype(np.uint16), 65535),
    ".tif 8": (lambda p: np.rint(p * 255).astype(np.uint8), 255),
    ".tif 16": (lambda p: np.rint(p * 65535).astype(np.uint16), 65535),
    ".bmp 8": (lambda p: np.rint(p * 255).astype(np.uint8), 255),
    ".npy uint8": (lambda p: np.rint(p * 255).astype(np.uint8), 255),
    ".npy uint16": (lambda p: np.rint(p * 65535).astype(np.uint16), 65535),
    ".npy int32": (lambda p: np.rint(p * 255).astype(np.int32), 255),
    ".npy float16": (lambda p: p.astype(np.float16), 1),
    ".npy float32": (lambda p: p.astype(np.float32), 1),
    ".npy float64": (lambda p: p, 1),
}


@settings(max_examples=examples(120))
@given(st.sampled_from(sorted(CODINGS)), st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_any_mask_is_what_numpy_says(coding: str, seed: int, height: int, width: int, hard: bool) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.integers(0, 2, (height, width)) * 1.0 if hard else rng.random((height, width))
    # A number above 255 makes 16 bits out of 16 bits, in one file as in a set.
    probabilities[0, 0] = 1
    encode, full = CODINGS[coding]
    stored = encode(probabilities)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{coding.split(maxsplit=1)[0]}")
        np.save(path, stored) if path.suffix == ".npy" else cv2.imwrite(str(path), stored)
        found = read_mask(path)
        assert mask_size(path) == (height, width)
    values = found.values / (255 if found.values.dtype == np.uint8 else 1)
    np.testing.assert_allclose(values, stored.astype(np.float64) / full, rtol=1e-6, atol=0)
    assert found.seen.is_soft == bool(((stored > 0) & (stored < full)).any())
