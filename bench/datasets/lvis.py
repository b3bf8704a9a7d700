"""LVIS: instances of over a thousand categories, of which only some were looked for in each image.

    lvis_v1_val.json             COCO's form, with neg_category_ids and not_exhaustive_category_ids of images
    val2017/000000000139.jpg     COCO's images

Source: Gupta et al., LVIS: A Dataset for Large Vocabulary Instance Segmentation, CVPR 2019, section 3.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.coco import Coco
from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.coco.document import ImageEntry
from boundary_bench.metrics.structures.segmentation import Federated


class Lvis(Coco):
    """Annotations in LVIS's form; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Args:
        annotations: the JSON file.
        images: folder of the images, or the one above it; None where only the truth is needed.
        split: what to call the split; by default the name of the file.

    Attributes:
        frequencies: for each training id `r`, `c` or `f`: categories of at most 10, at most 100 and more images of the
            training split.

    Raises:
        InputError: as `Coco`; categories without frequency, or images that name categories the file does not list.
    """

    name = "lvis"
    # COCO's metrics would punish what was not looked for in an image.
    metrics = ("lvis_ap", {"name": "lvis_ap", "iou": "boundary"})

    def __init__(self, annotations: str | Path, images: str | Path | None = None, split: str | None = None) -> None:
        super().__init__(annotations, images, split)
        self.frequencies = tuple(category.frequency for category in self._file.categories)
        self._file.require([*self._odd_frequencies(), *self._unknown_categories()])

    def _federated(self, entry: ImageEntry) -> Federated:
        negative, not_exhaustive = (
            frozenset(self.label_ids[each] for each in ids if each in self.label_ids)
            for ids in (entry.negative, entry.not_exhaustive)
        )
        return Federated(negative, not_exhaustive)

    def _odd_frequencies(self) -> list[Problem]:
        return [
            Problem(f"{self._file.path}: category {each.id}", f"frequency {each.frequency!r}", "'r', 'c' or 'f'")
            for each in self._file.categories
            if each.frequency not in ("r", "c", "f")
        ]

    def _unknown_categories(self) -> list[Problem]:
        problems = []
        for entry in self._file.images.values():
            unknown = sorted({*entry.negative, *entry.not_exhaustive} - self.label_ids.keys())
            if unknown:
                found = f"category ids {', '.join(map(str, unknown))}"
                problems.append(Problem(self._file.where(entry.id), found, "categories that the file lists"))
        return problems
