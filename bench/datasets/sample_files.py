"""Base of dataset layouts whose truth is a file for each sample, beside its image where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.image import image_size, read_image
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Image, Sample


class SampleEntry(Protocol):
    """The files of one sample: its truth and its image, where there are any."""

    @property
    def sample(self) -> Sample:
        """Its id, and what it depends on."""

    @property
    def truth(self) -> Path | None:
        """The file of its truth."""

    @property
    def image(self) -> Path | None:
        """The file of its image."""


EntryType = TypeVar("EntryType", bound=SampleEntry)


class SampleFiles(Generic[EntryType]):
    """Samples, images and digests of a split; what the truth is, those who derive from it say.

    Images may be absent: to score saved predictions the truth is enough.
    """

    def __init__(self, entries: Iterable[EntryType], *, name: str, split: str) -> None:
        self.name, self.split = name, split
        self._entries = {entry.sample.id: entry for entry in entries}
        self._notes: list[str] = []

    def samples(self) -> Sequence[Sample]:
        """All samples of the split, by id."""
        return [entry.sample for entry in self._entries.values()]

    def size(self, sample: Sample) -> tuple[int, int]:
        """(H, W) of the truth, or of the image where there is no truth, by its header.

        Raises:
            InputError: the file cannot be read.
        """
        truth = self._entries[sample.id].truth
        return image_size(self._image_path(sample)) if truth is None else self._truth_size(truth)

    def has_image(self, sample: Sample) -> bool:
        """Whether there is an image file for it."""
        return self._entries[sample.id].image is not None

    def image(self, sample: Sample) -> Image:
        """The image, uint8 RGB (H, W, 3).

        Raises:
            InputError: there is none, or the file cannot be read.
        """
        size = None
        with suppress(InputError):  # an image may be seen where its truth is not fit to be
            size = self.size(sample)
        return read_image(self._image_path(sample), size)

    def has_truth(self, sample: Sample) -> bool:
        """Whether there is a truth file for it."""
        return self._entries[sample.id].truth is not None

    def digest(self, sample: Sample) -> str:
        """Digest of the contents of the truth's file and, where there is one, the image's.

        Raises:
            OSError: a file cannot be read.
        """
        entry = self._entries[sample.id]
        return combined(*(file_digest(path) if path else "" for path in (entry.truth, entry.image)))

    def notes(self) -> list[str]:
        """How files were paired, and what was taken for granted."""
        return list(self._notes)

    def add_note(self, note: str) -> None:
        """Add a remark to `notes`."""
        self._notes.append(note)

    def _truth_size(self, truth: Path) -> tuple[int, int]:
        raise NotImplementedError

    def _image_path(self, sample: Sample) -> Path:
        path = self._entries[sample.id].image
        if path is None:
            where = f"{self.name}/{self.split}: {sample.id}"
            hint = "refiners need images, scoring does not"
            raise InputError(Problem(where, "no image", "an image for each sample", hint))
        return path
