"""Cityscapes: 19 classes, 8 of them countable, 1024 x 2048.

    root/gtFine/{split}/{city}/{id}_gtFine_labelIds.png        semantic; preferred, as distributed
    root/gtFine/{split}/{city}/{id}_gtFine_labelTrainIds.png   semantic, where only those were made
    root/gtFine/{split}/{city}/{id}_gtFine_instanceIds.png     instance and panoptic; semantic with `instances`
    root/leftImg8bit/{split}/{city}/{id}_leftImg8bit.png       may be absent: scoring needs the truth alone

A sample is `{city}_{sequence}_{frame}`. Source: Cordts et al., The Cityscapes Dataset, CVPR 2016, and the
label table of its scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.files import Entry, SemanticFiles, split_folder
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.cityscapes_ids import PER_LABEL, instances_from_ids, segments_from_ids
from boundary_bench.bench.formats.image_ids import raw_ids
from boundary_bench.bench.formats.labels.label_image import read_label_image
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.labels import ids_of
from boundary_bench.metrics.structures.segmentation import SemanticMap

# (class, id in label files, colour); position is the training id.
_TABLE = (
    ("road", 7, (128, 64, 128)),
    ("sidewalk", 8, (244, 35, 232)),
    ("building", 11, (70, 70, 70)),
    ("wall", 12, (102, 102, 156)),
    ("fence", 13, (190, 153, 153)),
    ("pole", 17, (153, 153, 153)),
    ("traffic light", 19, (250, 170, 30)),
    ("traffic sign", 20, (220, 220, 0)),
    ("vegetation", 21, (107, 142, 35)),
    ("terrain", 22, (152, 251, 152)),
    ("sky", 23, (70, 130, 180)),
    ("person", 24, (220, 20, 60)),
    ("rider", 25, (255, 0, 0)),
    ("car", 26, (0, 0, 142)),
    ("truck", 27, (0, 0, 70)),
    ("bus", 28, (0, 60, 100)),
    ("train", 31, (0, 80, 100)),
    ("motorcycle", 32, (0, 0, 230)),
    ("bicycle", 33, (119, 11, 32)),
)
CLASSES = tuple(name for name, _, _ in _TABLE)
COLOURS = np.array([colour for _, _, colour in _TABLE], dtype=np.uint8)
LABEL_IDS = {**dict.fromkeys(range(-1, 34), -1), **{raw: train for train, (_, raw, _) in enumerate(_TABLE)}}

FIRST_THING: Final = 11
"""Training ids from here on are countable: person, rider, car, truck, bus, train, motorcycle, bicycle."""
THING_LABELS = frozenset(raw for _, raw, _ in _TABLE[FIRST_THING:])
IGNORED_LABELS = frozenset(raw for raw, train in LABEL_IDS.items() if train < 0 <= raw)
COUNTED_LABELS = range(24, 34)
"""Labels whose objects have ids of their own in the files: the things, and two that are not scored."""

LABEL_SUFFIX = "_gtFine_labelIds"
TRAIN_SUFFIX = "_gtFine_labelTrainIds"
INSTANCE_SUFFIX = "_gtFine_instanceIds"
IMAGE_SUFFIX = "_leftImg8bit"

CityTask = Literal["semantic", "instance", "panoptic"]
BAND_RATIO = 0.005
"""Band of boundary IoU on this dataset, as its authors choose it."""
SEMANTIC_METRICS = ("mean_iou", "cityscapes_iou", "boundary_f", "boundary_iou", "error_distance")
"""Metrics of semantic truth whose objects are told apart."""
METRICS: Mapping[str, Sequence[str | dict[str, Any]]] = {
    "instance": (
        "cityscapes_ap",
        {"name": "cityscapes_ap", "iou": "boundary", "band_ratio": BAND_RATIO},
        "average_precision",
        {"name": "average_precision", "iou": "boundary", "band_ratio": BAND_RATIO},
        "average_f",
        "instance_error_distance",
        "iou_change",
    ),
    "panoptic": ("panoptic_quality", {"name": "panoptic_quality", "iou": "boundary", "band_ratio": BAND_RATIO}),
}
"""Metrics of the field, where they differ from the defaults for a kind of truth."""
EDGE_METRICS = ({"name": "semantic_edges", "max_distance_ratio": 0.0035},)
"""Likewise of semantic edges: Yu et al., ECCV 2018 (SEAL)."""


class Cityscapes(SemanticFiles):
    """One split of Cityscapes; each city is a group and a cluster.

    As instances the classes are the 8 countable ones, 0..7. Groups of objects are crowd. Void is what the official
    evaluation takes for it: pixels that hold the label of a class that is not scored. Those of single caravans and
    trailers hold an instance id, and are not void.
    As panoptic truth the classes are all 19; segments are exactly those of the official converter.

    Args:
        root: folder that holds `gtFine` and, where images are needed, `leftImg8bit`.
        split: `train`, `val` or `test`.
        task: the kind of truth: `semantic`, `instance` or `panoptic`.
        instances: whether semantic truth tells objects apart, as iIoU of the metric `cityscapes_iou` needs; then that
            metric is a standard one.

    Raises:
        InputError: no such folder, no label files of the kind that the task needs in it, or no instance ids beside
            some of them.
    """

    def __init__(self, root: str | Path, split: str, task: CityTask = "semantic", instances: bool = False) -> None:
        if task not in ("semantic", "instance", "panoptic"):
            raise InputError(Problem("task of cityscapes", repr(task), "semantic, instance or panoptic"))
        if instances and task != "semantic":
            raise InputError(Problem("instances of cityscapes", f"true for {task} truth", "true for semantic truth"))
        root, first = Path(root), FIRST_THING if task == "instance" else 0
        layout = f"gtFine/{{split}}/{{city}}/*{LABEL_SUFFIX if task == 'semantic' else INSTANCE_SUFFIX}.png"
        folder = split_folder(root, split, root / "gtFine", layout=layout)
        spaces = SEMANTIC_SPACES if task == "semantic" else INSTANCE_SPACES
        super().__init__(
            sorted(_entries(folder, root / "leftImg8bit" / split, spaces), key=lambda entry: entry.sample.id),
            name="cityscapes",
            split=split,
            classes=CLASSES[first:],
            colours=COLOURS[first:],
            label_ids={raw: train - first if train >= first else -1 for raw, train in LABEL_IDS.items()},
        )
        self.task = task
        self.edge_metrics = EDGE_METRICS
        # The form in which predictions for the official evaluation are saved; None for the usual one of the task.
        self.format = "cityscapes_instances" if task == "instance" else None
        self.metrics = SEMANTIC_METRICS if instances else METRICS.get(task)
        if task != "semantic":
            self.things = frozenset(range(FIRST_THING - first, len(CLASSES) - first))
        if not self.samples():
            raise InputError(Problem(str(folder), "no label files", layout, "they lie in one folder for each city"))
        self._instance_files = {key: _beside(each) for key, each in self._entries.items()} if instances else {}
        if missing := [path for path in self._instance_files.values() if not path.is_file()]:
            raise InputError(
                Problem(str(path), "no such file", "instance ids beside each label file") for path in missing
            )

    def truth(self, sample: Sample) -> Any:
        """`SemanticMap` in training ids, `InstanceSet` or `PanopticMap`; ids of objects are those of the file.

        Raises:
            InputError: the file cannot be read, or holds ids that the layout does not know.
        """
        if self.task == "semantic":
            truth, file = super().truth(sample), self._instance_files.get(sample.id)
            return truth if file is None else SemanticMap(truth.labels, instances=_objects(file, truth))
        entry = self._entries[sample.id]
        assert entry.truth is not None
        ids = read_label_image(entry.truth)
        if problem := entry.space.problem(str(entry.truth), ids_of(ids)):
            raise InputError(problem)
        if self.task == "instance":
            return instances_from_ids(ids, raw_ids(self), IGNORED_LABELS)
        return segments_from_ids(ids, raw_ids(self), THING_LABELS)

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the files of a sample.

        Raises:
            OSError: a file cannot be read.
        """
        file = self._instance_files.get(sample.id)
        return super().digest(sample) if file is None else combined(super().digest(sample), file_digest(file))

    def image_name(self, sample: Sample) -> str:
        """The image's file below the folder of the split's images, for formats that name it."""
        return f"{sample.group}/{sample.id}{IMAGE_SUFFIX}.png"


