"""What a JSON file of segments and its PNG files say differently without either being useless: counted for notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from boundary_bench.bench.errors import examples

SHOWN = 3
PIXELS_COUNT = "the pixels count"
PANOPTICAPI_AREAS = f"{PIXELS_COUNT} (panopticapi takes the file's areas of true segments, and so another PQ)"


@dataclass
class Differences:
    """Of all images that were read, in any thread; an image that is read twice counts once.

    Attributes:
        areas: image -> segments whose stated area is not the number of their pixels, as text.
        hidden: image -> ids of listed segments without a pixel.
    """

    areas: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, list[int]] = field(default_factory=dict)

    def notes(self, *, truth: bool) -> list[str]:
        """A sentence for each kind."""
        notes = []
        if told := [f"{image}: {each}" for image, found in sorted(self.areas.items()) for each in found]:
            decides = PANOPTICAPI_AREAS if truth else PIXELS_COUNT
            what = f"{_segments(len(told))} of {_images(self.areas)} state another area than their pixels"
            notes.append(f"{what}: {decides}; e.g. {examples(told, SHOWN)}")
        if ids := [f"{image}: segment {each}" for image, found in sorted(self.hidden.items()) for each in found]:
            what = f"{_segments(len(ids))} of {_images(self.hidden)} have no pixel, as others cover them"
            notes.append(f"{what}: they count as missed, crowds not; e.g. {examples(ids, SHOWN)}")
        return notes


def repeated_note(repeated: Iterable[tuple[str, int]]) -> list[str]:
    """On segment ids that an image's entry lists more than once: (image, id)."""
    told = [f"{image}: segment {number}" for image, number in repeated]
    if not told:
        return []
    return [
        f"{_segments(len(told))} listed again under the same id: the last entry counts; e.g. {examples(told, SHOWN)}"
    ]


def _segments(count: int) -> str:
    return f"{count} segment{'s' if count != 1 else ''}"


def _images(found: dict[str, list[str]] | dict[str, list[int]]) -> str:
    return f"{len(found)} image{'s' if len(found) != 1 else ''}"
