"""One label map of a prediction in training ids, from ids or from colours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.class_colours import decode_colours
from boundary_bench.bench.formats.labels.colour_picture import is_colour_picture, read_colour_picture
from boundary_bench.bench.formats.labels.label_files import read_labels
from boundary_bench.bench.formats.labels.label_image import grey_hint
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.metrics.structures.labels import Labels, ids_of, void_of

LABELS: Final = "label ids in one channel, or the colours of the classes"
OPTION: Final = "--label-space colours, in an experiment label_space: colours"


@dataclass(frozen=True, slots=True)
class LabelReading:
    """A label map.

    Attributes:
        labels: training ids and void, (H, W).
        ids: sorted ids that the file holds, training ids where it has colours, int64.
        void_ids: those of them that mean void; empty where it has colours.
        in_colours: whether classes were told by colours.
    """

    labels: Labels
    ids: NDArray[np.int64]
    void_ids: NDArray[np.int64]
    in_colours: bool


class Reader:
    """Reads the label maps of one prediction set.

    Args:
        space: the ids that files hold.
        colours: uint8 (K, 3), those of the classes.
        by: `colours`: every file is read by its colours; `train_ids`: files are, which have nothing but colours of
            classes; else none is.
        key: name of the array in `.npz` files.
    """

    def __init__(self, space: LabelSpace, colours: NDArray[np.uint8], *, by: str, key: str | None) -> None:
        self.space, self._colours, self._by, self._key = space, colours, by, key

    def read(self, path: Path) -> LabelReading:
        """A label map.

        Raises:
            InputError: a file that cannot be read, ids outside the label space, or colours of no class.
        """
        if self._by == "colours":
            return self._in_colours(decode_colours(read_colour_picture(path), self._colours, where=str(path)))
        if self._by == "train_ids" and is_colour_picture(path):
            return self._in_colours(self._told_by_colours(path))
        raw = read_labels(path, self._key)
        ids = ids_of(raw)
        if problem := self.space.problem(str(path), ids):
            raise InputError(problem)
        return LabelReading(self.space.to_train(raw), ids, self._void_among(ids), False)

    def _told_by_colours(self, path: Path) -> Labels:
        """Labels of a picture in colours; equal channels are refused where they may be ids as well."""
        rgb = read_colour_picture(path)
        grey = bool((rgb == rgb[..., :1]).all())
        try:
            labels = decode_colours(rgb, self._colours, where=str(path))
        except InputError:
            if not grey:
                raise
            problem = Problem(str(path), "an RGB picture", LABELS, grey_hint(rgb[..., 0]))
            raise InputError(problem) from None
        if grey and not self._same_as_ids(rgb[..., 0], labels):
            found = "an RGB picture of three equal channels, ids or colours of classes"
            hint = f"ids? save one channel as a grey PNG; colours? give {OPTION}"
            raise InputError(Problem(str(path), found, LABELS, hint))
        return labels

    def _same_as_ids(self, channel: NDArray[np.uint8], labels: Labels) -> bool:
        """Whether values taken for ids are the same labels, or cannot be ids."""
        channel = np.ascontiguousarray(channel)
        if self.space.problem("", ids_of(channel)):
            return True
        return bool((self.space.to_train(channel) == labels).all())

    def _in_colours(self, labels: Labels) -> LabelReading:
        ids = ids_of(labels)
        ids = ids[ids != void_of(labels)]
        return LabelReading(labels, ids, ids[:0], True)

    def _void_among(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        train = self.space.to_train(cast(Labels, ids.astype(np.int32)))
        void: NDArray[np.int64] = ids[train == void_of(train)]
        return void
