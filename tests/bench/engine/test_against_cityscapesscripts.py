"""`bench evaluate` and the official evaluator on one generated folder in the Cityscapes layout."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from boundary_bench.bench.cli import main
from tests.metrics.functional.test_geometry import blobs

SIZE = (96, 160)
FRAMES = [("aachen", "000000"), ("aachen", "000001"), ("bonn", "000000")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Raw ids 0..33 in the truth, with some classes nowhere; predictions in raw ids, ignored ones among them."""
    root = tmp_path_factory.mktemp("cityscapes")
    rng = np.random.default_rng(7)
    palette = np.concatenate([rng.permutation([7, 8, 11, 13, 17, 19, 21, 23, 24, 26, 27, 28, 33]), [0, 4, 6, 9, 30]])
    (root / "predictions").mkdir()
    for number, (city, frame) in enumerate(FRAMES):
        truth = palette[np.kron(rng.integers(0, len(palette), (8, 10)), np.ones((12, 16), int))]
        boxes = blobs(SIZE, number)
        predicted = np.where(boxes == 255, truth, np.roll(truth, 3, axis=1))
        predicted[40:44, 30:90] = 2  # an ignored class: wrong
        name = f"{city}_{frame}_000019"
        (root / "gtFine" / "val" / city).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / "gtFine" / "val" / city / f"{name}_gtFine_labelIds.png"), truth.astype(np.uint8))
        cv2.imwrite(str(root / "predictions" / f"{name}_pred_labelIds.png"), predicted.astype(np.uint8))
    return root


def ours(root):
    arguments = ["--root", str(root), "--split", "val", "--predictions", str(root / "predictions")]
    options = ["--label-space", "label_ids", "--workers", "1", "--json", str(root / "scores.json")]
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--dataset", "cityscapes", *arguments, *options])
    assert ended.value.code == 0
    return json.loads((root / "scores.json").read_text())


def theirs(root):
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as official

    official.args.evalInstLevelScore = False
    official.args.JSONOutput = False
    official.args.quiet = True
    truths = sorted((root / "gtFine" / "val").rglob("*_labelIds.png"))
    predictions = [root / "predictions" / path.name.replace("_gtFine_", "_pred_") for path in truths]
    return official.evaluateImgLists(list(map(str, predictions)), list(map(str, truths)), official.args)


def test_same_scores(folder):
    got, expected = ours(folder), theirs(folder)
    assert got["metrics"]["mIoU"]["value"] == pytest.approx(expected["averageScoreClasses"], abs=1e-15)
    defined = 0
    for name, value in got["per_class"]["IoU"].items():
        official = expected["classScores"][name]
        if value is None:
            assert np.isnan(official), name
        else:
            assert value == official, name
            defined += 1
    assert defined >= 12
    assert got["metrics"]["mIoU"]["scored"] == defined
