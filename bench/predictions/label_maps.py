"""Predictions saved as label maps, the usual form: one file for each sample, flat or in folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.file_index import FileIndex, folder_name
from boundary_bench.bench.formats.labels.id_hints import listed
from boundary_bench.bench.formats.labels.label_array import holds_labels
from boundary_bench.bench.formats.labels.label_files import LABEL_SUFFIXES
from boundary_bench.bench.formats.labels.label_space import SHOWN_IDS, LabelSpace
from boundary_bench.bench.formats.probabilities import ScoreForm, read_probabilities
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.label_reading import LabelReading, Reader
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

LabelSpaceName = Literal["train_ids", "label_ids", "colours"]

USUAL_VOID: Final = frozenset({255, 65535, -1})
"""Ids in files that mean void where they are no id of a class; 65535 is -1 in 16 bits."""

# How files that hold one kind of ids or the other end where a folder has several.
_ENDINGS: Final = {"train_ids": "_labelTrainIds", "label_ids": "_labelIds", "colours": "_color"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a check found in one file."""

    ids: frozenset[int]
    void_ids: frozenset[int]
    void_px: int
    in_colours: bool


class LabelMaps:
    """Label maps in a folder; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    Args:
        path: folder with `{id}.png` or `{id}_anything.png` for each sample, at any depth; also `.tif`, `.bmp`, `.npy`
            and `.npz`, see `boundary_bench.bench.formats.labels.label_files`.
        dataset: what they are predictions for.
        name: what tables call them; by default the folder's name.
        label_space: None: as the dataset's own rule has it, else `train_ids`; `label_ids` where the files hold the raw
            ids of the dataset's own files; `colours`
            where they are pictures in the colours of the dataset's classes. A picture in colours is also known by
            itself where `train_ids` are expected, if all its colours are those of classes, or black for void.
        ignore: further ids in the files that mean void, ids of classes among them; 255, 65535 and -1 do so already
            where they are no id of a class.
        key: name of the array in `.npz` label maps; None: the only one that can be a label map.
        probabilities: folder with `{id}.npz` or `.npy` of the class probabilities behind the label maps, see
            `boundary_bench.bench.formats.probabilities`; None where none were saved.
        probabilities_key: name of the array in those; None: `prob`, else the only one that fits.
        file_name: names of the files, such as `{id}_pred.png`; "" to find out.

    Raises:
        InputError: no such folder, an empty one, or another label space.
    """

    task: Task = "semantic"

    def __init__(
        self,
        path: str | Path,
        *,
        dataset: Dataset,
        name: str | None = None,
        label_space: LabelSpaceName | None = None,
        ignore: Sequence[int] = (),
        key: str | None = None,
        probabilities: str | Path | None = None,
        probabilities_key: str | None = None,
        file_name: str = "",
    ) -> None:
        own: LabelSpace | None = of_dataset(dataset).prediction_space
        label_space = label_space or ("train_ids" if own is None else "label_ids")
        if label_space not in _ENDINGS:
            raise InputError(Problem("label_space", repr(label_space), " or ".join(_ENDINGS)))
        self.name = name or folder_name(path, dataset.split)
        self.has_probabilities = probabilities is not None
        self._classes, self._label_space, self._ignore = len(dataset.classes), label_space, _ids(ignore)
        self._form = ScoreForm(probabilities_key)
        space = _space(dataset, label_space, self._ignore, own if label_space != "train_ids" else None)
        self._reader = Reader(space, dataset.colours, by=label_space, key=key)
        ids = [sample.id for sample in dataset.samples()]
        self._labels = FileIndex(path, LABEL_SUFFIXES, ids, prefer=_ENDINGS[label_space], pattern=file_name)
        # Probabilities often lie beside the label maps that they led to, or in a folder below.
        if probabilities is not None:
            beside = Path(probabilities)
            self._labels.forget(lambda file: file.suffix.lower() in ARRAY_SUFFIXES and beside in file.parents)
        self._labels.drop_rivals(lambda file: file.suffix.lower() in ARRAY_SUFFIXES and not holds_labels(file, key))
        self._probabilities = None if probabilities is None else FileIndex(probabilities, ARRAY_SUFFIXES, ids)
        # By sample, not added up, so that a file that is checked twice counts once.
        self._seen: dict[str, _Seen] = {}

    def has(self, sample: Sample) -> bool:
        """Whether the sample's label map is there, and its probabilities where a folder of them was given."""
        return sample.id in self._labels and (self._probabilities is None or sample.id in self._probabilities)

    def load(self, sample: Sample) -> SemanticMap:
        """The label map in training ids, with its probabilities where a folder of them was given.

        Raises:
            InputError: no file, one that cannot be read, or ids outside the label space.
        """
        labels = self._reader.read(self._labels.path(sample.id)).labels
        if self._probabilities is None:
            return SemanticMap(labels)
        height, width = labels.shape
        path = self._probabilities.path(sample.id)
        return SemanticMap(
            labels, read_probabilities(path, classes=self._classes, size=(height, width), form=self._form)
        )

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the sample's files.

        Raises:
            InputError: no file for the sample.
            OSError: a file cannot be read.
        """
        labels = file_digest(self._labels.path(sample.id))
        if self._probabilities is None:
            return labels
        return combined(labels, file_digest(self._probabilities.path(sample.id)))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Everything wrong with the sample's files: unreadable, another size, odd ids or probabilities."""
        problems = []
        try:
            path = self._labels.path(sample.id)
            found = self._reader.read(path)
            self._seen[sample.id] = _seen(found)
            if found.labels.shape != size:
                problems.append(size_problem(path, found.labels.shape, size))
        except InputError as error:
            problems += error.problems
        try:
            if self._probabilities is not None:
                path = self._probabilities.path(sample.id)
                read_probabilities(path, classes=self._classes, size=size, form=self._form)
        except InputError as error:
            problems += error.problems
        return problems

    def unmatched(self) -> list[str]:
        """Names of files that belong to no sample."""
        return self._labels.names_unmatched()

    def notes(self) -> list[str]:
        """Notes on the files checked so far: void, colours, unusual ids, files not used."""
        notes = self._labels.notes() + (self._probabilities.notes() if self._probabilities else [])
        seen = list(self._seen.values())
        void = [each for each in seen if each.void_px]
        if void:
            notes.append(
                f"{sum(each.void_px for each in void)} px are void ({_void_text(void)}) in {len(void)} of {len(seen)} "
                "label maps; they count as wrong wherever the truth is scored"
            )
        coloured = sum(each.in_colours for each in seen)
        if coloured and self._label_space != "colours":
            notes.append(
                f"{coloured} of {len(seen)} label maps are pictures in the colours of the classes, read as such"
            )
        ids = np.array(sorted(frozenset().union(*(each.ids for each in seen))), dtype=np.int64)
        if seen and not coloured and (suspicion := self._reader.space.suspicion(ids)):
            notes.append(suspicion)
        return notes

    def describe(self) -> dict[str, Any]:
        """Format and settings."""
        return {
            "format": "label_maps",
            "label_space": self._label_space,
            "ignore": sorted(self._ignore),
            "probabilities": (self._form.key or "prob") if self.has_probabilities else None,
        }


