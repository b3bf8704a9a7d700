"""Label maps in the colours of their classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.class_colours import decode_colours
from boundary_bench.bench.formats.labels.colour_picture import is_colour_picture, read_colour_picture
from boundary_bench.metrics.structures.labels import all_void
from tests.bench import tiff_files

RNG = np.random.default_rng(3)
COLOURS = np.array([(128, 64, 128), (244, 35, 232), (70, 70, 70), (1, 2, 3)], np.uint8)
LABELS = RNG.integers(0, 4, (21, 33))
RGB = COLOURS[LABELS]


def test_colours_become_classes_and_black_void() -> None:
    with_void = RGB.copy()
    with_void[:3] = 0
    expected = LABELS.astype(np.uint8)
    np.testing.assert_array_equal(decode_colours(RGB, COLOURS), expected)
    expected[:3] = 255
    found = decode_colours(with_void, COLOURS)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint8


def test_black_is_a_class_where_one_has_it() -> None:
    colours = np.array([(0, 0, 0), (255, 255, 255)], np.uint8)
    np.testing.assert_array_equal(decode_colours(colours[LABELS % 2], colours), LABELS % 2)


def test_other_colours_of_void() -> None:
    rgb = np.full((2, 2, 3), 255, np.uint8)
    np.testing.assert_array_equal(decode_colours(rgb, COLOURS, void=[(255, 255, 255)]), all_void((2, 2), 4))
    with pytest.raises(InputError, match=r"of void none"):
        decode_colours(rgb, COLOURS, void=())


@pytest.mark.parametrize("classes", [255, 256, 300, 5000])
def test_any_number_of_classes(classes: int) -> None:
    numbers = RNG.choice(np.arange(1, 1 << 24), classes, replace=False)
    colours = np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1).astype(np.uint8)
    labels = RNG.permutation(np.arange(classes))[None]
    rgb = np.concatenate([colours[labels], np.zeros((1, 1, 3), np.uint8)], axis=1)
    found = decode_colours(rgb, colours)
    assert found.dtype == (np.uint8 if classes <= 255 else np.int32)
    np.testing.assert_array_equal(found[:, :-1], labels)
    assert found[0, -1] == (255 if classes <= 255 else -1)


def test_unknown_colours_are_named_with_place_and_number() -> None:
    rgb = RGB.copy()
    rgb[4, 5:8] = (9, 8, 7)
    rgb[20, 32] = (9, 9, 9)
    with pytest.raises(InputError) as caught:
        decode_colours(rgb, COLOURS, where="a.png")
    (problem,) = caught.value.problems
    assert problem.where == "a.png"
    assert problem.found == "colour (9, 8, 7) at row 4, column 5 (from 0), 3 px; and another colour, 1 px"
    assert (
        problem.allowed
        == "colours of classes (128, 64, 128), (244, 35, 232), (70, 70, 70), (1, 2, 3); of void (0, 0, 0)"
    )
    assert problem.hint == "colours of another data set? save label ids"


def test_causes_that_can_be_told() -> None:
    with pytest.raises(InputError, match="red and blue are swapped"):
        decode_colours(RGB[..., ::-1], COLOURS)
    with pytest.raises(InputError, match="so many colours"):
        decode_colours(RNG.integers(9, 250, (20, 20, 3)).astype(np.uint8), COLOURS)


def test_a_colour_of_two_classes_is_refused_where_it_occurs() -> None:
    colours = np.concatenate([COLOURS, COLOURS[1:2]])
    only = COLOURS[np.array([[0, 2, 3]])]
    np.testing.assert_array_equal(decode_colours(only, colours), [[0, 2, 3]])
    with pytest.raises(
        InputError, match=r"colour \(244, 35, 232\) at row .* it is that of classes 1 and 4; .*label ids"
    ):
        decode_colours(RGB, colours)


@pytest.mark.parametrize("alpha", [0, 99, 255])
@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_pictures_are_read_as_stored(tmp_path: Path, suffix: str, alpha: int) -> None:
    file = tmp_path / f"a.{suffix}"
    Image.fromarray(RGB).save(file)
    np.testing.assert_array_equal(read_colour_picture(file), RGB)
    assert is_colour_picture(file)
    if suffix != "bmp":
        Image.fromarray(np.dstack([RGB, np.full(LABELS.shape, alpha, np.uint8)])).save(file)
        np.testing.assert_array_equal(read_colour_picture(file), RGB)
        assert is_colour_picture(file)


def test_palettes_are_read_by_their_colours_on_demand(tmp_path: Path) -> None:
    picture = Image.frombytes("P", LABELS.shape[::-1], LABELS.astype(np.uint8).tobytes())
    picture.putpalette(COLOURS.tobytes())
    for suffix in ("png", "bmp", "tif"):
        picture.save(tmp_path / f"a.{suffix}")
        assert not is_colour_picture(tmp_path / f"a.{suffix}")
        np.testing.assert_array_equal(read_colour_picture(tmp_path / f"a.{suffix}"), RGB)


def test_pictures_that_tell_no_colours(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(np.dstack([RGB, LABELS.astype(np.uint8)])).save(file)
    with pytest.raises(InputError, match="partly transparent"):
        read_colour_picture(file)
    file.write_bytes(tiff_files.tiff(RGB.astype(np.uint16), photometric=2))
    with pytest.raises(InputError, match="more than 8 bits"):
        read_colour_picture(file)
    Image.fromarray(RGB).save(file, "TIFF", compression="jpeg")
    with pytest.raises(InputError, match="JPEG"):
        read_colour_picture(file)
    with open(file, "wb") as stream:
        np.save(stream, RGB)
    with pytest.raises(InputError, match=r"an array; .*leave --label-space out"):
        read_colour_picture(file)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_pictures_cut_anywhere(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a"
    Image.fromarray(RGB).save(file, kind)
    whole = file.read_bytes()
    for length in range(0, len(whole), max(1, len(whole) // 41)):
        file.write_bytes(whole[:length])
        is_colour_picture(file) if length > 8 else None
        with pytest.raises(InputError):
            read_colour_picture(file)
