"""The four files of docs/extend.md run in the page's experiment."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from tests.docs.test_examples import blocks

FILES = {block.splitlines()[0].removeprefix("# "): block for block in blocks("docs/extend.md", "python")}


@pytest.fixture
def results(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "mine").mkdir()
    labels = np.zeros((64, 64), np.uint8)
    labels[16:48, 16:48] = 1
    labels[30, 30] = 0  # one wrong pixel, which a median removes
    np.save(tmp_path / "mine" / "first.npy", labels)
    np.save(tmp_path / "mine" / "second.npy", labels)
    described, _ = (yaml.safe_load(block) for block in blocks("docs/extend.md", "yaml"))
    outcome = run(experiment_from({**described, "executor": {"name": "serial"}}, tmp_path))
    assert not outcome.failures
    return summarise_run(outcome.store, outcome.plan)


def test_every_kind_of_plug_in_has_a_file():
    assert set(FILES) == {"median.py", "agreement.py", "squares.py", "npy_labels.py"}


def test_the_experiment_of_the_page_counts_right_pixels(results):
    chosen = results.numbers[results.numbers["metric"] == "agreement"]
    plain, refined = chosen["value"]
    assert plain == pytest.approx(1 - 1 / 64**2)
    # The median closes the gap, and takes the three outermost pixels of each of the four corners.
    assert refined == pytest.approx(1 - 12 / 64**2)
    assert results.definitions["agreement"]["source"] == "this page"
