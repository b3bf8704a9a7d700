"""Label PNGs of named layouts, read and scored by hotcoco and by `bench evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.datasets.layouts import trees
from tests.bench.datasets.layouts.scored import built, guesses, ours, write_guesses
from tests.bench.datasets.layouts.trees import Tree

hotcoco = pytest.importorskip("hotcoco.semantic", reason="the PyPI package hotcoco is not installed")

# Those whose files hold training ids, or ADE20K's, which it moves down by one itself.
SAME_IDS = [trees.voc, trees.ade20k, trees.coco_stuff_converted, trees.bdd100k, trees.acdc_train_ids, trees.dark_zurich]


@pytest.mark.parametrize("write", SAME_IDS)
def test_same_scores(write: Callable[[Path], Tree], tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    # It refuses void in a prediction.
    maps = {sample: ids % tree.classes for sample, ids in guesses(tree).items()}
    folder = write_guesses(tmp_path / "guess", maps)
    official = hotcoco.SemanticEval(list(built(tree).classes), reduce_zero_label=tree.name == "ade20k")
    dataset = built(tree)
    for sample in dataset.samples():
        official.update_png(dataset._entries[sample.id].truth, folder / f"{sample.id}.png")
    value, of_classes = ours(tree, folder, tmp_path / "out")
    report = official.report()
    assert value == pytest.approx(report["metrics"]["mIoU"], abs=1e-12)
    assert of_classes == pytest.approx({name: each["IoU"] for name, each in report["per_class"].items()}, abs=1e-12)