def _space(dataset: Dataset, label_space: LabelSpaceName, ignore: frozenset[int], own: LabelSpace | None) -> LabelSpace:
    """The ids of the files: the data set's own rule where it has one, else that of the option."""
    if own is not None:
        return own.ignoring(ignore)
    classes = len(dataset.classes)
    raw = dataset.label_ids if label_space == "label_ids" else {}
    void = (USUAL_VOID - {*(raw or range(classes))}) | ignore
    return LabelSpace(classes, raw, void=void, hint_raw=dataset.label_ids)


def _ids(ignore: Sequence[int]) -> frozenset[int]:
    if isinstance(ignore, int):
        ignore = [ignore]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in ignore):
        raise InputError(Problem("ignore", repr(ignore), "ids, whole numbers"))
    return frozenset(ignore)


def _seen(found: LabelReading) -> _Seen:
    void = int(np.count_nonzero(found.labels == void_of(found.labels)))
    return _Seen(frozenset(found.ids.tolist()), frozenset(found.void_ids.tolist()), void, found.in_colours)


def _void_text(seen: Sequence[_Seen]) -> str:
    ids = np.array(sorted(frozenset().union(*(each.void_ids for each in seen))), dtype=np.int64)
    texts = [listed(ids, SHOWN_IDS)] if ids.size else []
    return ", ".join(texts + (["colour (0, 0, 0)"] if any(each.in_colours for each in seen) else []))


def size_problem(path: Path, found: tuple[int, ...], size: tuple[int, int]) -> Problem:
    """Problem with a file of (H, W) other than that of the truth."""
    height, width = found
    if (width, height) == size:
        hint = "height and width are swapped"
    elif height * size[1] == width * size[0]:
        hint = "nothing is resized silently: enlarge logits or probabilities, not labels, before saving"
    else:
        hint = "is it a crop, or padded?"
    return Problem(str(path), f"{height}x{width} px", f"{size[0]}x{size[1]}, as the truth", hint)
