"""Pictures come back out of their files as they went in, and keep to their bytes."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.report.page.build import BYTES, MARKUP_BYTES
from boundary_bench.bench.report.page.gallery import SHARES
from boundary_bench.bench.report.page.pictures import ERROR_COLOURS, FILL, LINE, crop, overlays, photo
from boundary_bench.bench.report.page.views import BROKEN, FIXED, STILL, View, view
from boundary_bench.metrics.structures.segmentation import SemanticMap

COLOURS = np.array([(255, 0, 0), (0, 255, 0)], np.uint8)


def opened(uri: str) -> Image.Image:
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2])))
    assert uri.startswith(f"data:image/{picture.format.lower()};base64,")
    return picture


def drawn(before: np.ndarray, errors: np.ndarray) -> View:
    return View(before, before, COLOURS, errors, np.zeros(before.shape, np.int64))


def test_regions_are_half_transparent_with_lines_between_them():
    before = np.array([[0, 0, 1, 1, 2, 2]], np.uint8)
    pixels = np.asarray(opened(overlays(drawn(before, np.zeros_like(before)), 1e6).before).convert("RGBA"))[0].tolist()
    red, green = COLOURS.tolist()
    assert [pixel[3] for pixel in pixels[:2]] == [0, 0]
    assert pixels[2:] == [[*red, FILL], [*red, LINE], [*green, FILL], [*green, FILL]]


def test_errors_are_blue_red_and_grey():
    errors = np.array([[0, FIXED, BROKEN, STILL]], np.uint8)
    pixels = np.asarray(opened(overlays(drawn(errors, errors), 1e6).errors).convert("RGBA"))[0].tolist()
    assert pixels[0][3] == 0
    assert [tuple(pixel[:3]) for pixel in pixels[1:]] == [ERROR_COLOURS[k] for k in (FIXED, BROKEN, STILL)]
    (_, _, blue), (red, _, _) = ERROR_COLOURS[FIXED], ERROR_COLOURS[BROKEN]
    assert blue == max(ERROR_COLOURS[FIXED])
    assert red == max(ERROR_COLOURS[BROKEN])


def test_a_photo_is_made_smaller_until_it_fits():
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    whole, longest = photo(image, 1e9)
    assert (opened(whole).size, longest) == ((300, 200), 300)
    small, side = photo(image, 30_000)
    assert len(small) <= 30_000
    assert max(opened(small).size) == side < 300
    least, smallest = photo(image, 0)
    assert max(opened(least).size) == smallest == 110
    assert abs(np.asarray(opened(least).convert("RGB"), float).mean() - image.mean()) < 4


def test_the_crop_has_the_most_changed_pixels_in_its_middle():
    errors = np.zeros((200, 300), np.uint8)
    errors[20, 20] = FIXED
    errors[100:104, 200:205] = BROKEN
    errors[150:, :60] = STILL
    image = np.zeros((200, 300, 3), np.uint8)
    found = crop(image, drawn(np.zeros_like(errors), errors), 1e6)
    assert (found.height, found.width) == (72, 96)
    assert abs(found.top + 36 - 102) <= 1
    assert abs(found.left + 48 - 202) <= 1
    red = np.asarray(opened(found.errors).convert("RGBA"))[..., 3] > 0
    assert red.sum() == 20


def test_a_crop_shows_less_where_there_are_fewer_bytes():
    rng = np.random.default_rng(0)
    image, errors = (
        rng.integers(0, 256, (200, 300, 3)).astype(np.uint8),
        rng.integers(0, 4, (200, 300)).astype(np.uint8),
    )
    whole, small, least = (crop(image, drawn(errors % 3, errors), room) for room in (1e6, 12_000, 0))
    assert whole.bytes > 12_000 >= small.bytes > least.bytes
    assert (least.height, least.width) == (36, 48)


@pytest.mark.parametrize("size", [(5, 300), (72, 96), (10, 10)])
def test_a_small_image_is_its_own_crop(size):
    errors = np.zeros(size, np.uint8)
    errors[-1, -1] = FIXED
    found = crop(np.zeros((*size, 3), np.uint8), drawn(errors, errors), 1e6)
    assert (found.height, found.width) == (min(72, size[0]), min(96, size[1]))
    assert found.top + found.height <= size[0]
    assert found.left + found.width == size[1]


def test_five_hundred_street_scenes_fit_into_the_page():
    """Photos, regions, errors and crops of the busiest pictures there are here, five hundred times."""
    count = 500
    room = BYTES - count * MARKUP_BYTES - 1_000_000
    dataset = Synthetic("test", images=3)
    rng = np.random.default_rng(0)
    for sample in dataset.samples():
        image, truth = dataset.image(sample), dataset.truth(sample)
        noise = rng.integers(-4, 5, 2)
        before = SemanticMap(np.roll(truth.labels, noise, axis=(0, 1)))
        seen = view(before, SemanticMap(np.roll(truth.labels, (1, 1), axis=(0, 1))), truth, dataset.colours)
        picture, longest = photo(image, SHARES[0] * room / count)
        over, part = overlays(seen, SHARES[1] * room / count), crop(image, seen, SHARES[2] * room / count)
        used = [picture, over.before, over.after, over.errors, part.photo, part.before, part.after, part.errors]
        assert sum(map(len, used)) <= room / count
        assert longest >= 260
