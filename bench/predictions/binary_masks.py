"""Saved binary masks, hard or soft: a file for each sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.image_ids import require_task
from boundary_bench.bench.formats.masks.mask_files import MASK_SUFFIXES, Seen, is_array
from boundary_bench.bench.formats.masks.mask_set import MaskSet
from boundary_bench.bench.formats.masks.seen_masks import between_notes, few_numbers, highest_below, nearly_black
from boundary_bench.bench.formats.masks.threshold import MIDDLE
from boundary_bench.bench.formats.masks.threshold import threshold as parsed
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.label_maps import size_problem
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class BinaryMasks:
    """Binary masks in a folder; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    Args:
        path: folder with `{id}.png` or `{id}_anything.png` for each sample, at any depth; also JPEG, TIFF, BMP, WebP,
            `.npy` and `.npz`, see `boundary_bench.bench.formats.masks.mask_files`.
        dataset: what they are predictions for.
        name: what tables call them; by default the folder's name.
        threshold: from which level on pixels belong to the object, see
            `boundary_bench.bench.formats.masks.threshold`.
        key: name of the array in `.npz` files; None: the only one that can be a mask.
        file_name: names of the files, such as `{id}_pred.png`; "" to find out. Where coarse masks lie beside the truth,
            as in some layouts, the dataset knows their names.

    Attributes:
        has_probabilities: whether any of the first masks is soft. Each soft mask keeps its probabilities.

    Raises:
        InputError: no such folder, an empty one, one of the dataset's own truth, or another threshold.
    """

    task: Task = "binary"

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        threshold: str | float = MIDDLE,
        key: str | None = None,
        file_name: str = "",
    ) -> None:
        require_task(str(path), dataset, self.task)
        self.name = name or folder_name(path, dataset.split)
        samples = [sample.id for sample in dataset.samples()]
        self._coarse = "" if file_name else of_dataset(dataset).coarse_name(Path(path))
        self._files = FileIndex(path, MASK_SUFFIXES, samples, pattern=file_name or self._coarse)
        if self._coarse and (matched := set(self._files.matched)):
            self._files.forget(lambda file: file not in matched)  # the dataset's other files
        self._masks = MaskSet(self._files.matched, parsed(threshold), key=key)
        self.has_probabilities, self._key = self._masks.is_soft, key
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, Seen] = {}
        self._empty: set[str] = set()

    def has(self, sample: Sample) -> bool:
        """Whether there is a mask for the sample."""
        return sample.id in self._files

    def load(self, sample: Sample) -> BinaryMask:
        """The mask; soft where its file holds levels between background and object, or others of the set do.

        Raises:
            InputError: no file, or one that cannot be read.
        """
        found = self._masks.read(self._files.path(sample.id))
        is_soft = found.seen.is_soft or self.has_probabilities
        return BinaryMask(found.mask.mask, found.values) if is_soft else found.mask

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's file, and of what the set says of it.

        Raises:
            InputError: no file for the sample.
            OSError: it cannot be read.
        """
        return combined(file_digest(self._files.path(sample.id)), self._masks.digest)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's file: unreadable, in colours, another size."""
        try:
            path = self._files.path(sample.id)
            found = self._masks.read(path)
        except InputError as error:
            return list(error.problems)
        self._seen[sample.id] = found.seen
        if found.is_empty:
            self._empty.add(sample.id)
        return [size_problem(path, found.mask.size, size)] if found.mask.size != size else []

    def unmatched(self) -> list[str]:
        """Names of files that belong to no sample."""
        return self._files.names_unmatched()

    def notes(self) -> list[str]:
        """Notes on the files checked so far: soft masks, masks that are nearly black, empty ones, files not used."""
        notes, count, cut = self._files.notes(), len(self._seen), self._masks.threshold
        if self._coarse:
            notes.append(f"coarse masks of the dataset, {self._coarse}; --prediction-name takes others")
        notes += between_notes(self._seen, cut, "--threshold") + few_numbers(self._seen)
        if dim := nearly_black(self._seen):
            notes.append(f"{len(dim)} of {count} masks hold 0 and 1 alone, nearly black here: {examples(dim, 2)}")
        highest = highest_below(self._seen, cut)
        if highest is not None:
            hint = "any level the object? give --threshold '>0'; ids of classes? then the truth needs --classes"
            notes.append(f"no level above {highest:g} in any mask; the threshold is {cut.text} ({hint})")
        if self._empty:
            notes.append(f"{len(self._empty)} of {count} masks are empty: {examples(sorted(self._empty), 2)}")
        return notes

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {"format": "binary_masks", "threshold": self._masks.threshold.text, "key": self._key}

    def stored_form(self, sample: Sample) -> tuple[Path, int]:
        """How a refined mask of the sample is to be written: its path below the folder, and the object's number.

        Arrays become `.npy`, pictures of any kind PNG.
        """
        path = self._files.path(sample.id)
        return path.relative_to(self._files.folder).with_suffix(
            ".npy" if is_array(path) else ".png"
        ), self._masks.object_number
