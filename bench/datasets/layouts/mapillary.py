"""Mapillary Vistas, v1.2 with 66 classes and v2.0 with 124: its config says their names, colours and which are scored.

    root/config.json                                     v1.2; in later downloads config_v1.2.json, config_v2.0.json
    root/{training,validation}/images/*.jpg              may be absent: scoring needs the truth alone
    root/{training,validation}/labels/*.png              v1.2: palette PNG, ids are places in the list of the config
    root/{training,validation}/{v1.2,v2.0}/labels/*.png  likewise, in later downloads

Classes whose `evaluate` is false are not scored. A prediction of such a class is wrong where the truth is scored; the
authors' script leaves those pixels out. Source: Neuhold et al., The Mapillary Vistas Dataset for Semantic Understanding
of Street Scenes, ICCV 2017, the README of its files, and the authors' evaluation script.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.datasets.files import SemanticFiles
from boundary_bench.bench.datasets.folders import folder_of, folders_in, image_files, require_files, unlabelled
from boundary_bench.bench.datasets.layouts.tree import FileSpace, entries, label_files
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.formats.labels.palette import colour_of
from boundary_bench.bench.io.json_file import read_json

CONFIGS = {"v1.2": ("config_v1.2.json", "config.json"), "v2.0": ("config_v2.0.json",)}
LAYOUT = "config.json, {split}/labels/{id}.png; or config_{v1.2,v2.0}.json, {split}/{v1.2,v2.0}/labels/{id}.png"
CONFIG = "a JSON file with `labels`, each with `name`, `color` and `evaluate`"


class Mapillary(SemanticFiles):
    """Mapillary Vistas.

    Args:
        root: folder that holds the config and the splits.
        split: `training` or `validation`.
        version: `v1.2` or `v2.0`; None for the one that is there.

    Raises:
        InputError: no such folder, no config, two versions and none chosen, or no label files.
    """

    def __init__(self, root: str | Path, split: str, version: str | float | None = None) -> None:
        root = Path(root)
        if not root.is_dir():
            raise InputError(Problem(str(root), "no such folder", f"the root of a dataset: {LAYOUT}"))
        config, of = _config(root, version)
        folder = _labels(root, split, of)
        names, colours, scored = _classes(config)
        label_ids = {i: i if i in scored else -1 for i in range(len(names))}
        truths = label_files(folder, {"": FileSpace(len(names), label_ids)})
        require_files(truths, folder, LAYOUT)
        images = image_files(root / split / "images")
        super().__init__(
            entries(truths, images),
            name="mapillary",
            split=split,
            classes=names,
            colours=np.array(colours, np.uint8),
            label_ids=label_ids,
        )
        self.ignored = frozenset(range(len(names))) - scored
        self._notes += [f"classes of Mapillary Vistas {of}, from {config.name}"]
        self._notes += unlabelled(images, truths, root / split / "images")


def _config(root: Path, version: str | float | None) -> tuple[Path, str]:
    """The config of the version that was asked for, or of the one that is there."""
    wanted = None if version is None else "v" + str(version).removeprefix("v")
    if wanted not in (None, *CONFIGS):
        hint = did_you_mean(str(wanted), CONFIGS)
        raise InputError(Problem("version of mapillary", repr(version), " or ".join(CONFIGS), hint))
    versions = [wanted] if wanted else list(CONFIGS)
    files = [(each, root / name) for each in versions for name in reversed(CONFIGS[each])]
    there = {each: path for each, path in files if path.is_file()}
    if not there:
        names = " or ".join(name for each in versions for name in CONFIGS[each])
        raise InputError(Problem(str(root), f"no {names}, which names the classes", LAYOUT))
    if len(there) > 1:
        hint = "choose by --dataset-param version=v1.2, or version: v1.2 in an experiment"
        raise InputError(Problem(str(root), f"two versions, {' and '.join(there)}", "one of them", hint))
    ((of, path),) = there.items()
    return path, of


def _labels(root: Path, split: str, version: str) -> Path:
    """The folder of a split's label files."""
    flat = version == "v1.2" and not (root / split / version).is_dir()
    below = "labels" if flat else f"{version}/labels"
    splits = [name for name in folders_in(root) if (root / name / below).is_dir()]
    return folder_of(root, f"{split}/{below}", LAYOUT, split=split, splits=splits)


def _classes(path: Path) -> tuple[list[str], list[tuple[int, int, int]], frozenset[int]]:
    """Names, colours and which are scored."""
    labels: Any = read_json(path, CONFIG)
    labels = labels.get("labels") if isinstance(labels, dict) else None
    if not isinstance(labels, list) or not labels:
        raise InputError(Problem(str(path), "no `labels`", CONFIG))
    for each in labels:
        if not isinstance(each, dict) or not {"name", "color", "evaluate"} <= each.keys():
            raise InputError(Problem(str(path), f"the label {each!r}"[:200], CONFIG))
    names = [str(each["name"]) for each in labels]
    colours = [colour_of(each["color"], f"{path}: {each['name']}") for each in labels]
    return names, colours, frozenset(i for i, each in enumerate(labels) if each["evaluate"])
