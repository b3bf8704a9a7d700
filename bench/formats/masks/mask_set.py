"""The masks of one set of files: how they are coded is decided over all of them; and what was seen in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Final

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.masks.mask_files import BYTE, WORD, Seen, read_mask
from boundary_bench.bench.formats.masks.threshold import Threshold
from boundary_bench.metrics.structures.binary_mask import BinaryMask, Soft

LOOKED_AT: Final = 32
"""So many files are looked at to find out whether masks are soft; that holds of most from the first on."""
LOOKED_THROUGH: Final = 500
"""So many are looked through for a number above 1; the others are checked before a run, and refused if they differ."""
ONE_CODING: Final = "0 and 1 in all masks, or 0 to 255 in all of them"

_LOCK: Final = RLock()
"""While one thread finds out, the others wait; of the module, so that sets can be sent to other processes."""


@dataclass(frozen=True, slots=True)
class MaskReading:
    """A mask, and what its file holds.

    Attributes:
        mask: hard.
        values: of the object, in 255ths or 0..1; 0 where pixels are void.
        seen: of the file.
        is_empty: whether no pixel belongs to the object.
    """

    mask: BinaryMask
    values: Soft
    seen: Seen
    is_empty: bool


class MaskSet:
    """Reads the masks of one set; safe in threads.

    A file of only 0 and 1 means what the others say: where any has a higher number, 1 is nearly black; else it is the
    object. Files of 16 bits have 0 and 1, 0 to 255, or 0 to 65535 in the same way. The first files that say something
    about it decide, in the order of the set, so that every process decides alike.

    Args:
        paths: files of the set, in a fixed order.
        threshold: from which level on pixels belong to the object.
        ignore: numbers, as stored, of pixels that are void.
        key: name of the array in `.npz` files.
    """

    def __init__(
        self, paths: Sequence[Path], threshold: Threshold, *, ignore: Collection[int] = (), key: str | None = None
    ) -> None:
        self._paths, self.threshold, self._ignore, self._key = list(paths), threshold, frozenset(ignore), key
        self._full: dict[bool, int] = {}
        self._soft: bool | None = None

    def read(self, path: Path) -> MaskReading:
        """One mask.

        Raises:
            InputError: a file that cannot be read; one whose numbers contradict those of the files that decided.
        """
        found = read_mask(path, self._key, void=self._ignore, full_of=self._full_of)
        if self._contradicts(found.seen):
            text = f"numbers up to {found.seen.highest:g}; the first masks of the folder have 0 and 1 alone"
            raise InputError(Problem(str(path), text, ONE_CODING))
        mask = self.threshold.of(found.values)
        if found.void is None or not found.void.any():
            void = None
        else:
            void, mask = found.void, mask & ~found.void
        return MaskReading(BinaryMask(mask, void=void), found.values, found.seen, not mask.any())

    @property
    def is_soft(self) -> bool:
        """Whether any of the first masks has a value in between."""
        with _LOCK:
            if self._soft is None:
                self._soft = any(seen.is_soft for seen in self._first(LOOKED_AT))
            return self._soft

    @property
    def object_number(self) -> int:
        """The number of the object in hard masks of this kind: 1 where the set has 0 and 1, else 255."""
        first = next((seen for seen in self._first(LOOKED_AT) if seen.highest), None)
        return 1 if first is not None and first.is_open and self._of_first(first) == 1 else BYTE

    @property
    def digest(self) -> str:
        """What the set says of files that leave it open; part of what each of them is."""
        first = next(self._first(LOOKED_AT), None)
        return "" if first is None or first.is_floating else str(self._full_of(first.is_wide))

    def _of_first(self, seen: Seen) -> int:
        return seen.full if seen.highest > 1 else self._full_of(seen.is_wide)

    def _contradicts(self, seen: Seen) -> bool:
        """Whether a mask has a number above 1 although the first ones, which decided, have none."""
        # Those are all files of a small set, which cannot contradict themselves.
        is_later = len(self._paths) > LOOKED_THROUGH and seen.is_open and seen.highest > 1
        return is_later and self._full_of(seen.is_wide) == 1

    def _full_of(self, wide: bool) -> int:
        with _LOCK:
            if wide not in self._full:
                self._full[wide] = self._decided(wide)
            return self._full[wide]

    def _decided(self, wide: bool) -> int:
        highest = 1.0
        for seen in self._first(LOOKED_THROUGH):
            if seen.is_open and seen.is_wide == wide:
                highest = max(highest, seen.highest)
                if highest > (BYTE if wide else 1):
                    break
        return 1 if highest <= 1 else BYTE if highest <= BYTE else WORD

    def _first(self, count: int) -> Iterator[Seen]:
        """What the first files hold by themselves; those that cannot be read are passed over, as a check tells them."""
        for path in self._paths[:count]:
            with suppress(InputError):
                yield read_mask(path, self._key, void=self._ignore).seen
