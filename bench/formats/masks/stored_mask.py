"""What a mask file holds, before it is known what its values mean.

Pictures of any usual kind, and arrays: the stored numbers of one channel, and as far as the file says so, which of them
stands for an object that is certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.labels.label_image import label_image_size
from boundary_bench.bench.formats.labels.label_raster import label_bmp_size, label_tiff_size, read_label_tiff
from boundary_bench.bench.formats.masks.mask_array import mask_array_size, read_mask_array, unit
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES
from boundary_bench.bench.formats.raster.bmp import (
    INDEXED,
    BrokenBmpError,
    bmp_indices,
    bmp_palette,
    read_bmp_header,
    require_whole,
)
from boundary_bench.bench.formats.raster.bmp import SIGNATURE as BMP
from boundary_bench.bench.formats.raster.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES, image_size, read_image
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, reason, refused
from boundary_bench.bench.formats.raster.tiff import FLOAT, PALETTE, BrokenTiffError, read_tiff_header
from boundary_bench.bench.formats.raster.tiff import SIGNATURES as TIFF
from boundary_bench.refiners.files.npy import MAGIC
from boundary_bench.refiners.files.png import GREY, BrokenPngError, Header, as_grey, chunk_body
from boundary_bench.refiners.files.png import PALETTE as PNG_PALETTE
from boundary_bench.refiners.files.png import SIGNATURE as PNG

Kind = Literal["png", "tiff", "bmp", "array", "photo"]

MASK_SUFFIXES: Final = IMAGE_SUFFIXES | ARRAY_SUFFIXES
MASK_FILE: Final = "a mask: a picture in grey, black and white, or a palette with one object; .npy or .npz"
MOST_TINT: Final = 48
"""By so much channels that were equal may differ after a compression with loss."""
BEGINNINGS: Final[dict[bytes, Kind]] = {
    PNG: "png",
    **dict.fromkeys(TIFF, "tiff"),
    BMP: "bmp",
    MAGIC: "array",
    b"PK": "array",
    b"\xff\xd8\xff": "photo",
    b"RIFF": "photo",
}

Numbers = NDArray[np.uint8] | NDArray[np.int32] | NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class StoredMask:
    """The numbers of a file.

    Attributes:
        values: (H, W): uint8 or int32 as stored, or float32 in 0..1; of palettes in colours the indices.
        full: the number of an object that is certain, where the file says so by its kind: 1 of a bit, 3 of two bits;
            None where it depends on the other files: 1, 255 or 65535.
        is_index: whether values are indices of colours, any but 0 an object.
        is_lossy: whether compression may have changed values.
    """

    values: Numbers
    full: int | None = None
    is_index: bool = False
    is_lossy: bool = False


def read_stored(path: str | Path, key: str | None = None) -> StoredMask:
    """The numbers of a mask file.

    Args:
        path: PNG, JPEG, BMP, TIFF or WebP; or an array (H, W), (1, H, W) or (H, W, 1) in a `.npy` or `.npz` file.
            JPEG and WebP are turned upright by their orientation tag, as images are.
        key: name of the array in `.npz` files; None: the only one, or the only one that can be a mask.

    Raises:
        InputError: no readable file, truncated or damaged, colours, a mask in the alpha channel, negative numbers or
            floating point beyond 0..1, or above the limit of pixels.
    """
    match kind_of(path):
        case "array":
            values = read_mask_array(path, key)
            if values.dtype == np.bool_:
                return StoredMask(values.astype(np.uint8), 1)
            return StoredMask(cast(Numbers, values))
        case "tiff":
            return _tiff(path)
        case "bmp":
            return _bmp(path)
        case "photo":
            return StoredMask(_one_channel(path, read_image(path), tint=MOST_TINT), is_lossy=True)
        case _:
            return _png(path)


def mask_size(path: str | Path, key: str | None = None) -> tuple[int, int]:
    """(H, W) of a mask by its header alone; arguments and errors as of `read_stored`."""
    match kind_of(path):
        case "array":
            return mask_array_size(path, key)
        case "tiff":
            return label_tiff_size(path)
        case "bmp":
            return label_bmp_size(path)
        case "photo":
            return image_size(path)
        case _:
            return label_image_size(path)


def kind_of(path: str | Path) -> Kind:
    """What a file is by its first bytes, or a `.png` that is none by its name.

    Raises:
        InputError: no readable file, or of none of these kinds.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
    except OSError as error:
        raise refused(path, reason(error), MASK_FILE) from None
    for beginning, kind in BEGINNINGS.items():
        if start.startswith(beginning):
            return kind
    suffix = Path(path).suffix.lower()
    if suffix in ARRAY_SUFFIXES:
        return "array"
    if suffix in MASK_SUFFIXES:
        return {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp"}.get(suffix, "photo")  # type: ignore[return-value]
    raise refused(path, f"a file of another kind (it begins with {start!r})", MASK_FILE)


def _png(path: str | Path) -> StoredMask:
    data = file_bytes(path, MASK_FILE)
    try:
        header, grey = as_grey(data)
        palette = chunk_body(data, b"PLTE") if header.colour_type == PNG_PALETTE else None
    except BrokenPngError as error:
        raise refused(path, str(error), MASK_FILE) from None
    require_pixels(str(path), header.size)
    one = header.colour_type in (GREY, PNG_PALETTE)
    stored = decoded(grey if one else data, cv2.IMREAD_UNCHANGED)
    if stored is None or stored.shape[:2] != header.size or (one and stored.ndim != 2):
        raise refused(path, "a PNG file whose picture data cannot be decoded", MASK_FILE)
    if not one:
        return StoredMask(_one_channel(path, stored))
    values = _unstretched(stored, header)
    if palette is not None:
        colours = np.zeros((256, 3), np.uint8)
        known = np.frombuffer(palette, np.uint8)[: 3 * 256].reshape(-1, 3)
        colours[: len(known)] = known
        return _of_palette(values.astype(np.uint8), colours)
    return StoredMask(values, 2**header.bit_depth - 1 if header.bit_depth < 8 else None)


def _unstretched(stored: NDArray[Any], header: Header) -> NDArray[np.uint8] | NDArray[np.int32]:
    """Numbers as in the file: decoders stretch those of few bits to 0..255."""
    if header.bit_depth == 16:
        return stored.astype(np.int32)
    small: NDArray[np.uint8] = stored.astype(np.uint8, copy=False)
    return small // np.uint8(255 // (2**header.bit_depth - 1)) if header.bit_depth < 8 else small


def _of_palette(indices: NDArray[np.uint8], colours: NDArray[np.uint8]) -> StoredMask:
    """Grey levels where the colours in use are grey, as any viewer shows them; else the indices."""
    used = colours[np.flatnonzero(np.bincount(indices.ravel(), minlength=256))]
    if (used == used[:, :1]).all():
        return StoredMask(np.ascontiguousarray(colours[:, 0])[indices])
    return StoredMask(indices, is_index=True)


def _bmp(path: str | Path) -> StoredMask:
    data = file_bytes(path, MASK_FILE)
    try:
        header = read_bmp_header(data)
        require_pixels(str(path), header.size)
        require_whole(data, header)
        if header.bits in INDEXED and not header.packed:
            return _of_palette(bmp_indices(data, header), bmp_palette(data, header))
    except BrokenBmpError as error:
        raise refused(path, str(error), MASK_FILE) from None
    stored = decoded(data, cv2.IMREAD_COLOR)
    if stored is None or stored.shape[:2] != header.size:
        raise refused(path, "a BMP file that cannot be decoded", MASK_FILE)
    return StoredMask(_one_channel(path, stored))


def _tiff(path: str | Path) -> StoredMask:
    data = file_bytes(path, MASK_FILE)
    try:
        header = read_tiff_header(BytesIO(data))
    except BrokenTiffError as error:
        raise refused(path, str(error), MASK_FILE) from None
    require_pixels(str(path), header.size)
    if header.pages > 1 or header.orientation != 1:
        read_label_tiff(path)  # which says why not
    channels = len(header.bits)
    if channels > 1 or header.kind == FLOAT or header.photometric == PALETTE:
        stored = _by_pillow(data)
        if stored is None or stored.shape[:2] != header.size or stored.dtype not in (np.uint8, np.float32):
            raise refused(path, f"{header.text} that cannot be decoded", MASK_FILE, "save it as 8-bit grey PNG")
        if header.photometric == PALETTE and channels == 1:
            return _of_palette(stored, _tiff_palette(data))
        if header.kind == FLOAT and channels == 1:
            return StoredMask(unit(str(path), stored))
        return StoredMask(_one_channel(path, stored))
    bits = header.bits[0]
    return StoredMask(read_label_tiff(path), 2**bits - 1 if bits < 8 else None)


def _by_pillow(data: bytes) -> NDArray[Any] | None:
    from PIL import Image

    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
            return np.asarray(image)
    except Exception:  # Damaged files make the decoders raise nearly anything.
        return None


def _tiff_palette(data: bytes) -> NDArray[np.uint8]:
    """Colours of the indices, uint8 (256, 3) RGB."""
    from PIL import Image

    colours = np.zeros((256, 3), np.uint8)
    with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
        known = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)[:256]
    colours[: len(known)] = known
    return colours


