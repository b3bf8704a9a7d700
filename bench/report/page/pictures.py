"""Pictures of the gallery as small files: photos as WebP, regions and errors as palette PNG with holes."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.report.page.views import BROKEN, FIXED, STILL, View

LONGEST = (640, 520, 420, 340, 260, 200, 150, 110)
"""Longer side of pictures in pixels: the first that fits the bytes there are is taken."""
QUALITIES = (72, 55)
CROPS = (((72, 96), 85), ((72, 96), 60), ((54, 72), 60), ((36, 48), 60))
"""(H, W) of the part that is shown enlarged, in pixels of the image itself, and the quality of its photo; likewise."""

ERROR_COLOURS = {FIXED: (61, 155, 255), BROKEN: (255, 64, 64), STILL: (165, 165, 165)}
"""Fixed is blue and broken is red, as in SegFix's figures."""
FILL, LINE = 110, 255
"""Opacity of regions and of the lines between them, in 255ths."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of an image where most changed, at its own resolution; pictures as data URIs."""

    top: int
    left: int
    height: int
    width: int
    photo: str
    before: str
    after: str
    errors: str

    @property
    def bytes(self) -> int:
        """Of all its pictures."""
        return sum(map(len, (self.photo, self.before, self.after, self.errors)))


@dataclass(frozen=True, slots=True)
class Overlays:
    """Overlays of a photo; pictures as data URIs."""

    before: str
    after: str
    errors: str


def photo(image: Image, most_bytes: float) -> tuple[str, int]:
    """A photo as a data URI of at most so many characters if it can be, and the longer side that it has in it.

    Args:
        image: uint8 (H, W, 3) RGB.
        most_bytes: it is made smaller until it fits; the smallest form is taken where none does.
    """
    uri, longest = "", 0
    for longest in _sides(image.shape[:2]):
        small = _reduced(image, longest, cv2.INTER_AREA)
        for quality in QUALITIES:
            uri = _webp(small, quality)
            if len(uri) <= most_bytes:
                return uri, longest
    return uri, longest


def overlays(view: View, most_bytes: float) -> Overlays:
    """Regions before and after and the error map, made smaller until all three fit together."""
    found = Overlays("", "", "")
    for longest in _sides(view.before.shape):
        small = [_reduced(plane, longest, cv2.INTER_NEAREST) for plane in (view.before, view.after, view.errors)]
        found = _drawn(small[0], small[1], small[2], view.colours)
        if len(found.before) + len(found.after) + len(found.errors) <= most_bytes:
            break
    return found


def crop(image: Image, view: View, most_bytes: float) -> Crop:
    """The window where most pixels were fixed or broken, with these in its middle; smaller until its pictures fit."""
    for found in _crops(image, view):
        if found.bytes <= most_bytes:
            break
    return found


def _crops(image: Image, view: View) -> Iterator[Crop]:
    changed = (view.errors == FIXED) | (view.errors == BROKEN)
    for size, quality in CROPS:
        top, left, rows, columns = _densest(changed, size)
        window = (slice(top, top + rows), slice(left, left + columns))
        drawn = _drawn(view.before[window], view.after[window], view.errors[window], view.colours)
        plain = _webp(image[window], quality)
        yield Crop(top, left, rows, columns, plain, drawn.before, drawn.after, drawn.errors)


def _densest(changed: NDArray[np.bool_], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Top, left, height and width: the first window that holds most of the pixels, moved to their centre."""
    rows, columns = (min(most, there) for most, there in zip(size, changed.shape, strict=True))
    table = cv2.integral(changed.astype(np.uint8))
    sums = table[rows:, columns:] - table[:-rows, columns:] - table[rows:, :-columns] + table[:-rows, :-columns]
    top, left = np.unravel_index(np.argmax(sums), sums.shape)
    inside = np.argwhere(changed[top : top + rows, left : left + columns])
    if len(inside):
        off = inside.mean(axis=0) - np.array([rows, columns]) / 2
        top, left = np.clip(np.array([top, left]) + off, 0, np.array(sums.shape) - 1).round()
    return int(top), int(left), rows, columns


def _sides(size: tuple[int, ...]) -> Iterator[int]:
    own = max(size)
    yield min(own, LONGEST[0])
    yield from (side for side in LONGEST[1:] if side < own)


def _reduced(picture: Image, longest: int, interpolation: int) -> Image:
    height, width = picture.shape[:2]
    if max(height, width) <= longest:
        return picture
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8)


def _drawn(before: Image, after: Image, errors: Image, colours: NDArray[np.uint8]) -> Overlays:
    entries = np.zeros((max(ERROR_COLOURS) + 1, 3), np.uint8)
    for value, colour in ERROR_COLOURS.items():
        entries[value] = colour
    return Overlays(
        _regions(before, colours), _regions(after, colours), _palette_png(errors, entries, lambda k: 235 if k else 0)
    )


def _regions(regions: Image, colours: NDArray[np.uint8]) -> str:
    """Regions half transparent, with full lines where one meets another."""
    count = len(colours)
    edge = np.zeros(regions.shape, np.bool_)
    edge[:, :-1] |= regions[:, :-1] != regions[:, 1:]
    edge[:-1] |= regions[:-1] != regions[1:]
    values = np.where(edge & (regions > 0), regions + count, regions).astype(np.uint8)
    black = np.zeros((1, 3), np.uint8)
    return _palette_png(
        values, np.concatenate([black, colours, colours]), lambda k: 0 if k == 0 else FILL if k <= count else LINE
    )


def _palette_png(values: Image, colours: NDArray[np.uint8], alpha: Callable[[int], int]) -> str:
    from PIL import Image as Pillow

    picture = Pillow.fromarray(np.ascontiguousarray(values), "P")
    picture.putpalette(np.ascontiguousarray(colours, np.uint8).tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True, transparency=bytes(alpha(k) for k in range(len(colours))))
    return _uri("image/png", out.getvalue())


def _webp(image: Image, quality: int) -> str:
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(image)).save(out, "WEBP", quality=quality, method=4)
    return _uri("image/webp", out.getvalue())


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
