"""Probabilities of boundaries as files: one `.npz` for each image or, as released, a PNG for each class."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import MOST_CLASSES
from boundary_bench.refiners.files.atomic_write import replace_file, replacing
from boundary_bench.refiners.files.by_sample import SampleFiles
from boundary_bench.refiners.files.npz import read_npz
from boundary_bench.refiners.files.png import BrokenPngError, check_chunks
from boundary_bench.refiners.steal.evidence import Probability

KEY: Final = "edges"
"""Of the array in an `.npz`, (K, H, W): floating in 0..1, or uint8 in 255ths."""
CLASS: Final = re.compile(r"class_(\d+)")
"""Folders of PNGs, uint8 in 255ths; classes are counted from 1, with any number of leading zeros."""
WHOLE: Final = 255
FLOATS: Final = (np.float16, np.float32, np.float64)


class EdgeFolder:
    """Saved edges: `<id>.npz`, or `class_001/<id>.png`, `class_002/<id>.png` and so on, in the folder or any below.

    Args:
        folder: where they lie.

    Raises:
        ValueError: no such folder, no such files in it, or a class between others without a folder.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise ValueError(f"edges is {self.folder}, which is no folder; allowed: one of .npz files or of class_001/")
        by_class = {
            int(match[1]): path for path in sorted(self.folder.iterdir()) if (match := CLASS.fullmatch(path.name))
        }
        if sorted(by_class) != list(range(1, len(by_class) + 1)):
            raise ValueError(f"{self.folder} has classes {sorted(by_class)}; allowed: each from 1 on")
        self._suffix = ".png" if by_class else ".npz"
        self._parts = [_files(by_class[k], self._suffix) for k in sorted(by_class)] or [_files(self.folder, ".npz")]

    def paths(self, sample_id: str) -> tuple[Path, ...]:
        """The `.npz` of a sample, or its PNGs in the order of the classes.

        Raises:
            ValueError: none or several of one class.
        """
        found = [part.of(sample_id) for part in self._parts]
        for place, files in enumerate(found, start=1):
            if len(files) != 1:
                where = f" of class {place}" if self._suffix == ".png" else ""
                what = f"{len(files)} files{where} for {sample_id}"
                raise ValueError(
                    f"{self.folder}: {what}; allowed: one {sample_id}{self._suffix}, here or in a folder below"
                )
        return tuple(files[0] for files in found)


def read_edges(paths: Sequence[Path], size: tuple[int, int]) -> Probability:
    """The edges of one image.

    Args:
        paths: as `EdgeFolder.paths` gives them.
        size: (H, W) of the image.

    Returns:
        float32 (K, H, W), 0..1.

    Raises:
        ValueError: files that cannot be read, or whose arrays are of another kind, size or range. The message starts
            with a path.
    """
    is_array = paths[0].suffix == ".npz"
    edges = _read_npz(paths[0], size) if is_array else np.stack([_read_png(path, size) for path in paths])
    return edges.astype(np.float32) / np.float32(WHOLE) if edges.dtype == np.uint8 else edges.astype(np.float32)


def write_npz(path: Path, edges: Probability) -> None:
    """Write edges, float32 (K, H, W), compressed and in float16; the file appears only when it is complete."""
    with replacing(path) as stream:
        np.savez_compressed(stream, edges=edges.astype(np.float16))


def write_pngs(folder: Path, name: str, edges: Probability) -> None:
    """Write edges, float32 (K, H, W), as `class_001/<name>.png` and so on; cut off to 255ths, as released."""
    for number, each in enumerate(edges, start=1):
        encoded = cv2.imencode(".png", (each * np.float32(WHOLE)).astype(np.uint8))[1]
        replace_file(folder / f"class_{number:03d}" / f"{name}.png", encoded.tobytes())


def _files(folder: Path, suffix: str) -> SampleFiles:
    found = SampleFiles(folder, (suffix,))
    if not found:
        raise ValueError(f"{folder}: no {suffix} files, here or in a folder below; allowed: one for each image")
    return found


def _read_png(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    data = path.read_bytes()
    try:
        header = check_chunks(data)  # Decoders believe what a chunk says of its length.
        _require_size(size, header.size)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except BrokenPngError as error:
        raise ValueError(f"{path}: cannot be read as an image ({error}); allowed: PNG") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except cv2.error:
        image = None
    if image is None:
        raise ValueError(f"{path}: cannot be read as an image; allowed: PNG")
    if image.dtype != np.uint8 or image.shape != size:
        raise ValueError(f"{path}: holds {image.dtype} {image.shape}; allowed: 8-bit grey")
    return np.asarray(image, np.uint8)


def _read_npz(path: Path, size: tuple[int, int]) -> NDArray[Any]:
    try:
        names, array = read_npz(path, KEY, partial(_require_form, size))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    if array is None:
        raise ValueError(f"{path}: holds {', '.join(names) or 'nothing'}; allowed: an array named {KEY!r}")
    if array.dtype != np.uint8 and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(f"{path}: edges lie in [{array.min():g}, {array.max():g}]; allowed: 0 to 1")
    return array


def _require_form(size: tuple[int, int], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if len(shape) != 3 or not 0 < shape[0] <= MOST_CLASSES or not (dtype == np.uint8 or dtype in FLOATS):
        raise ValueError(f"edges are {dtype} {shape}; allowed: floating or uint8 (K, H, W)")
    _require_size(size, shape[1:])


def _require_size(size: tuple[int, int], found: tuple[int, ...]) -> None:
    if found != size:
        raise ValueError(f"edges have size {found}; allowed: {size}, as the image")
