"""Images as files: the same RGB whatever they are stored as, upright, and nothing half read."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.raster.decoders import quiet_decoders
from boundary_bench.bench.formats.raster.image import image_size, read_image
from tests.bench import tiff_files
from tests.bench.label_files import png

RNG = np.random.default_rng(5)
RGB = RNG.integers(0, 256, (7, 9, 3)).astype(np.uint8)
RGB[0, 0] = 255
BAND = RNG.integers(0, 256, (7, 9)).astype(np.uint8)
FOUR = np.dstack([RGB, BAND])


@pytest.mark.parametrize("kind", ["png", "webp", "bmp", "tif", "ppm"])
def test_images_are_rgb(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"a.{kind}"
    Image.fromarray(RGB).save(file, lossless=True)
    np.testing.assert_array_equal(read_image(file), RGB)
    assert image_size(file) == (7, 9)


def test_jpeg_keeps_red_red(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    for mode, colour in (("RGB", (250, 10, 10)), ("CMYK", (5, 245, 245, 0))):
        Image.new(mode, (16, 16), colour).save(file)
        np.testing.assert_allclose(read_image(file).mean(axis=(0, 1)), (250, 10, 10), atol=6)


def saved(picture: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, **options)
    return stream.getvalue()


def palette_png() -> bytes:
    picture = Image.frombytes("P", (9, 7), (BAND % 4).tobytes())
    picture.putpalette([*range(12)])
    stream = io.BytesIO()
    picture.save(stream, "PNG", transparency=2)
    return stream.getvalue()


def encoded(values: Any, suffix: str) -> bytes:
    return cv2.imencode(suffix, values if values.ndim == 2 else values[..., [2, 1, 0, 3][: values.shape[2]]])[
        1
    ].tobytes()


def grey(band: Any) -> Any:
    return np.dstack([band] * 3)


def deep(values: Any, factor: int) -> Any:
    return values.astype(np.uint16) * np.uint16(factor)


FORMS: dict[str, tuple[bytes, Any]] = {
    "grey PNG": (saved(BAND, format="PNG"), grey(BAND)),
    "PNG of 1 bit": (saved(BAND > 99, format="PNG"), grey((BAND > 99) * np.uint8(255))),
    "grey PNG with alpha": (saved(np.dstack([BAND, RGB[..., 0]]), format="PNG"), grey(BAND)),
    "palette": (palette_png(), ((BAND % 4)[..., None] * 3 + np.arange(3)).astype(np.uint8)),
    "PNG with a fourth band": (saved(FOUR, format="PNG"), RGB),
    "WebP with a fourth band": (saved(np.dstack([RGB, BAND | 1]), format="WEBP", lossless=True), RGB),
    "TIFF with a fourth band": (saved(FOUR, format="TIFF"), RGB),
    "TIFF with a fourth band, LZW": (saved(FOUR, format="TIFF", compression="tiff_lzw"), RGB),
    "TIFF with an unspecified band": (tiff_files.tiff(FOUR, photometric=2, extra_samples=[0]), RGB),
    "TIFF with two more bands": (tiff_files.tiff(np.dstack([FOUR, BAND]), photometric=2, extra_samples=[0, 0]), RGB),
    "grey TIFF": (saved(BAND, format="TIFF"), grey(BAND)),
    "grey TIFF, 0 is white": (tiff_files.tiff(BAND, photometric=0), grey(255 - BAND)),
    "TIFF of 10 bits": (encoded(deep(RGB, 4), ".tif"), RGB),
    "TIFF of 16 bits": (encoded(deep(RGB, 257), ".tif"), RGB),
    "TIFF of 12 bits with a band of 16": (encoded(np.dstack([deep(RGB, 16), deep(BAND, 257)]), ".tif"), RGB),
    "grey TIFF of 12 bits": (encoded(deep(BAND | 128, 16), ".tif"), grey(BAND | 128)),
    "TIFF of 12 bits in tiles": (tiff_files.tiff(deep(RGB, 16), photometric=2, tile=16, deflate=True), RGB),
    "PNG of 10 bits": (encoded(deep(RGB, 4), ".png"), RGB),
    "PNG of 12 bits with a band of 16": (encoded(np.dstack([deep(RGB, 16), deep(BAND, 257)]), ".png"), RGB),
    "grey PNG of 16 bits": (encoded(deep(BAND | 128, 256), ".png"), grey(BAND | 128)),
    "8 bits in 16": (encoded(deep(RGB, 1), ".png"), RGB),
    "PPM of 10 bits": (b"P6\n9 7\n1023\n" + deep(RGB, 4).astype(">u2").tobytes(), RGB),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_colours(tmp_path: Path, name: str) -> None:
    data, expected = FORMS[name]
    (tmp_path / "a").write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_image(tmp_path / "a")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


def test_a_range_in_use_decides_not_the_file_s_depth(tmp_path: Path) -> None:
    for most, expected in ((255, 255), (256, 128), (1023, 255), (1024, 128), (4095, 255), (65535, 255)):
        (tmp_path / "a.png").write_bytes(encoded(np.full((2, 2), most, np.uint16), ".png"))
        assert (read_image(tmp_path / "a.png") == expected).all(), most


REFUSED = {
    "floats": (tiff_files.tiff(BAND.astype(np.float32)), "floating point", "scale to 0..255"),
    "signed": (tiff_files.tiff(BAND.astype(np.int16)), "signed", "8-bit RGB"),
    "32 bits": (tiff_files.tiff(BAND.astype(np.uint32)), "32 bits", ""),
    "bands without colours": (tiff_files.tiff(FOUR, photometric=1), "4 x 8 bits", "PHOTOMETRIC|8-bit RGB"),
    "deep bands without colours": (tiff_files.tiff(deep(FOUR, 4), photometric=1), "4 x 16 bits", "8-bit RGB"),
    "two pictures": (tiff_files.tiff(BAND, copies=[(BAND, 0)]), "2 pictures", "of its own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_that_are_no_colours_are_refused(tmp_path: Path, name: str) -> None:
    data, found, hint = REFUSED[name]
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_image(tmp_path / "a.tif")
    (problem,) = caught.value.problems
    assert found in problem.found
    assert any(word in problem.hint for word in hint.split("|"))


def test_grey_images_get_three_channels(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(RNG.integers(0, 19, (40, 40)), bits=8))
    image = read_image(tmp_path / "a.png")
    assert image.shape == (40, 40, 3)
    assert (image == image[..., :1]).all()


def turned(path: Path, orientation: int, picture: Any = RGB) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture).save(path, exif=exif, lossless=True, quality=95)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "webp", "tif", "jpg"])
def test_photos_are_turned_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    file = turned(tmp_path / f"a.{kind}", orientation)
    with Image.open(file) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(int)
    found = read_image(file)
    assert found.shape == expected.shape
    assert image_size(file) == found.shape[:2] == ((7, 9) if orientation < 5 else (9, 7))
    assert np.abs(found - expected).max() <= (9 if kind == "jpg" else 0)


def test_labels_that_lie_on_the_pixels_as_stored_are_refused_with_the_tag(tmp_path: Path) -> None:
    file = turned(tmp_path / "a.jpg", 6)
    assert read_image(file, (9, 7)).shape == (9, 7, 3)
    with pytest.raises(InputError, match=rf"^{file}: 9x7 px .*EXIF orientation tag 6; .*7x9 px, .*remove the tag"):
        read_image(file, (7, 9))
    with pytest.raises(InputError, match=r"tag 6; allowed: 8x8 px, as its labels$"):
        read_image(file, (8, 8))
    # Without a tag, sizes are compared by whoever has both.
    assert read_image(turned(tmp_path / "b.jpg", 1), (9, 7)).shape == (7, 9, 3)
    # What the message says helps.
    with Image.open(file) as image:
        image.save(tmp_path / "c.jpg")
    assert read_image(tmp_path / "c.jpg", (7, 9)).shape == (7, 9, 3)


def test_a_tag_that_means_nothing(tmp_path: Path) -> None:
    file = turned(tmp_path / "a.jpg", 9)
    assert read_image(file).shape == (7, 9, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_truncated_images_are_refused(tmp_path: Path, kind: str) -> None:
    data = saved(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8), format=kind)
    file = tmp_path / "a"
    file.write_bytes(data)
    assert read_image(file).shape == (64, 64, 3)
    for share in (0.1, 0.5, 2 / 3, 0.97):
        file.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(InputError, match=r"truncated|cannot be decoded"):
            read_image(file)


@pytest.mark.parametrize("name", ["TIFF of 16 bits", "TIFF of 12 bits in tiles", "TIFF with a fourth band, LZW"])
def test_tiff_images_cut_anywhere(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data, file = FORMS[name][0], tmp_path / "a"
    for length in range(1, len(data), 7):
        file.write_bytes(data[:length])
        with pytest.raises(InputError):
            read_image(file)
    assert capfd.readouterr() == ("", "")


def test_other_files_are_no_images(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_text("not an image")
    for read in (read_image, image_size):
        with pytest.raises(InputError, match="unknown format"):
            read(file)


def test_decoders_are_as_before_once_the_last_has_left() -> None:
    filters, most = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    with quiet_decoders():
        with quiet_decoders():
            assert Image.MAX_IMAGE_PIXELS is None
        assert Image.MAX_IMAGE_PIXELS is None
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    assert most == Image.MAX_IMAGE_PIXELS
    assert list(warnings.filters) == filters


def test_pillow_s_own_limit_neither_warns_nor_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tif").write_bytes(saved(RGB, format="TIFF"))
    (tmp_path / "a.png").write_bytes(saved(RGB, format="PNG"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for most in (40, 10):  # Pillow warns above its limit, and raises above twice of it.
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
            for name in ("a.tif", "a.png"):
                assert read_image(tmp_path / name).shape == (7, 9, 3)
                assert image_size(tmp_path / name) == (7, 9)
