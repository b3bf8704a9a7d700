"""Anybody's own data: label maps, binary masks or edges, as the task or the truth says.

    truth/any/folder/0001.png       ids of classes; or masks, or with the task edges lines: 0 and 255, 0 and 1
    photos/any/folder/0001.jpg      may be absent: scoring needs the truth alone

Of which kind it is, the modules of each say in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from boundary_bench.bench.datasets.own.edge_folder import EdgeMapFolder
from boundary_bench.bench.datasets.own.label_folder import Folder
from boundary_bench.bench.datasets.own.mask_folder import MaskFolder
from boundary_bench.bench.datasets.own.samples import OwnSamples, samples_of
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.class_list import Given
from boundary_bench.bench.formats.labels.label_files import LABEL_SUFFIXES
from boundary_bench.bench.formats.masks.mask_files import MASK_SUFFIXES, read_mask
from boundary_bench.bench.formats.masks.threshold import MIDDLE

NOTE = "no classes given: the truth is taken for binary masks, 0 background, 1 or 255 object"


def folder(
    truth: str | Path | None = None,
    images: str | Path | None = None,
    classes: Given | None = None,
    ignore: int | Sequence[int] = (),
    *,
    task: Literal["semantic", "binary", "edges"] | None = None,
    truth_threshold: str | None = None,
    split: str | None = None,
    truth_name: str = "",
    image_name: str = "",
    ids: str | Path | None = None,
) -> Folder | MaskFolder | EdgeMapFolder:
    """Label maps, binary masks or edges in a folder; which `task` says, else classes, else the truth itself.

    Args:
        truth: folder of label maps or masks; None to refine without a truth.
        images: folder of the images; None where nothing needs them.
        classes: as of `boundary_bench.bench.formats.labels.class_list`; None for binary masks.
        ignore: ids or levels in the truth's files that are not scored.
        task: `semantic` for label maps, `binary` for masks, `edges` for maps of edges; None: masks where no classes are
            given and the truth holds 0 and 255, 0 and 1, grey levels around edges, or lies in files that cannot be
            label maps (JPEG).
        truth_threshold: from which level on pixels of true masks and edges belong to the object; None: 0.5.
        split, truth_name, image_name, ids: as of `Folder` and `MaskFolder`.

    Raises:
        InputError: as of `Folder` and `MaskFolder`; a threshold for label maps, classes for masks, or void for edges.
    """
    names: dict[str, Any] = {"split": split, "truth_name": truth_name, "image_name": image_name, "ids": ids}
    if task == "edges":
        return _edges(truth, images, classes, ignore, threshold=truth_threshold or MIDDLE, **names)
    shown = classes is None and truth is not None and (truth_threshold or shows_masks(truth, ignore, split, truth_name))
    if task == "binary" or (task is None and shown):
        if classes is not None:
            raise InputError(Problem("classes", f"{classes!r} of binary masks", "none: they have one object"))
        found = task is None and truth_threshold is None
        cut = truth_threshold or MIDDLE
        masks = MaskFolder(truth, images, threshold=cut, ignore=ignore, any_levels=not found, **names)
        if found:
            masks.add_note(NOTE)
        return masks
    if truth_threshold is not None:
        raise InputError(Problem("truth_threshold", f"{truth_threshold!r} for label maps", "task: binary"))
    return Folder(truth, images, classes, ignore, **names)


def _edges(
    truth: str | Path | None, images: str | Path | None, classes: Given | None, ignore: int | Sequence[int], **more: Any
) -> EdgeMapFolder:
    given = {"classes": (classes, None), "ignore": (ignore, ())}
    if wrong := [f"{name}: {value!r}" for name, (value, usual) in given.items() if value != usual]:
        hint = "where pixels of all levels are scored, truth_threshold (--truth-threshold) says which are edges"
        raise InputError(Problem("true edges", ", ".join(wrong), "neither classes nor levels to ignore", hint))
    return EdgeMapFolder(truth, images, **more)


def shows_masks(
    masks: str | Path, ignore: int | Sequence[int] = (), split: str | None = None, pattern: str = ""
) -> bool:
    """Whether a folder holds binary masks: 0 and 255, 0 and 1, grey levels around edges, JPEG, or floating point.

    The first file that holds more than background says it; all are checked before a run.

    Raises:
        InputError: no such folder, nothing in it, or two files for one sample.
    """
    own = samples_of(OwnSamples(masks, None, split, pattern), MASK_SUFFIXES)
    void = frozenset([ignore] if isinstance(ignore, int) else ignore)
    for path in (path for _, path, _ in own.entries if path):
        try:
            seen = read_mask(path, void=void).seen
        except InputError:
            return path.suffix.lower() not in LABEL_SUFFIXES  # such as JPEG, which only masks may be
        if seen.highest:
            return not seen.unlike_mask
    return True
