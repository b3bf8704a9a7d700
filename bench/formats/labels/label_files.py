"""Label maps in any kind of file that keeps whole numbers: PNG, TIFF, BMP, and NumPy's arrays.

What a file is, its first bytes say, not its name.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final, Literal

from boundary_bench.bench.formats.labels.label_array import label_array_size, read_label_array
from boundary_bench.bench.formats.labels.label_image import label_image_size, read_label_image
from boundary_bench.bench.formats.labels.label_raster import (
    label_bmp_size,
    label_tiff_size,
    read_label_bmp,
    read_label_tiff,
)
from boundary_bench.bench.formats.labels.recent import RecentLabels
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES
from boundary_bench.bench.formats.raster.bmp import SIGNATURE as BMP
from boundary_bench.bench.formats.raster.refusal import reason, refused
from boundary_bench.bench.formats.raster.tiff import SIGNATURES as TIFF
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.refiners.files.npy import MAGIC
from boundary_bench.refiners.files.png import SIGNATURE as PNG

Kind = Literal["png", "tiff", "bmp", "array"]

PICTURE_SUFFIXES: Final = frozenset({".png", ".tif", ".tiff", ".bmp"})
LABEL_SUFFIXES: Final = PICTURE_SUFFIXES | ARRAY_SUFFIXES
LABEL_FILE: Final = "a label map: PNG, TIFF or BMP of one channel, .npy or .npz"

LOSSY: Final = {
    b"\xff\xd8\xff": "a JPEG picture, whose compression changes ids",
    b"RIFF": "a WebP picture, whose compression may change ids",
}
BEGINNINGS: Final[dict[bytes, Kind]] = {
    PNG: "png",
    **dict.fromkeys(TIFF, "tiff"),
    BMP: "bmp",
    MAGIC: "array",
    b"PK": "array",
}
_RECENT: Final = RecentLabels()
BY_SUFFIX: Final[dict[str, Kind]] = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp"}


def read_labels(path: str | Path, key: str | None = None) -> Labels:
    """The ids of a label map.

    Args:
        path: PNG, TIFF or BMP of one channel, of a palette the indices; or an array of integers (H, W), (1, H, W) or
            (H, W, 1) in a `.npy` or `.npz` file.
        key: name of the array in `.npz` files; None: the only one, or the only one that can be a label map.

    Returns:
        (H, W): uint8 for at most 8 bits without sign, else int32, in which negative ids stay what they are. Not to be
        written to: small ones are kept, see `boundary_bench.bench.formats.labels.recent`.

    Raises:
        InputError: no readable file, truncated or damaged, of a kind that changes numbers (JPEG), colours, floating
            point, or above the limit of pixels.
    """
    return _RECENT.get(path, key, partial(_read, path, key))


def _read(path: str | Path, key: str | None) -> Labels:
    match kind_of(path):
        case "tiff":
            return read_label_tiff(path)
        case "bmp":
            return read_label_bmp(path)
        case "array":
            return read_label_array(path, key)
        case _:
            return read_label_image(path)


def labels_size(path: str | Path, key: str | None = None) -> tuple[int, int]:
    """(H, W) of a label map by its header alone; arguments and errors as of `read_labels`."""
    match kind_of(path):
        case "tiff":
            return label_tiff_size(path)
        case "bmp":
            return label_bmp_size(path)
        case "array":
            return label_array_size(path, key)
        case _:
            return label_image_size(path)


def kind_of(path: str | Path) -> Kind:
    """What a file is by its first bytes, or by its name where these say nothing.

    Raises:
        InputError: no readable file, one of a kind that changes numbers, or of none that is known.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
    except OSError as error:
        raise refused(path, reason(error), LABEL_FILE) from None
    for beginning, found in LOSSY.items():
        if start.startswith(beginning):
            raise refused(path, found, LABEL_FILE, "save the model's output as PNG anew; converting this file won't do")
    for beginning, kind in BEGINNINGS.items():
        if start.startswith(beginning):
            return kind
    suffix = Path(path).suffix.lower()
    if suffix in ARRAY_SUFFIXES:
        return "array"
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    raise refused(path, f"a file of another kind (it begins with {start!r})", LABEL_FILE)
