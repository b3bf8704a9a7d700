"""What is wrong with the masks of a set, or worth a note, once all of them were read."""

from __future__ import annotations

from collections.abc import Mapping

from boundary_bench.bench.errors import Problem, examples
from boundary_bench.bench.formats.masks.mask_files import Seen
from boundary_bench.bench.formats.masks.mask_set import ONE_CODING
from boundary_bench.bench.formats.masks.threshold import Threshold

AllSeen = Mapping[str, Seen]
"""What was seen in each mask, by its sample."""


def coding_problems(seen: AllSeen, where: str) -> list[Problem]:
    """Masks of only 0 and 1 beside masks with higher numbers, and palettes whose object has several indices."""
    found = []
    indices = {each.index: name for name, each in seen.items() if each.index}
    if len(indices) > 1:
        listed = ", ".join(f"{index} in {indices[index]}" for index in sorted(indices)[:4])
        text = f"palettes whose object has several indices: {listed}"
        found.append(Problem(where, text, "one index for all masks", "classes? give --classes"))
    for wide in (False, True):
        ones, higher = _codings(seen, wide)
        if ones and higher:
            text = f"1 in {examples(ones, 2)}, {seen[higher[0]].highest:g} in {examples(higher, 2)}"
            found.append(Problem(where, text, ONE_CODING, "where 255 is void, give --ignore 255"))
    return found


def nearly_black(seen: AllSeen) -> list[str]:
    """Masks of only 0 and 1 beside masks with higher numbers."""
    return [name for wide in (False, True) for ones, higher in [_codings(seen, wide)] if higher for name in ones]


def highest_below(seen: AllSeen, threshold: Threshold) -> float | None:
    """The highest number of all masks, where no pixel belongs to an object although some are not empty; else None."""
    filled = [each for each in seen.values() if each.highest]
    if not filled or any(threshold.reached_by(each.highest / each.full) for each in filled):
        return None
    return max(each.highest for each in filled)


def between_notes(seen: AllSeen, threshold: Threshold, option: str) -> list[str]:
    """Masks with levels between background and object: those compressed with loss, and others.

    Args:
        seen: of all masks.
        threshold: at which they are cut.
        option: what to change it by.
    """
    soft = {name: each for name, each in seen.items() if each.is_soft}
    lossy = {name: each for name, each in soft.items() if each.is_lossy}
    grey = {name: each for name, each in soft.items() if not each.is_lossy}
    notes = []
    if lossy:
        notes.append(
            f"{len(lossy)} of {len(seen)} masks are JPEG or WebP, whose compression leaves greys beside 0 and 255, "
            f"such as {examples(lossy, 2)}; the object is where they reach {threshold.text}"
        )
    if grey:
        share = 100 * sum(each.between_px for each in grey.values()) / sum(each.px for each in grey.values())
        notes.append(
            f"{len(grey)} of {len(seen)} masks hold levels between background and object, in {share:.2g} % of their "
            f"pixels, such as {examples(grey, 2)}; the object is where they reach {threshold.text}, see {option}"
        )
    return notes


def few_numbers(seen: AllSeen) -> list[str]:
    """A note on masks of a few numbers in between, which may be ids."""
    few = {name: each for name, each in seen.items() if each.few and not each.is_lossy}
    if not few:
        return []
    name, first = next(iter(few.items()))
    numbers = ", ".join(map(str, first.few))
    return [
        f"{len(few)} of {len(seen)} masks hold but a few numbers, such as {numbers} in {name}; they are taken for "
        "parts of 255 (ids of classes? then the truth needs --classes)"
    ]


def _codings(seen: AllSeen, wide: bool) -> tuple[list[str], list[str]]:
    """Masks whose highest number is 1, and those with a higher one, where the set decides."""
    open_ = {name: each for name, each in seen.items() if each.is_open and each.is_wide == wide}
    return [n for n, each in open_.items() if each.highest == 1], [n for n, e in open_.items() if e.highest > 1]
