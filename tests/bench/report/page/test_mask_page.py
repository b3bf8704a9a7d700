"""The page of a run on binary masks: drawn discs, refined and scored by IoU and by a distance in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from boundary_bench.bench.analysis.numbers import Numbers
from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.report.page.build import Run, page
from boundary_bench.metrics.functional.statistics import Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask

SIZE = (48, 64)


class Gap:
    """How far the areas of the masks' discs are apart, as a radius: a distance by hand."""

    tasks = frozenset({"binary"})

    def definition(self) -> dict[str, Any]:
        return {"metric": "gap of radii"}

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> dict[str, Any]:
        first, second = (math.sqrt(np.count_nonzero(side.mask) / math.pi) for side in (prediction, truth))
        return {"gap": np.array(abs(first - second))}

    def summarise(self, measurements: Sequence[Any], weights: Any = None) -> Summary:
        gaps = np.array([float(each["gap"]) for each in measurements])
        shares = np.ones(len(gaps)) if weights is None else np.asarray(weights, np.float64)
        return Summary(values={"HD95_px": np.asarray(shares @ gaps / shares.sum(axis=-1))})

    def value_range(self, name: str) -> tuple[float, float]:
        return 0.0, math.inf


class Shrink:
    """A step towards the truth: the discs are drawn 3 px too large."""

    tasks = frozenset({"binary"})

    def refine(self, image: Any, prediction: BinaryMask) -> BinaryMask:
        return BinaryMask(cv2.erode(prediction.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def disc(number: int, radius: int) -> Any:
    drawn = np.zeros(SIZE, np.uint8)
    cv2.circle(drawn, (20 + 3 * number, 24), radius, 255, -1)
    return drawn


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Run:
    folder: Path = tmp_path_factory.mktemp("discs")
    for kind, extra in (("truth", 0), ("coarse", 3), ("photos", 0)):
        (folder / kind).mkdir()
        for number in range(6):
            cv2.imwrite(str(folder / kind / f"d{number}.png"), disc(number, 9 + number + extra))
    document = {
        "dataset": {
            "name": "folder",
            "truth": str(folder / "truth"),
            "images": str(folder / "photos"),
            "task": "binary",
        },
        "predictions": [{"name": "coarse", "path": str(folder / "coarse")}],
        "refiners": ["identity", {"name": f"{__name__}:Shrink", "label": "shrink"}],
        "metrics": ["mask_iou", {"name": f"{__name__}:Gap"}],
        "output": str(folder / "run"),
        "executor": {"name": "serial"},
    }
    outcome = run(experiment_from(document, folder))
    summarise_run(outcome.store, outcome.plan).save(folder / "run")
    return Run.open(folder / "run", permutations=20)


@pytest.fixture(scope="module")
def text(opened) -> str:
    return page(opened, images=4)


def test_distances_are_in_pixels_and_shorter_ones_are_gains(text):
    assert "Scores in per cent; _px in pixels, lower is better, with 95 % intervals in brackets." in text
    forest = text[text.index("coarse: gain in HD95_px") :]
    assert "Refiners, in pixels, below 0 is better, with 95 % intervals" in forest
    assert re.search(r'<span class="better">-\d\.\d{3}</span>', forest)
    assert "gains beyond doubt: 0, losses: 0" in text  # six images do not tell


def test_the_summary_says_what_the_truth_is_and_leads_with_masks(text, opened):
    assert "<dt>Truth</dt><dd>binary masks</dd>" in text
    assert "<dt>Classes</dt>" not in text
    assert 'id="classes"' not in text
    assert "of each class" not in text
    numbers = Numbers(opened.results)
    assert numbers.classes == ("background", "object")
    assert numbers.choose_metrics(None) == ("IoU", "image_IoU", "Dice", "image_Dice", "HD95_px")
    assert numbers.choose_metrics(["mIoU"]) == ("mIoU",)


def test_the_gallery_shows_masks_before_after_and_what_changed(text):
    assert text.count('<article class="shot"') == 4
    assert text.count("<figcaption>fixed (blue), broken (red)</figcaption>") == 4
    assert "class that changed" not in text
    assert "mostly " not in text[text.index('id="gallery"') :]
    assert "differ from what the run measured" not in text
