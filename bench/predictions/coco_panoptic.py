"""Panoptic predictions in COCO's form: a JSON file and a PNG of segment ids for each image; also detectron2's output.

    predictions.json             annotations: [{image_id, file_name, segments_info: [{id, category_id}, ...]}, ...]
    predictions/0000000139.png   segment ids, R + 256 G + 65536 B; 0 is void

`score` of a segment is its confidence; its area is that of its pixels. Source: https://cocodataset.org/#format-results,
panoptic segmentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.coco.document import kind_of
from boundary_bench.bench.formats.coco.panoptic import Known, PanopticRecord, read_entries, read_map, repeated
from boundary_bench.bench.formats.coco.panoptic_notes import Differences, repeated_note
from boundary_bench.bench.formats.image_ids import finder, raw_ids, require_task
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.io.json_file import read_json
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.segmentation import PanopticMap, Task

ALLOWED = "an object with a list 'annotations' of {image_id, file_name, segments_info}"

FOLDERS = "PNG files in the folder beside the JSON file that has its name, or in the JSON file's own"


class CocoPanopticPredictions:
    """Segments in PNG files, listed in one JSON file; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    A sample is there where the JSON file lists it.

    Args:
        path: the JSON file.
        dataset: what they are predictions for; its category ids are those of the file. Images may also be given by
            name, and where the dataset has no image ids, by their place in the split from 1 on.
        folder: folder of the PNG files; by default the one beside the JSON file that has its name, or else the JSON
            file's own.
        name: what tables call them; by default the name of the JSON file.

    Raises:
        InputError: no readable file, no such folder, or entries that cannot be used: all of them are listed.
    """

    task: Task = "panoptic"
    has_probabilities = False

    def __init__(
        self, path: str | Path, *, dataset: Dataset, folder: str | Path | None = None, name: str | None = None
    ) -> None:
        path = Path(path)
        self.name = name or path.stem
        require_task(str(path), dataset, self.task)
        document = read_json(path, ALLOWED)
        entries = document.get("annotations") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            found = "no list 'annotations'" if isinstance(document, dict) else f"a JSON {kind_of(document)}"
            raise InputError(Problem(str(path), found, ALLOWED))
        self._records, problems = read_entries(path, entries, Known(finder(dataset), raw_ids(dataset)))
        beside = path.with_suffix("")
        self._folder = Path(folder) if folder is not None else beside if beside.is_dir() else path.parent
        if not self._folder.is_dir():
            problems.append(Problem(str(self._folder), "no such folder", "the folder of the PNG files"))
        elif self._records and not any((self._folder / each.file_name).exists() for each in self._records.values()):
            found = f"none of the {len(self._records)} PNG files, e.g. {next(iter(self._records.values())).file_name}"
            problems.append(
                Problem(str(self._folder), found, FOLDERS, "detectron2's evaluator removes those it writes")
            )
        if problems:
            raise InputError(problems)
        self._dataset, self._differences = dataset, Differences()

    def has(self, sample: Sample) -> bool:
        """Whether the JSON file lists the sample."""
        return sample.id in self._records

    def load(self, sample: Sample) -> PanopticMap:
        """The segments in the order of the file, with their scores where it has them.

        Raises:
            InputError: the PNG file cannot be read, or does not agree with the JSON file.
        """
        found, problems = self._read(sample, self._dataset.size(sample))
        if found is None:
            raise InputError(problems)
        return found

    def digest(self, sample: Sample) -> str:
        """Digest of the sample's entry and its PNG file.

        Raises:
            OSError: the file cannot be read.
        """
        record = self._record(sample)
        return combined(repr(record.segments), file_digest(self._folder / record.file_name))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything in which the sample's PNG file and its entry do not agree."""
        return self._read(sample, size)[1]

    def notes(self) -> list[str]:
        """Notes: segments listed twice, or with another area."""
        return repeated_note(repeated(self._records.values())) + self._differences.notes(truth=False)

    def describe(self) -> dict[str, Any]:
        """Format."""
        return {"format": "coco_panoptic"}

    def _read(self, sample: Sample, size: tuple[int, int]) -> tuple[PanopticMap | None, list[Problem]]:
        return read_map(self._record(sample), self._folder, size, self._differences, truth=False)

    def _record(self, sample: Sample) -> PanopticRecord:
        return self._records[sample.id]