_OBJECTS = {label * PER_LABEL + n: LABEL_IDS[label] for label in COUNTED_LABELS for n in range(PER_LABEL)}
# In a folder with two kinds the later replaces the earlier: label ids are what the dataset distributes.
SEMANTIC_SPACES = {TRAIN_SUFFIX: LabelSpace(len(CLASSES)), LABEL_SUFFIX: LabelSpace(len(CLASSES), LABEL_IDS)}
INSTANCE_SPACES = {INSTANCE_SUFFIX: LabelSpace(len(CLASSES), {**LABEL_IDS, **_OBJECTS})}


def _entries(folder: Path, images: Path, spaces: Mapping[str, LabelSpace]) -> Iterator[Entry]:
    for city in sorted(child for child in folder.iterdir() if child.is_dir()):
        truths: dict[str, tuple[Path, LabelSpace]] = {}
        for suffix, space in spaces.items():
            for path in city.glob(f"*{suffix}.png"):
                truths[path.stem.removesuffix(suffix)] = path, space
        for stem, (path, space) in truths.items():
            image = images / city.name / f"{stem}{IMAGE_SUFFIX}.png"
            sample = Sample(stem, group=city.name, cluster=city.name)
            yield Entry(sample, path, space, image if image.is_file() else None)


def _beside(entry: Entry) -> Path:
    assert entry.truth is not None
    return entry.truth.with_name(f"{entry.sample.id}{INSTANCE_SUFFIX}.png")


def _objects(file: Path, truth: SemanticMap) -> NDArray[np.int32]:
    """Ids of the objects of a file of instance ids, int32 (H, W), 0 where there is none."""
    ids, space = np.asarray(read_label_image(file), np.int32), INSTANCE_SPACES[INSTANCE_SUFFIX]
    if problem := space.problem(str(file), ids_of(ids)):
        raise InputError(problem)
    if ids.shape != truth.size:
        raise InputError(Problem(str(file), f"size {ids.shape}", f"that of the label file, {truth.size}"))
    objects = np.where(ids >= PER_LABEL, ids, np.int32(0))
    if wrong := np.unique(objects[(objects > 0) & (space.to_train(ids) != truth.labels)]).tolist():
        found = f"objects {', '.join(map(str, wrong[:5]))} on pixels of other labels"
        raise InputError(Problem(str(file), found, "objects of the labels that the label file holds there"))
    return objects
