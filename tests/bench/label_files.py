"""Files as other programs write them, and a small dataset to predict for."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

IDS = ("0001TP_000030", "0001TP_000060", "Seq05VD_f00030")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values: NDArray[np.integer], *, bits: int, colour_type: int = 0, before: bytes = b"", cut: float = 1) -> bytes:
    """A PNG written by the book, without any library; `cut` leaves out the end of the picture's rows."""
    height, width = values.shape
    digits = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(height, width, 2), axis=2)
    rows = np.packbits(digits[:, :, 16 - bits :].reshape(height, -1), axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(raw[: int(len(raw) * cut)]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + body + chunk(b"IEND", b"")


def write_camvid(root: Path, ids: Sequence[str] = IDS, size: tuple[int, int] = (6, 8)) -> Camvid:
    """A test split in CamVid's layout without images: class 3 above class 0, one void pixel."""
    labels = np.zeros(size, np.uint8)
    labels[: size[0] // 2] = 3
    labels[0, 0] = 11
    for name in ids:
        write_label_image(root / "testannot" / f"{name}.png", labels)
    return Camvid(root, "test")


class MemoryDataset:
    """A dataset of three classes that exists in memory alone."""

    name, split = "memory", "all"
    task: Task = "semantic"
    things: frozenset[int] = frozenset()
    classes = ("a", "b", "c")
    colours = np.zeros((3, 3), np.uint8)
    label_ids: Mapping[int, int] = {}

    def __init__(self, truths: Mapping[str, NDArray[np.uint8]], image_size: tuple[int, int] | None = None):
        self._truths = truths
        self._image_size = image_size

    def samples(self) -> Sequence[Sample]:
        return [Sample(name) for name in self._truths]

    def size(self, sample: Sample) -> tuple[int, int]:
        height, width = self._truths[sample.id].shape
        return height, width

    def image(self, sample: Sample) -> Image:
        return np.zeros((*(self._image_size or self.size(sample)), 3), np.uint8)

    def truth(self, sample: Sample) -> SemanticMap:
        return SemanticMap(self._truths[sample.id])

    def digest(self, sample: Sample) -> str:
        return sample.id

    def check(self, *, images: bool = False) -> list[Problem]:
        return [Problem("memory", "something odd", "nothing odd")] if images else []
