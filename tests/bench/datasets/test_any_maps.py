"""Random label maps of any number of classes, written to files and scored, against counting pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from boundary_bench.bench.datasets.own.label_folder import Folder
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.semantic.mean_iou import MeanIoU

Ids = NDArray[np.integer]


def random_case(rng: np.random.Generator) -> tuple[Ids, Ids, int, tuple[int, ...], str]:
    """Truth and prediction as raw ids, K, ids that are not scored, and the ending of the files."""
    classes = int(np.exp(rng.uniform(0, np.log(5000))))
    size = tuple(rng.integers(1, 65, 2))
    inside = [int(rng.integers(classes))] if rng.random() < 0.4 else []
    outside = [int(rng.integers(classes, 65_536))] if rng.random() < 0.6 else []
    outside += [255] if classes <= 255 and rng.random() < 0.3 else []
    few = rng.choice(classes, min(classes, int(rng.integers(1, 12))), replace=False)
    truth = rng.choice([*few, *outside, *inside], size)
    prediction = np.where(rng.random(size) < 0.7, truth, rng.integers(0, classes, size))
    ending = str(rng.choice([".png", ".npy", ".tif"]))
    return truth, prediction, classes, tuple({*inside, *outside}), ending


def stored(path: Path, ids: Ids, rng: np.random.Generator) -> None:
    """Write ids in one of the types that can hold them."""
    if path.suffix == ".npy":
        np.save(path, ids.astype(rng.choice([np.int64, np.int32, np.uint16, np.uint32])))
        return
    narrow = ids.max() < 256 and rng.random() < 0.7
    assert cv2.imwrite(str(path), ids.astype(np.uint8 if narrow else np.uint16))


def counted(truth: Ids, prediction: Ids, classes: int, ignored: tuple[int, ...]) -> dict[str, Any]:
    scored = ~np.isin(truth, ignored)
    named = [k for k in range(classes) if k not in ignored]
    true, found = truth[scored], prediction[scored]
    either = np.array([np.sum((true == k) | (found == k)) for k in named])
    both = np.array([np.sum((true == k) & (found == k)) for k in named])
    ious = both[either > 0] / either[either > 0]
    return {"mIoU": ious.mean() if len(ious) else np.nan, "absent": classes - len(ious), "right": both.sum()}


def difference(folder: Path, seed: int) -> str:
    """What is wrong with one random pair of files; "" if nothing is."""
    rng = np.random.default_rng(seed)
    truth, prediction, classes, ignored, ending = random_case(rng)
    for name, ids in (("gt", truth), ("mine", prediction)):
        (folder / name).mkdir(exist_ok=True)
        stored(folder / name / f"a{ending}", ids, rng)
    data = Folder(folder / "gt", classes=classes, ignore=ignored)
    mine = registry.build("predictions", "label_maps", {"path": folder / "mine", "dataset": data})
    report = check_run(data, [mine])
    wanted = counted(truth, prediction, classes, ignored)
    for name in ("gt", "mine"):
        (folder / name / f"a{ending}").unlink()
    if np.isin(truth, ignored).all():
        return "" if "void" in report.problems[0].found else f"nothing to score, but {report}"
    if report.problems:
        return str(report.problems[0])
    (sample,) = data.samples()
    for name, ids in (("gt", truth), ("mine", prediction)):
        stored(folder / name / f"a{ending}", ids, rng)
    found = mine.load(sample).without(data.ignored) if data.ignored else mine.load(sample)
    metric = MeanIoU(classes)
    summary = metric.summarise([metric.measure(prediction=found, truth=data.truth(sample))])
    for name in ("gt", "mine"):
        (folder / name / f"a{ending}").unlink()
    same = np.isclose(summary.values["mIoU"], wanted["mIoU"], rtol=1e-12, atol=0, equal_nan=True)
    same &= summary.undefined["mIoU"] == wanted["absent"]
    return "" if same else f"{summary.values['mIoU']} for {wanted}"


@pytest.mark.parametrize("start", [0, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_files_are_scored_as_counted(tmp_path: Path, start: int) -> None:
    seeds = range(start, 200) if not start else range(start, 11_000)
    wrong = {seed: text for seed in seeds if (text := difference(tmp_path, seed))}
    assert wrong == {}
