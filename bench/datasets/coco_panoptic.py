"""COCO panoptic annotations: a JSON file, and a PNG of segment ids for each image. Also Cityscapes' converted form.

    panoptic_val2017.json                    images, annotations with segments_info, categories with isthing
    panoptic_val2017/000000000139.png        segment ids, R + 256 G + 65536 B; 0 is void
    val2017/000000000139.jpg                 images; may be absent: scoring needs the truth alone

Source of the form: https://cocodataset.org/#format-data, panoptic segmentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from boundary_bench.bench.datasets.coco import CocoImages
from boundary_bench.bench.datasets.video import stretches
from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.coco.document import CocoFile
from boundary_bench.bench.formats.coco.panoptic import Known, PanopticRecord, read_entries, read_map, repeated
from boundary_bench.bench.formats.coco.panoptic_notes import Differences, repeated_note
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import PanopticMap, Task


class CocoPanoptic(CocoImages):
    """Panoptic annotations in COCO's form; satisfies `boundary_bench.bench.plugins.protocols.Dataset`.

    Training ids are the categories in ascending order of their ids; things are those with `isthing`. As in panopticapi,
    the images are those that have an annotation, of a segment id listed twice the last entry counts, and a segment that
    others cover wholly is missed. Areas are those of the pixels, whatever the file states.

    Args:
        annotations: the JSON file.
        truth: folder of the PNG files; by default the one beside the JSON file that has its name.
        images: folder of the images; None where only the truth is needed.
        split: what to call the split; by default the name of the file.
        video_stretch: for frames of videos, whose names end in `_` and the frame: how many successive ones of a
            sequence make a cluster. None where images are independent.

    Raises:
        InputError: no readable file, or entries that cannot be used: all of them are listed.
    """

    name = "coco_panoptic"
    task: Task = "panoptic"

    def __init__(
        self,
        annotations: str | Path,
        truth: str | Path | None = None,
        images: str | Path | None = None,
        split: str | None = None,
        video_stretch: int | None = None,
    ) -> None:
        if video_stretch is not None and video_stretch < 1:
            raise InputError(Problem("video_stretch", str(video_stretch), "frames in a stretch, 1 or more"))
        file = CocoFile(annotations)
        known = Known(file.image_ids.get, file.label_ids)
        self._records, problems = read_entries(file.path, file.document["annotations"], known)
        self._folder = file.path.with_suffix("") if truth is None else Path(truth)
        if not self._folder.is_dir():
            problems.append(Problem(str(self._folder), "no such folder", "the folder of the PNG files"))
        super().__init__(file, images, split)
        clusters = stretches(file.images, video_stretch) if video_stretch else {}
        annotated = [sample for sample in file.samples if sample.id in self._records]
        self._samples = [replace(sample, cluster=clusters.get(sample.id)) for sample in annotated]
        self._lacking = [sample.id for sample in file.samples if sample.id not in self._records]
        if not annotated and not problems:
            problems.append(Problem(str(file.path), f"no annotation for any of {len(file.images)} images", "some"))
        file.require(problems)
        self._differences = Differences()
        self.things = frozenset(train for train, category in enumerate(file.categories) if category.thing)

    def samples(self) -> Sequence[Sample]:
        """The annotated images, in ascending order of their ids; frames of a video with their stretch as cluster."""
        return self._samples

    def truth(self, sample: Sample) -> PanopticMap:
        """The segments in the order of the file; those without a pixel are hidden.

        Raises:
            InputError: the PNG file cannot be read, or has segments that the JSON file does not list.
        """
        found, problems = read_map(self._record(sample), self._folder, self.size(sample), self._differences, truth=True)
        if found is None:
            raise InputError(problems)
        return found

    def notes(self) -> list[str]:
        """Notes: images without annotation, segments listed twice, hidden or with another area."""
        notes = []
        if self._lacking:
            total, shown = len(self._samples) + len(self._lacking), examples(self._lacking, 3)
            notes.append(f"{len(self._lacking)} of {total} images have no annotation: not scored; e.g. {shown}")
        return notes + repeated_note(repeated(self._records.values())) + self._differences.notes(truth=True)

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's entry, its PNG file, the categories and, where there is one, the image's file.

        Raises:
            OSError: a file cannot be read.
        """
        record = self._record(sample)
        png = file_digest(self._folder / record.file_name)
        things = repr(sorted(self.things))
        return combined(self._meaning(), things, repr(record.segments), png, self._image_digest(sample))

    def _record(self, sample: Sample) -> PanopticRecord:
        return self._records[sample.id]
