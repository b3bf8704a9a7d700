"""BSDS500: boundaries that several people drew, without classes.

    root/groundTruth/{split}/100007.mat      cells groundTruth{i}.Boundaries, one for each annotator
    root/images/{split}/100007.jpg           may be absent: scoring needs the truth alone

Both folders may also hold their files themselves, without splits. Source: Arbelaez et al., Contour Detection and
Hierarchical Image Segmentation, PAMI 2011.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from boundary_bench.bench.datasets.files import split_folder
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.mat_file import MatFile
from boundary_bench.bench.formats.raster.image import read_image
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task

LAYOUT = "groundTruth/{split}/ with a .mat file for each image"


class Bsds:
    """One split of BSDS500; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Args:
        root: folder that holds `groundTruth` and, where images are needed, `images`.
        split: `train`, `val` or `test`; None where the folders have no splits.

    Raises:
        InputError: no such folder, or no .mat file in it.
    """

    name = "bsds"
    task: Task = "edges"
    classes: Sequence[str] = ("boundary",)
    colours = np.array([(255, 255, 255)], dtype=np.uint8)
    label_ids: Mapping[int, int] = {}
    things: frozenset[int] = frozenset()

    def __init__(self, root: str | Path, split: str | None = None) -> None:
        root = Path(root)
        folder = split_folder(root, split or "", root / "groundTruth", layout=LAYOUT)
        self.split = split or "all"
        self._truths = {path.stem: path for path in sorted(folder.glob("*.mat"))}
        self._images = root / "images" / (split or "")
        if not self._truths:
            there = sorted(child.name for child in folder.iterdir() if child.is_dir())
            hint = f"splits there: {', '.join(there)}" if there else ""
            raise InputError(Problem(str(folder), "no .mat file", LAYOUT, hint))

    def samples(self) -> Sequence[Sample]:
        """All images of the split, by id."""
        return [Sample(stem) for stem in self._truths]

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth.

        Raises:
            InputError: the file cannot be read.
        """
        return self.truth(sample).size

    def image(self, sample: Sample) -> Image:
        """The image, uint8 RGB (H, W, 3).

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        return read_image(self._image_path(sample))

    def truth(self, sample: Sample) -> EdgeMaps:
        """Boundaries of A annotators, bool (A, 1, H, W).

        Raises:
            InputError: the file cannot be read, has no annotator, or maps of two sizes.
        """
        file = MatFile(self._truths[sample.id], "groundTruth")
        people = file.cells(file.value)
        if not people:
            raise file.refused("no annotator", "boundaries of one or more")
        drawn = [file.field("Boundaries", person) for person in people]
        first = file.matrix(drawn[0])
        maps = [file.matrix(one, first.shape) > 0 for one in drawn]
        return EdgeMaps(np.stack(maps)[:, None])

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the truth's file and, where there is one, the image's.

        Raises:
            OSError: a file cannot be read.
        """
        image = self._image_path(sample)
        return combined(file_digest(self._truths[sample.id]), file_digest(image) if image.is_file() else "")

    def _image_path(self, sample: Sample) -> Path:
        return self._images / f"{sample.id}.jpg"
