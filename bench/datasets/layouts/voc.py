"""Pascal VOC, semantic segmentation: background and 20 objects.

    root/JPEGImages/2007_000033.jpg                    may be absent: scoring needs the truth alone
    root/SegmentationClass/2007_000033.png             palette PNG of ids 0..20; 255, around objects, is not scored
    root/ImageSets/Segmentation/{split}.txt            train, val, trainval; test, whose truth is not public for 2012
    root/SegmentationClassAug/2008_000002.png          for splits with `aug` in their name, such as trainaug

The root is the folder of one year, such as `VOCdevkit/VOC2012`. The truth of `trainaug` is that of SBD as it is usually
converted. Source: Everingham et al., The Pascal Visual Object Classes Challenge: a Retrospective, IJCV 2015, and the
development kit: order of classes, colours by the bits of an id, 255 for borders and difficult objects.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from boundary_bench.bench.datasets.files import Entry, SemanticFiles
from boundary_bench.bench.datasets.folders import folder_of, image_files, read_list, require_files, require_listed
from boundary_bench.bench.datasets.layouts.tree import FileSpace, Truths, entries, label_files
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.labels.palette import palette
from boundary_bench.bench.plugins.protocols import Sample

CLASSES = (
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
COLOURS = palette(len(CLASSES))
LABELS, MORE_LABELS, LISTS = "SegmentationClass", "SegmentationClassAug", "ImageSets/Segmentation"
LAYOUT = f"JPEGImages/{{id}}.jpg, {LABELS}/{{id}}.png, {LISTS}/{{split}}.txt"


class Voc(SemanticFiles):
    """Pascal VOC 2012 or 2007, semantic.

    Args:
        root: folder of one year.
        split: a list in `ImageSets/Segmentation`.

    Raises:
        InputError: no such folder or list, or ids in it without a label file. Where none of them has one the split can
            be refined, but not scored.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        ids = read_list(_list_of(root, split))
        name = MORE_LABELS if "aug" in split else LABELS
        labels = folder_of(root, name, LAYOUT.replace(LABELS, name))
        images = image_files(root / "JPEGImages")
        truths = label_files(labels, {"": FileSpace(len(CLASSES))})
        require_files(truths, labels, LAYOUT)
        super().__init__(
            _entries(ids, truths, images, _list_of(root, split), labels),
            name="voc",
            split=split,
            classes=CLASSES,
            colours=COLOURS,
            label_ids={i: i for i in range(len(CLASSES))},
        )


def _list_of(root: Path, split: str) -> Path:
    folder = folder_of(root, LISTS, LAYOUT)
    path = folder / f"{split}.txt"
    if path.is_file():
        return path
    lists = sorted(each.stem for each in folder.glob("*.txt"))
    hint = did_you_mean(split, lists) or f"splits there: {', '.join(lists) or 'none'}"
    raise InputError(Problem(str(path), "no such list", LAYOUT, hint))


def _entries(ids: list[str], truths: Truths, images: dict[str, Path], path: Path, labels: Path) -> Collection[Entry]:
    if images and not truths.keys() & set(ids) and not set(ids) - images.keys():
        space = FileSpace(len(CLASSES))
        return [Entry(Sample(name), None, space, images[name]) for name in sorted(ids)]
    return entries(require_listed(ids, truths, path, labels), images)
