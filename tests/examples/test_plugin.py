"""The example of a plug-in is built, installed apart from everything, and found by its names."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import numpy as np
import pytest

from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins import registry
from tests.bench.cli.street import call
from tests.docs.test_examples import blocks
from tests.paths import REPOSITORY


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of packages that has the plug-in alone."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*install, "--target", folder, REPOSITORY / "examples" / "plugin"], check=True)
    return folder


@pytest.fixture
def world(site, tmp_path, monkeypatch):
    """The experiment of the page and its predictions: fields whose left column is missing, but for the first."""
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)
    dataset = registry.build("datasets", "checkers", {"split": "val", "field_px": 4})
    for sample in dataset.samples():
        white = dataset.truth(sample).labels == 1
        white[:, 1:] &= white[:, :-1]
        write_label_image(tmp_path / "mine" / f"{sample.id}.png", white.astype(np.uint8))
    (described,) = (block for block in blocks("docs/extend.md", "yaml") if block.startswith("# checkers.yaml"))
    (tmp_path / "checkers.yaml").write_text(described)
    yield tmp_path
    sys.modules.pop("checkers", None)


def test_its_names_are_listed(world, capsys):
    assert call("list") == 0
    listed = capsys.readouterr().out
    for about in ("Lets a class grow by a pixel", "How near the share of white", "Two boards of black and white"):
        assert about in listed


def test_a_run_and_a_comparison(world, capsys):
    assert call("run", "checkers.yaml", "--workers", 1) == 0
    capsys.readouterr()
    assert call("compare", "run", "--against", "identity", "--format", "csv", "--metric", "share_agreement") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    # Of 32 rows 16 lack four columns and 16 three. Growing gives back 3 of 4, and 3 and one too many.
    assert float(row["against_value"]) == pytest.approx(1 - 16 * 7 / 32**2)
    assert float(row["value"]) == 1
    assert (row["refiner"], row["images_better"]) == ("grow", "2")