def _one_channel(path: str | Path, stored: NDArray[Any], tint: int = 0) -> NDArray[np.uint8] | NDArray[np.int32]:
    """The one channel that colours are equal in, of (H, W, C): grey or three colours, and alpha where there is one.

    Raises:
        InputError: colours, or an alpha channel that says something else than its picture.
    """
    colours = stored[..., : stored.shape[2] - 1] if stored.shape[2] in (2, 4) else stored
    grey = colours[..., colours.shape[2] // 2]
    if stored.shape[2] in (2, 4):
        _require_opaque(path, grey, stored[..., -1])
    if int((colours.max(axis=2) - colours.min(axis=2)).max()) > tint:
        hint = "which colour is the object? save (picture == colour).all(axis=2) * 255; classes? give --classes"
        raise refused(path, "a picture in colours", MASK_FILE, hint)
    whole = grey if grey.dtype == np.uint8 else grey.astype(np.int32)
    return np.ascontiguousarray(whole)


def _require_opaque(path: str | Path, grey: NDArray[Any], alpha: NDArray[Any]) -> None:
    if (alpha == np.iinfo(alpha.dtype).max).all() or (alpha == grey).all():
        return
    found = "a picture that is transparent in parts"
    hint = "is alpha the mask? save it by itself: Image.open(path).getchannel('A').save(...); else without alpha"
    raise refused(path, found, MASK_FILE, hint)
