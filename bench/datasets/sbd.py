"""SBD, the Semantic Boundaries Dataset: 20 classes of Pascal VOC, their boundaries, and those between objects.

    root/cls/2008_000002.mat     GTcls: Segmentation (0 background, 1 to 20), Boundaries of the 20 classes
    root/inst/2008_000002.mat    GTinst: Segmentation (0 background), Boundaries and Categories of the objects
    root/img/2008_000002.jpg     may be absent: scoring needs the truth alone
    root/{train,val}.txt         ids of a split, one per line

`root` may also be the folder of the release, which holds all this in `dataset/`. Source: Hariharan et al., Semantic
Contours from Inverse Detectors, ICCV 2011.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.edges import radius_problems, thinned
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.mat_file import MatFile
from boundary_bench.bench.formats.raster.image import read_image
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.io.paths import stays_below
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.metrics.structures.segmentation import EdgeMaps, SemanticMap, Task

NOTHING = 255
"""Value of pixels of no class in files of classes."""
CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
METRICS = ({"name": "semantic_edges", "max_distance_ratio": 0.0075, "margins_px": [5, 5, 5, 5]},)
"""Edge metrics of the field: SEAL (Yu et al., ECCV 2018); annotations end a few pixels before the border."""


def _colours() -> NDArray[np.uint8]:
    """Pascal VOC's: the bits of a label, three at a time, are the high bits of red, green and blue."""
    bits = np.unpackbits(np.arange(len(CLASSES), dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(int)
    return np.stack([128 * bits[:, k] + 64 * bits[:, k + 3] for k in range(3)], axis=1).astype(np.uint8)


class Sbd:
    """One split of SBD.

    As label maps the classes are background and the 20 of Pascal VOC; as edges they are the 20.

    Args:
        root: folder that holds `cls`, `inst` and the lists of the splits, or the folder above it.
        split: `train`, `val` or any other list.
        task: the kind of truth: `semantic` or `edges`.
        instance_sensitive: of edges: whether objects of a class have edges between them, as in SEAL's evaluation.
        radius_px: of edges: how far off an edge pixels still belong to it where edges are drawn from the labels, by
            the rules of `boundary_bench.metrics.functional.geometry.semantic_edges`; SEAL takes 2, without thinning.
            None for the boundaries that the files hold.
        thin_truth: of edges: whether they are thinned to lines.

    Raises:
        InputError: no such folder or list, ids without a file, or a parameter out of range.
    """

    name = "sbd"
    label_ids: Mapping[int, int] = {}
    things: frozenset[int] = frozenset()

    def __init__(
        self,
        root: str | Path,
        split: str,
        task: Literal["semantic", "edges"] = "semantic",
        *,
        instance_sensitive: bool = True,
        radius_px: float | None = None,
        thin_truth: bool = True,
    ) -> None:
        problems = [] if radius_px is None else radius_problems("edges of sbd", radius_px)
        if task not in ("semantic", "edges"):
            problems.append(Problem("task of sbd", repr(task), "semantic or edges"))
        if problems:
            raise InputError(problems)
        self.split = split
        self.task: Task = task
        first = 1 if task == "edges" else 0
        self.classes: Sequence[str] = CLASSES[first:]
        self.colours = _colours()[first:]
        self.metrics = METRICS if task == "edges" else None
        settings = {
            "edges": "as stored" if radius_px is None else "drawn",
            "radius_px": radius_px,
            "thin_truth": thin_truth,
            "instance_sensitive": instance_sensitive,
        }
        self.truth_settings = settings if task == "edges" else {}
        self._radius_px, self._thin_truth = radius_px, thin_truth
        self._root = _data_folder(Path(root))
        self._kind = "inst" if task == "edges" and instance_sensitive else "cls"
        self._samples = [Sample(name) for name in _listed(self._root, split, self._kind)]

    def samples(self) -> Sequence[Sample]:
        """All images of the split, in the order of its list."""
        return self._samples

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth.

        Raises:
            InputError: the file cannot be read.
        """
        height, width = self._labels(self._file(sample)).shape
        return height, width

    def image(self, sample: Sample) -> Image:
        """The image, uint8 RGB (H, W, 3).

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        return read_image(self._image_path(sample))

    def truth(self, sample: Sample) -> Any:
        """`SemanticMap` of labels 0 to 20, or `EdgeMaps` of one annotator, bool (1, 20, H, W).

        Raises:
            InputError: the file cannot be read, or holds what the layout does not know.
        """
        file = self._file(sample)
        labels = self._labels(file)
        if self.task == "semantic":
            return SemanticMap(labels.astype(np.uint8))
        edges = self._stored(file, labels) if self._radius_px is None else self._drawn(file, labels, self._radius_px)
        return EdgeMaps(thinned(edges) if self._thin_truth else edges)

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the truth's file and, where there is one, the image's.

        Raises:
            OSError: a file cannot be read.
        """
        image = self._image_path(sample)
        return combined(file_digest(self._truth_path(sample)), file_digest(image) if image.is_file() else "")

    def _drawn(self, file: MatFile, labels: NDArray[np.int32], radius_px: float) -> NDArray[np.bool_]:
        instances = None
        if self._kind == "inst":
            instances, labels = labels, np.append(0, self._categories(file)).astype(np.int32)[labels]
        # Background meets objects, so it is a class here, but one without edges of its own.
        return semantic_edges(labels, classes=len(CLASSES), radius_px=radius_px, instances=instances)[1:]

    def _stored(self, file: MatFile, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
        classes = np.arange(1, len(CLASSES)) if self._kind == "cls" else self._categories(file)
        maps = file.cells(file.field("Boundaries"))
        if len(maps) != len(classes):
            raise file.refused(f"Boundaries of {len(maps)}", f"{len(classes)}, one for each class or object")
        edges = np.zeros((len(CLASSES) - 1, *labels.shape), np.bool_)
        for category, one in zip(classes, maps, strict=True):
            edges[category - 1] |= file.matrix(one, labels.shape) > 0
        return edges

    def _labels(self, file: MatFile) -> NDArray[np.int32]:
        """Classes or, in `inst`, numbers of objects."""
        stored = file.matrix(file.field("Segmentation"))
        allowed = np.arange(len(CLASSES) if self._kind == "cls" else len(self._categories(file)) + 1)
        unknown = np.setdiff1d(stored, [*allowed, NOTHING] if self._kind == "cls" else allowed)
        if len(unknown):
            raise file.refused(f"Segmentation with {unknown[:5].tolist()}", f"0 to {allowed[-1]}")
        return stored.astype(np.int32)

    def _categories(self, file: MatFile) -> NDArray[np.int32]:
        """Of each object, 1 to 20."""
        stored = np.asarray(file.field("Categories"))
        if stored.dtype.kind not in "biuf" or not ((stored >= 1) & (stored < len(CLASSES))).all():
            raise file.refused("Categories that are no classes", f"1 to {len(CLASSES) - 1}")
        return stored.reshape(-1).astype(np.int32)

    def _file(self, sample: Sample) -> MatFile:
        return MatFile(self._truth_path(sample), f"GT{self._kind}")

    def _truth_path(self, sample: Sample) -> Path:
        return self._root / self._kind / f"{sample.id}.mat"

    def _image_path(self, sample: Sample) -> Path:
        return self._root / "img" / f"{sample.id}.jpg"


def _data_folder(root: Path) -> Path:
    for folder in (root, root / "dataset"):
        if (folder / "cls").is_dir() or (folder / "inst").is_dir():
            return folder
    found = "no folder cls or inst" if root.is_dir() else "no such folder"
    raise InputError(Problem(str(root), found, "cls/, inst/ and lists of ids such as val.txt, here or in dataset/"))


def _listed(folder: Path, split: str, kind: str) -> list[str]:
    """The ids of a split, all of which have a file."""
    path = folder / f"{split}.txt"
    if not path.is_file():
        there = sorted(each.stem for each in folder.glob("*.txt"))
        hint = did_you_mean(split, there) or (f"lists there: {', '.join(there)}" if there else "")
        raise InputError(Problem(str(path), "no such file", "a list of ids, one per line", hint))
    try:
        ids = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(str(path), str(error), "a list of ids, one per line")) from None
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise InputError(Problem(str(path), f"more than once: {', '.join(twice)}", "each id once"))
    if outside := [name for name in ids if not stays_below(name)]:
        raise InputError(Problem(str(path), f"ids that lead elsewhere: {', '.join(outside)}", "names of files"))
    if absent := [name for name in ids if not (folder / kind / f"{name}.mat").is_file()]:
        found = f"no file for {len(absent)} of {len(ids)} ids: {', '.join(absent)}"
        raise InputError(Problem(str(folder / kind), found, "a .mat file for each id of the list"))
    return ids
