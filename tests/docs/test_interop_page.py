"""docs/interop.md: its experiment runs, its code runs, and what it quotes is said."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import numpy as np
import pytest
import yaml

from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.interop.scoring import Scoring
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.external import External
from tests.bench import worlds
from tests.docs.test_examples import blocks
from tests.paths import REPOSITORY

PAGE = "docs/interop.md"
FILES = ("{image}", "{mask}", "{output}")
BROKEN = {
    "hangs": "sleep 600",
    "crashes": "echo no >&2; exit 1",
    "was killed": "kill -KILL $$",
    "is silent": "true",
    "crops": "cp cropped.png $3",
    "makes up ids": "cp invented.png $3",
    "writes colours": "cp $1 $3",
}


def code(word: str) -> str:
    (found,) = (block for block in blocks(PAGE, "python") if word in block)
    return found


def test_the_refiners_run(tmp_path):
    (described,) = (yaml.safe_load(block) for block in blocks(PAGE, "yaml"))
    program = "import shutil, sys; _, mask, output, weights = sys.argv[1:]; open(weights); shutil.copy(mask, output)"
    for name, text in (("tools/cascade.py", program), ("weights/cascade.pth", ""), ("tools/networks/net.py", "")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    python = tmp_path / "envs" / "cascade" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    outcome = run(experiment_from(worlds.document(tmp_path, refiners=described["refiners"]), tmp_path))
    assert not outcome.failures
    assert list(outcome.plan.refiners) == ["identity", "CascadePSP"]


@pytest.mark.parametrize(
    ("said", "why"),
    re.findall(r"^\| `([^`]*)` \| (.*) \|$", (REPOSITORY / PAGE).read_text(encoding="utf-8"), re.MULTILINE),
)
def test_what_is_quoted_is_said(said, why, tmp_path, monkeypatch):
    import cv2

    monkeypatch.chdir(tmp_path)
    labels = np.zeros((6, 8), np.uint8)
    labels[0, :2] = 1, 2
    cv2.imwrite("cropped.png", labels[1:])
    cv2.imwrite("invented.png", np.full_like(labels, 77))
    (script,) = (script for start, script in BROKEN.items() if why.startswith(start))
    broken = External(["sh", "-c", script, "sh", *FILES], timeout_s=2 if why.startswith("hangs") else 600)
    with pytest.raises((RuntimeError, ValueError), match=re.escape(said)):
        broken.refine(np.zeros((6, 8, 3), np.uint8), SemanticMap(labels))


def test_the_torchmetrics_code_runs(capsys):
    exec(compile(code("torchmetrics"), PAGE, "exec"), {})
    assert capsys.readouterr().out.endswith("tensor(1.)\n")


def test_the_mmengine_config_has_metrics_that_there_are():
    made: dict = {}
    exec(compile(code("mmsegmentation"), PAGE, "exec"), made)
    config = made["val_evaluator"][1]
    module, _, name = config["type"].rpartition(".")
    assert f'"{name}"' in (REPOSITORY / "src" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    Scoring("semantic", config["metrics"], 19)


def test_the_detectron2_code_builds_its_evaluators(monkeypatch):
    def inference(model, loader, evaluators):
        return {each.name: {"boundary_f@1px": 0.0, "boundary_AP": 0.0} for each in evaluators}

    for name in ("detectron2", "detectron2.data", "detectron2.evaluation"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["detectron2.data"].DatasetCatalog = {"my_dataset_val": []}
    sys.modules["detectron2.evaluation"].inference_on_dataset = inference
    exec(compile(code("detectron2"), PAGE, "exec"), {"model": None, "loader": None})
