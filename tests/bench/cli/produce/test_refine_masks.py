"""`bench refine` on binary masks: soft results of soft masks, the usual network, what is said."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.plugins import catalogue
from boundary_bench.refiners.bpr.refiner import BPR
from tests.bench import binary_world
from tests.bench.cli.street import call


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return binary_world.build(tmp_path_factory.mktemp("masks"))


def refine(world, predictions, out, refiner, *more):
    options = ("--images", world.images, "--predictions", predictions, "--task", "binary", "--workers", 1)
    return call("refine", "--refiner", refiner, *options, "--out", out, *more)


@pytest.mark.parametrize("refiner", ["densecrf", "guided_filter"])
def test_soft_masks_come_back_soft_and_hard_ones_hard(world, tmp_path, capsys, refiner):
    for name, predictions in (("hard", world.coarse), ("soft", world.soft)):
        assert refine(world, predictions, tmp_path / name, refiner) == 0
        levels = {one: binary_world.read(tmp_path / name / f"{one}.png") for one in binary_world.IDS}
        assert not levels.pop("empty").any()
        counts = [len(np.unique(one)) for one in levels.values()]
        assert (max(counts) == 2) if name == "hard" else (min(counts) > 10)
    said = capsys.readouterr().err
    assert said.count("`bench tune densecrf` on validation images") == (2 if refiner == "densecrf" else 0)


class Shown:
    """Takes a checkpoint, like BPR, and changes nothing."""

    tasks = frozenset({"binary", "semantic"})
    shipped = BPR.shipped

    def __init__(self, checkpoint: str) -> None:
        self.checkpoint = checkpoint

    def refine(self, image, prediction):
        return prediction


@pytest.mark.parametrize(
    ("names", "usual", "learned"),
    [
        (("camvid", "masks", "other"), "masks", "it learned from masks of street photos, nuclei and drawn scenes"),
        (("camvid", "other"), "camvid", "it learned from street photos"),
    ],
)
def test_masks_get_the_network_of_masks_where_there_is_one(
    world, tmp_path, capsys, monkeypatch, names, usual, learned, street
):
    shipped = tmp_path / "weights"
    shipped.mkdir()
    for name in names:
        (shipped / f"{name}.safetensors").touch()
    monkeypatch.setattr(Shown, "shipped", shipped)
    monkeypatch.setitem(catalogue.REFINERS, "bpr", f"{__name__}:Shown")
    assert refine(world, world.coarse, tmp_path / "o", "bpr") == 0
    said = capsys.readouterr().err
    assert f"given: {usual}, of {', '.join(names)} that come with the package; {learned}, and" in said
    # Label maps have no use for it.
    assert call("refine", *street.scored, "--refiner", "bpr", "--out", tmp_path / "p", "--workers", 1) == 0
    assert "given: camvid, of" in capsys.readouterr().err
    assert refine(world, world.coarse, tmp_path / "q", "bpr", "--param", "checkpoint=other") == 0
    assert "no --param checkpoint" not in capsys.readouterr().err
