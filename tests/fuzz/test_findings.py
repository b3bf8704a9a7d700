"""Inputs that once made a reader raise another error than the project's own, made small."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bench import coco_json
from tests.bench.coco_json import setting
from tests.bench.label_files import MemoryDataset, png
from tests.fuzz import annotations
from tests.fuzz.runs import MANIFEST
from tests.fuzz.targets import TARGETS
from tests.refiners import mat_files


def changed(document: Any, *changes: Callable[[Any], object]) -> bytes:
    copied = json.loads(json.dumps(document))
    for change in changes:
        change(copied)
    return json.dumps(copied).encode()


HALF = setting("images", 0, "file_name", "\ud800")
FINDINGS = {
    "the image's header is none": ("image", b"P6\n8 6\n2\x00\x00\x00\x8b\x82\xc2\xd9\xcf\x01\x00"),
    "a mask's name with a byte 0": ("cityscapes_txt", b"masks/\0.png 30 0.5"),
    "a mask's name that is too long": ("cityscapes_txt", b"a" * 300 + b" 30 0.5"),
    "half of a surrogate pair as a name": ("panoptic_json", changed(coco_json.panoptic(), HALF)),
    "a flag that is none": ("experiment", b"!!bool x"),
    "a flag that is none, as an option": ("experiment", b"a=!!bool x"),
    "a time that is none": ("experiment", b"!!timestamp 1"),
    "a number without end": ("registration", b"9" * 5000),
    "no experiment": ("manifest", b'{"schema": 1}'),
    "an experiment that is text": ("manifest", b'{"schema": 1, "experiment": "x"}'),
    "an experiment without metrics": ("manifest", b'{"schema": 1, "experiment": {}}'),
    "metrics that are a number": ("manifest", changed(MANIFEST, setting("experiment", "metrics", 0.5))),
    "a metric that is a number": ("manifest", changed(MANIFEST, setting("experiment", "metrics", 0, 7))),
    "a bootstrap over nothing": ("manifest", changed(MANIFEST, setting("experiment", "bootstrap", "unit", "x"))),
    "a refiner that is a flag": ("manifest", changed(MANIFEST, setting("experiment", "refiners", 0, {"name": False}))),
    "a set without a name": ("manifest", changed(MANIFEST, setting("experiment", "predictions", 0, {}))),
    "a provenance that is a list": ("manifest", changed(MANIFEST, setting("provenance", []))),
    "a manifest in half a pair": ("manifest", changed(MANIFEST, setting("provenance", "code", "\ud800"))),
    "a manifest nested deep": ("manifest", b'{"schema": 1, "experiment": {}, "x": ' + b"[" * 500 + b"]" * 500 + b"}"),
    "results without numbers": ("results", b'{"schema": 2}'),
    "results that are lists": ("results", b'{"schema": 2, "numbers": [], "curves": {}, "dataset": []}'),
    "losses without a step": ("losses", b'{"loss": 1}\n'),
    "losses that are a list": ("losses", b"[]\n"),
    "two thousand million cells in a few bytes": (
        "boundaries_mat",
        mat_files.file_of(mat_files.matrix(mat_files.CELL, (1, 2**31 - 1), name=b"groundTruth")),
    ),
    "cells in cells in cells": (
        "boundaries_mat",
        mat_files.file_of(mat_files.packed(mat_files.nested(50_000, b"groundTruth"))),
    ),
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_nothing_is_found_any_more(finding: str, tmp_path: Path) -> None:
    name, data = FINDINGS[finding]
    TARGETS[name](tmp_path).read(data)


def test_a_finding_would_be_seen(tmp_path: Path) -> None:
    class Broken(MemoryDataset):
        def size(self, sample: Any) -> Any:
            raise KeyError("size")

    broken = Broken({"a": np.zeros((6, 8), np.uint8)})
    with pytest.raises(KeyError):
        annotations.json_predictions("detectron2_sem_seg", lambda _: broken, [])(tmp_path).read(
            changed(annotations.SEMANTIC_ENTRIES)
        )


def test_a_chunk_of_four_gigabytes_is_not_believed(tmp_path: Path) -> None:
    from boundary_bench.refiners.steal.files import read_edges

    whole = png(np.zeros((6, 8), np.uint8), bits=8)
    at = whole.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(whole[:at] + b"\xfa\xff\x00\x14" + whole[at + 4 :])
    with pytest.raises(ValueError, match=r"a.png: cannot be read as an image \(a PNG file truncated after"):
        read_edges((tmp_path / "a.png",), (6, 8))
