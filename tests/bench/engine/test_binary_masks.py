"""Runs over binary masks: every classical refiner, chains and oracles, hard and soft predictions."""

from __future__ import annotations

from typing import Any

import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import Outcome, run
from boundary_bench.bench.errors import InputError
from tests.bench import binary_world

CRF = {"name": "densecrf", "bilateral_sxy": 8}
REFINERS: list[Any] = [
    "identity",
    "majority_filter",
    "guided_filter",
    "grabcut",
    "densecrf",
    {**CRF, "label": "own crf"},
    {"name": "external", "label": "copied", "command": ["cp", "{mask}", "{output}"]},
    {"label": "chain", "chain": ["majority_filter", CRF]},
    {"name": "oracle_replace", "distance_px": 6},
    "oracle_offset",
    "oracle_steal",
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> Outcome:
    folder = tmp_path_factory.mktemp("masks")
    return run(experiment(folder, REFINERS))


def experiment(folder, refiners):
    world = binary_world.build(folder)
    document = {
        "dataset": {"name": "folder", "task": "binary", "truth": str(world.truth), "images": str(world.images)},
        "predictions": [{"name": "hard", "path": str(world.coarse)}, {"name": "soft", "path": str(world.soft)}],
        "refiners": refiners,
        "metrics": ["mask_iou"],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 50},
        "output": str(folder / "run"),
    }
    return experiment_from(document, folder, where="test")


def test_every_refiner_has_a_number_for_every_image(outcome):
    assert not outcome.failures
    assert not outcome.plan.refused
    numbers = summarise_run(outcome.store, outcome.plan).numbers
    found = numbers[(numbers["metric"] == "IoU") & numbers["class"].isna()]
    gains = {(row["predictions"], row["refiner"]): row["difference"] for row in found.to_dict("records")}
    assert len(gains) == 2 * len(REFINERS)
    for predictions in ("hard", "soft"):
        assert gains[predictions, "oracle_replace distance_px=6"] > 0.15
        for refiner in ("densecrf", "own crf", "guided_filter", "oracle_offset"):
            assert gains[predictions, refiner] > 0, (predictions, refiner)
        assert gains[predictions, "copied"] == 0


def test_that_tuning_would_help_is_said_once(outcome):
    said = [note for note in outcome.notes if "bench tune densecrf" in note]
    assert said == [note for note in said if note.startswith("densecrf: no preset named: masks")]
    assert len(said) == 1


def test_what_works_on_classes_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match="refines semantic predictions; these are binary"):
        run(experiment(tmp_path, [{"name": "prior_shift", "weights": [1.0, 2.0]}]))
