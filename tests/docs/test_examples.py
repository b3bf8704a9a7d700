"""The code in README.md and docs/ runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins import registry
from tests.bench.label_files import write_camvid
from tests.paths import REPOSITORY


def blocks(page: str, language: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A test split in CamVid's layout, predictions for it, and the README's refiner in the current folder."""
    monkeypatch.chdir(tmp_path)
    dataset = write_camvid(tmp_path / "camvid", size=(24, 32))
    rng = np.random.default_rng(0)
    for sample in dataset.samples():
        labels = np.where(rng.random((24, 32)) < 0.1, 5, dataset.truth(sample).labels % 11).astype(np.uint8)
        write_label_image(tmp_path / "my_model" / f"{sample.id}.png", labels)
        write_image(tmp_path / "camvid" / "test" / f"{sample.id}.png", rng.integers(0, 256, (24, 32, 3), np.uint8))
    (refiner,) = blocks("README.md", "python")
    (tmp_path / "my_refiner.py").write_text(refiner)
    return tmp_path


def write_image(path: Path, image: np.ndarray) -> None:
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def test_the_densecrf_page_runs():
    (code,) = blocks("docs/densecrf.md", "python")
    made: dict = {}
    exec(compile(code, "docs/densecrf.md", "exec"), made)
    np.testing.assert_allclose(made["marginals"], 1 / 5, rtol=1e-5)


def test_the_refiners_of_the_densecrf_page_are_built():
    (described,) = (yaml.safe_load(block) for block in blocks("docs/densecrf.md", "yaml"))
    for each in described["refiners"]:
        stages = each.get("chain", [each])
        for stage in stages:
            name = stage if isinstance(stage, str) else stage.pop("name")
            registry.build("refiners", name, {} if isinstance(stage, str) else stage)


def test_the_refiner_of_the_readme_is_compared_with_the_others(world):
    (described,) = (yaml.safe_load(block) for block in blocks("README.md", "yaml"))
    described["dataset"]["root"] = "camvid"
    described["executor"] = {"name": "serial"}
    described["bootstrap"] = {"replicates": 50}
    outcome = run(experiment_from(described, world))
    assert not outcome.failures
    results = summarise_run(outcome.store, outcome.plan)
    chosen = results.numbers[(results.numbers["metric"] == "mIoU") & results.numbers["class"].isna()]
    gain = dict(zip(chosen["refiner"], chosen["difference"], strict=True))
    assert len(gain) == len(described["refiners"])
    assert gain["median 5x5"] > 0.05  # a median removes lone wrong pixels


def test_the_example_of_the_api_page_runs():
    (code,) = blocks("docs/api.md", "python")
    exec(compile(code, "docs/api.md", "exec"), {})


def test_pages_that_are_linked_exist():
    for page in ["README.md", *(str(p.relative_to(REPOSITORY)) for p in (REPOSITORY / "docs").glob("*.md"))]:
        folder = (REPOSITORY / page).parent
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (REPOSITORY / page).read_text(encoding="utf-8")):
            assert (folder / target).exists(), f"{page} links to {target}"
