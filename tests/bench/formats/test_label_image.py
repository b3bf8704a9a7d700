"""Label maps as PNGs: every kind gives its ids, and nothing broken gets through."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import label_image_size, read_label_image, write_label_image
from boundary_bench.bench.formats.raster import decoders
from boundary_bench.bench.formats.raster.image import image_size, read_image
from boundary_bench.bench.formats.raster.pixel_limit import VARIABLE
from boundary_bench.refiners.files.png import as_grey
from tests.bench.label_files import chunk, png
from tests.effort import examples
from tests.paths import data_dir

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("colour_type", [0, 3])
def test_small_ids_come_back_whatever_the_depth(tmp_path: Path, bits: int, colour_type: int) -> None:
    ids = RNG.integers(0, min(2**bits, 16), (5, 13))
    before = chunk(b"PLTE", bytes(range(3 * min(2**bits, 16)))) if colour_type == 3 else b""
    file = tmp_path / "a.png"
    file.write_bytes(png(ids, bits=bits, colour_type=colour_type, before=before))
    read = read_label_image(file)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, ids)
    # The same file through another decoder.
    other = np.asarray(Image.open(file)).astype(int)
    scale = 1 if colour_type == 3 or bits in (1, 8) else 255 // (2**bits - 1)
    np.testing.assert_array_equal(other // scale, ids)


def test_sixteen_bits_become_int32(tmp_path: Path) -> None:
    ids = np.array([[0, 255, 256], [1000, 33003, 65535]])
    file = tmp_path / "a.png"
    file.write_bytes(png(ids, bits=16))
    read = read_label_image(file)
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, ids)


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tRNS", b"\0\3"),
        chunk(b"gAMA", struct.pack(">I", 10000)),
        chunk(b"tEXt", b"Comment\0made by hand"),
        chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
    ],
    ids=["transparency", "gamma", "text", "orientation"],
)
def test_other_chunks_change_no_id(tmp_path: Path, extra: bytes) -> None:
    ids = RNG.integers(0, 19, (4, 7))
    file = tmp_path / "a.png"
    file.write_bytes(png(ids, bits=8, before=extra))
    np.testing.assert_array_equal(read_label_image(file), ids)


def test_only_header_and_picture_are_decoded() -> None:
    ids = RNG.integers(0, 16, (4, 7))
    text = chunk(b"tEXt", b"Comment\0made by hand")
    original = png(ids, bits=8, colour_type=3, before=chunk(b"PLTE", bytes(48)) + text)
    header, stripped = as_grey(original)
    assert (header.kind, header.size) == ("8-bit palette", (4, 7))
    assert stripped == png(ids, bits=8)


def test_a_palette_with_transparency_of_another_writer(tmp_path: Path) -> None:
    ids = RNG.integers(0, 19, (33, 21)).astype(np.uint8)
    picture = Image.frombytes("P", (21, 33), ids.tobytes())
    picture.putpalette(RNG.integers(0, 256, 768).astype(np.uint8).tobytes())
    file = tmp_path / "a.png"
    picture.save(file, transparency=3)
    np.testing.assert_array_equal(read_label_image(file), ids)


@settings(max_examples=examples(40))
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(np.uint8, 255), (np.int32, 65535)]), st.randoms())
def test_written_ids_come_back(tmp_path_factory, height, width, kind, random) -> None:
    dtype, most = kind
    ids = np.array([random.randint(0, most) for _ in range(height * width)], dtype).reshape(height, width)
    file = tmp_path_factory.mktemp("written") / "new" / "a.png"
    write_label_image(file, ids)
    read = read_label_image(file)
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, ids)
    assert label_image_size(file) == (height, width)
    assert [each.name for each in file.parent.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros((2, 2), np.int64),
        np.zeros((2, 2, 3), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.full((2, 2), -1, np.int32),
        np.full((2, 2), 65536, np.int32),
    ],
    ids=["dtype", "shape", "empty", "negative", "large"],
)
def test_what_no_png_holds_is_not_written(tmp_path: Path, labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="labels"):
        write_label_image(tmp_path / "a.png", labels)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.png"
    write_label_image(file, np.full((2, 2), 7, np.uint8))

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("boundary_bench.refiners.files.atomic_write.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_label_image(file, np.zeros((2, 2), np.uint8))
    assert (read_label_image(file) == 7).all()
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


def encoded(mode: str, suffix: str = "PNG", size: tuple[int, int] = (16, 16)) -> bytes:
    shape = size if mode == "L" else (*size, len(mode))
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, shape).astype(np.uint8)).convert(mode).save(buffer, suffix)
    return buffer.getvalue()


def same_channels() -> bytes:
    one = RNG.integers(0, 19, (8, 8)).astype(np.uint8)
    return cv2.imencode(".png", np.dstack([one] * 3))[1].tobytes()


WHOLE = png(RNG.integers(0, 19, (40, 40)), bits=8)
MIDDLE = len(WHOLE) // 2


def with_header(body: bytes) -> bytes:
    """The same picture with another header chunk, whose checksum is right."""
    return WHOLE[:8] + chunk(b"IHDR", body) + WHOLE[33:]


def sized(width: int, height: int) -> bytes:
    return with_header(struct.pack(">II", width, height) + WHOLE[24:29])


BAD_LABELS = {
    "height 0": (sized(40, 0), "a PNG header with size 0x40", ""),
    "width 0": (sized(0, 40), "a PNG header with size 40x0", ""),
    "header chunk too short": (with_header(WHOLE[16:28]), "damaged header", ""),
    "header chunk too long": (with_header(WHOLE[16:29] + b"\0"), "damaged header", ""),
    "empty file": (b"", "an empty file", ""),
    "text": (b"hello, world", "not PNG", ""),
    "jpeg named png": (encoded("RGB", "JPEG"), "not PNG", ""),
    "signature alone": (WHOLE[:8], "truncated after 8 bytes", ""),
    "cut in the header": (WHOLE[:20], "truncated after 20 bytes", ""),
    "cut in the picture": (WHOLE[:MIDDLE], f"truncated after {MIDDLE} bytes", ""),
    "cut in the last chunk": (WHOLE[:-1], f"truncated after {len(WHOLE) - 1} bytes", ""),
    "end chunk missing": (WHOLE[:-12], f"truncated after {len(WHOLE) - 12} bytes", ""),
    "one flipped bit": (
        WHOLE[:MIDDLE] + bytes([WHOLE[MIDDLE] ^ 4]) + WHOLE[MIDDLE + 1 :],
        "wrong checksum",
        "",
    ),
    "damaged header": (WHOLE[:18] + b"\1" + WHOLE[19:], "damaged header", ""),
    "too few rows": (png(RNG.integers(0, 19, (40, 40)), bits=8, cut=0.5), "cannot be decoded", ""),
    "no picture": (WHOLE[:33] + chunk(b"IEND", b""), "without picture data", ""),
    "RGB": (encoded("RGB"), "8-bit RGB", "colour-coded"),
    "RGBA": (encoded("RGBA"), "8-bit RGBA", "colour-coded"),
    "grey saved as RGB": (same_channels(), "8-bit RGB", "three channels are equal"),
    "stretched grey as RGB": (
        cv2.imencode(".png", np.dstack([np.array([[0, 25, 51, 76, 102, 127, 153, 178, 204, 229, 255]], np.uint8)] * 3))[
            1
        ].tobytes(),
        "8-bit RGB",
        "hold ids stretched over 0..255: save the ids themselves",
    ),
    "alpha": (encoded("LA"), "grey with alpha", "three channels are equal"),
}


@pytest.mark.parametrize("name", BAD_LABELS)
def test_bad_label_files_are_refused(tmp_path: Path, name: str) -> None:
    data, found, hint = BAD_LABELS[name]
    file = tmp_path / "a.png"
    file.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_label_image(file)
    (problem,) = caught.value.problems
    assert problem.where == str(file)
    assert found in problem.found
    assert hint in problem.hint
    assert "label ids" in problem.allowed


@pytest.mark.parametrize("name", ["height 0", "width 0", "header chunk too short", "cut in the header"])
def test_a_size_that_no_picture_has_is_refused_by_the_header(tmp_path: Path, name: str) -> None:
    data, found, _ = BAD_LABELS[name]
    file = tmp_path / "a.png"
    file.write_bytes(data)
    for read in (label_image_size, read_image):
        with pytest.raises(InputError, match=rf"^{file}: .*{found}; allowed: "):
            read(file)


@settings(max_examples=examples(60))
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_no_flipped_bit_gets_through(tmp_path_factory, position: int, bit: int) -> None:
    file = tmp_path_factory.mktemp("flipped") / "a.png"
    file.write_bytes(WHOLE[:position] + bytes([WHOLE[position] ^ 1 << bit]) + WHOLE[position + 1 :])
    with pytest.raises(InputError):
        read_label_image(file)


@pytest.mark.parametrize("read", [read_label_image, label_image_size, read_image, image_size])
def test_absent_files_and_folders(tmp_path: Path, read) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.png")
    with pytest.raises(InputError, match="directory"):
        read(tmp_path)


def test_huge_pictures_are_refused_by_their_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(WHOLE)
    monkeypatch.setenv(VARIABLE, "1599")
    monkeypatch.setattr(decoders.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    for read in (read_label_image, read_image):
        with pytest.raises(InputError, match=r"40x40 px; allowed: at most 1599 pixels .*--max-pixels 1600"):
            read(file)


def test_the_size_needs_only_the_header(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(WHOLE[:33])
    assert label_image_size(file) == (40, 40)
    file.write_bytes(WHOLE[:32])
    with pytest.raises(InputError, match="truncated after 32"):
        label_image_size(file)


def test_real_label_files_equal_another_decoder() -> None:
    files = sorted(data_dir("camvid", "testannot").glob("*.png"))[::60]
    files += sorted(data_dir("cityscapes_sample").rglob("*gtFine*.png"))
    assert len(files) > 4
    for file in files:
        np.testing.assert_array_equal(read_label_image(file), np.asarray(Image.open(file)))
