"""Pairing two folders by the names of their files, which may differ by a constant beginning or ending.

A key is a file's path below its folder with forward slashes, without its ending, in Unicode's composed form:
`rec_000/000000_pred`. What differs is looked for in the last part of keys only: folders must be equal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from boundary_bench.bench.errors import InputError, Problem

PROBES = 5
"""Names that are looked for among the files, to find what surrounds them."""
TRUTH_WORDS = ("ann", "annot", "annotation", "gt", "label", "labels", "mask", "masks", "seg", "target", "true", "truth")
"""Beginnings that truth has in the place of another one's: `gt_0001` and `pred_0001`."""
_SEPARATORS = "_-. "


@dataclass(frozen=True, slots=True, order=True)
class Affixes:
    """What stands before and after the part of a name that two folders share."""

    before: str = ""
    after: str = ""

    def around(self, core: str) -> str:
        """The key of a core: its last part between the affixes."""
        folder, slash, name = core.rpartition("/")
        return f"{folder}{slash}{self.before}{name}{self.after}"

    def __str__(self) -> str:
        return " and ".join(repr(each) for each in (self.before, self.after) if each) or "nothing"


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which file belongs to which name, and what their names do not share.

    Attributes:
        files: name -> key of its file, for all names that have one.
        of_names, of_files: affixes of either side.
    """

    files: Mapping[str, str]
    of_names: Affixes
    of_files: Affixes

    @property
    def note(self) -> str:
        """How names were paired, in words; "" where they are equal."""
        sides = (("names of samples", self.of_names), ("names of files", self.of_files))
        without = [f"{affixes} of {what}" for what, affixes in sides if affixes != Affixes()]
        return f"paired by name without {' and without '.join(without)}" if without else ""


def key_of(path: str) -> str:
    """A path below a folder, with its ending, as a key."""
    return normalize("NFC", re.sub(r"\.[^./]*$", "", path.replace("\\", "/")))


def pair(names: Sequence[str], keys: Collection[str], where: str) -> Pairing | None:
    """Pair names with the keys of files.

    Equal names go first. Else the smallest constant beginning and ending, on either side, that pairs every name with a
    file of its own; where a few files are missing, one that pairs most names. An affix never cuts through a number, and
    of beginnings of names only those that say that it is the truth are taken away: `im_0001` and `pred_0001` may be two
    different things.

    Args:
        names: of samples, keys without double ones.
        keys: of files.
        where: folder of the files, for messages.

    Returns:
        None where nothing pairs them.

    Raises:
        InputError: two ways of pairing them are equally good.
    """
    files = frozenset(keys)
    for least in (len(names), max(2, (len(names) + 1) // 2)):
        for of_names in _affixes_of(names):
            cores = [core_of(name, of_names) for name in names]
            if len(set(cores)) < len(cores):
                continue
            found = _best(cores, files, least)
            if len(found) > 1:
                either = " or ".join(str(each) for each in found[:5])
                hint = "say which by --prediction-name (--truth-name, --image-name), such as '{id}_pred.png'"
                raise InputError(Problem(where, f"names that differ from samples by {either}", "one of them", hint))
            if found:
                paired = {n: key for n, c in zip(names, cores, strict=True) if (key := found[0].around(c)) in files}
                return Pairing(paired, of_names, found[0])
    return None


def _best(cores: Sequence[str], files: Collection[str], least: int) -> list[Affixes]:
    """The affixes around most of the cores, at least so many; nothing before anything."""
    step = max(1, len(cores) // PROBES)
    candidates = {affixes for core in cores[::step][:PROBES] for affixes in _surroundings(core, files)}
    hits = {each: sum(each.around(core) in files for core in cores) for each in candidates}
    fitting = [each for each, count in hits.items() if count >= least and (least >= 3 or _is_sure(each))]
    if Affixes() in fitting:
        return [Affixes()]
    return sorted(each for each in fitting if hits[each] == max(hits.values()))


def _surroundings(core: str, files: Collection[str]) -> Iterator[Affixes]:
    folder, _, name = core.rpartition("/")
    for key in files:
        place, _, other = key.rpartition("/")
        at = other.find(name) if place == folder else -1
        while at >= 0:
            found = Affixes(other[:at], other[at + len(name) :])
            if not _cuts_number(found.before, name) and not _cuts_number(name, found.after):
                yield found
            at = other.find(name, at + 1)


def _affixes_of(names: Sequence[str]) -> list[Affixes]:
    """Beginnings and endings that all names share, cut where a word ends; the shortest first."""
    parts = [name.rpartition("/")[2] for name in names]
    before, after = _shared(parts), _shared([part[::-1] for part in parts])[::-1]
    starts = [
        "",
        *(before[:at] for at in range(1, len(before) + 1) if before[:at].strip(_SEPARATORS).lower() in TRUTH_WORDS),
    ]
    ends = [after[at:] for at in range(len(after) + 1) if _is_border(after, at)]
    shortest = min(map(len, parts))
    both = [Affixes(start, end) for start in starts for end in ends if len(start) + len(end) < shortest]
    return sorted(both, key=lambda each: len(each.before) + len(each.after))


def _shared(texts: Sequence[str]) -> str:
    low, high = min(texts), max(texts)
    return low[: next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))]


def _is_border(text: str, at: int) -> bool:
    """Whether a word may end before place `at`: at a separator, or where digits meet letters."""
    around = text[max(at - 1, 0) : at + 1]
    return len(around) < 2 or any(each in _SEPARATORS for each in around) or around[0].isdigit() != around[1].isdigit()


def core_of(name: str, affixes: Affixes) -> str:
    """A name without its affixes; its folders stay."""
    folder, slash, part = name.rpartition("/")
    return f"{folder}{slash}{part[len(affixes.before) : len(part) - len(affixes.after)]}"


def _cuts_number(left: str, right: str) -> bool:
    return left[-1:].isdigit() and right[:1].isdigit()


def _is_sure(affixes: Affixes) -> bool:
    """Whether affixes are told by few names: whole words, none of them a number."""
    before, after = affixes.before, affixes.after
    whole = (not before or before[-1] in _SEPARATORS) and (not after or after[0] in _SEPARATORS)
    return whole and not any(word.isdigit() for word in re.split(r"[_\-. ]", f"{before} {after}"))


class NamePattern:
    """Names of files given by hand: `{id}_labels.png`, below the folder.

    `{id}` may hold folders; what stands before it begins the file's own name then, so that `init_{id}.png` is
    `bear/init_0001.png` for the id `bear/0001`.

    Raises:
        InputError: a pattern without `{id}`, or with several.
    """

    def __init__(self, pattern: str, option: str) -> None:
        self.text = pattern
        if pattern.count("{id}") != 1:
            raise InputError(Problem(option, repr(pattern), "a name with {id} once, such as '{id}_labels.png'"))
        before, after = (normalize("NFC", part) for part in pattern.split("{id}"))
        fixed, slash, beginning = before.rpartition("/")
        place, start, end = (re.escape(part) for part in (fixed + slash, beginning, after))
        self._regex = re.compile(f"{place}(?P<folder>(?:.+/)?){start}(?P<name>[^/]+?){end}")

    def id_of(self, path: str) -> str | None:
        """The id of a path below the folder; None where it does not fit."""
        found = self._regex.fullmatch(normalize("NFC", path.replace("\\", "/")))
        return found["folder"] + found["name"] if found else None
