"""The calls in "Questions about objects" run as they stand there, and so does the filter of their rows."""

from __future__ import annotations

import re
import shlex

import pytest

from boundary_bench.bench.plugins import registry
from tests.bench.cli.street import call
from tests.bench.coco_scenes import scenes
from tests.paths import REPOSITORY

PAGE = (REPOSITORY / "docs/score.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Questions about objects\n")[1].split("\n## ")[0]
OF_AP = ("--iou-thresholds", "--area-ranges", "--class-agnostic", "--areas")
HAS_PARAMETERS = "iou_thresholds" in registry.named_parameters(registry.find("metrics", "average_precision"))


def calls() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = scenes(tmp_path, objects=8)
    (tmp_path / "truth.json").rename("instances_val.json")
    (tmp_path / "ids.txt").write_text("im_001\nim_004\n")
    return found


def test_every_call_runs(world):
    found = calls()
    assert len(found) == 8
    for arguments in found:
        if HAS_PARAMETERS or not set(OF_AP) & set(arguments):
            assert call(*arguments, "--workers", 1, "--no-intervals") == 0


def test_the_filters_run(world, capsys):
    assert call(*calls()[-1], "--workers", 1, "--no-intervals") == 0
    (code,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    capsys.readouterr()
    exec(compile(code, "docs/score.md", "exec"), {})
    said = capsys.readouterr().out
    assert 0 < float(re.search(r"recall of small objects ([\d.]+)", said)[1]) < 1
    assert "photos/im_0" in said


def test_every_column_is_explained(world):
    import pandas as pd

    assert call(*calls()[-1], "--workers", 1, "--no-intervals") == 0
    columns = pd.read_parquet("objects.parquet").columns
    assert [name for name in columns if f"`{name}`" not in SECTION] == []
