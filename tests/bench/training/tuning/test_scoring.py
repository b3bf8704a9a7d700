"""Scores of settings against those of `bench evaluate`'s own metrics, computed one by one."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.cli.inputs import Inputs
from boundary_bench.bench.config.experiment import RefinerSpec
from boundary_bench.bench.engine.executors import Processes, Serial
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.training.tuning.scoring import Scores
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.bench.cli.street import IDS, build, read, write
from tests.bench.training.tuning.fakes import Shift

UNUSED = dict.fromkeys(("gaussian_sxy", "gaussian_compat", "bilateral_sxy", "bilateral_srgb", "iterations"), 1)


@pytest.fixture
def planned(tmp_path):
    street = build(tmp_path)
    labels = read(street.predictions / f"{IDS[1]}.png")
    labels[3:9, 4:12] = 7  # so that images differ
    write(street.predictions / f"{IDS[1]}.png", labels)
    return plan(Inputs("camvid", "val", street.root, str(street.predictions)).experiment())


def spec(pixels, name="Shift", **more):
    return RefinerSpec.model_validate(
        {"name": f"tests.bench.training.tuning.fakes:{name}", "bilateral_compat": pixels, **UNUSED, **more}
    )


def by_hand(planned, pixels, images):
    metrics = MeanIoU(11), BoundaryF(11, tolerances_px=(1,))
    predictions = next(iter(planned.prediction_sets.values()))
    found = {}
    for metric in metrics:
        measured = []
        for sample in np.array(planned.samples)[images]:
            loaded = SemanticMap(predictions.load(sample).labels)
            refined = Shift(bilateral_compat=pixels, **UNUSED).refine(None, loaded)
            measured.append(metric.measure(prediction=refined, truth=planned.dataset.truth(sample)))
        found |= metric.summarise(measured).values
    return found


@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_scores_are_those_of_the_metrics_and_nothing_is_measured_twice(planned, executor):
    steps = []
    scores = Scores(planned, executor, 8, lambda done, total: steps.append((done, total)))
    few = scores.values([spec(1), spec(2)], [0, 2])
    assert few == [by_hand(planned, pixels, [0, 2]) for pixels in (1, 2)]
    assert scores.values([spec(2), RefinerSpec(name="identity")], [0, 1, 2]) == [
        by_hand(planned, pixels, [0, 1, 2]) for pixels in (2, 0)
    ]
    assert steps == [(2, 8), (4, 8), *steps[2:]]
    assert steps[-1] == (4 + 1 + 3, 8)
    assert few[1]["mIoU"] == 1 != scores.values([spec(2)], [0, 1, 2])[0]["mIoU"]


@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_a_refiner_that_fails_stops_the_search_and_is_named(planned, executor):
    with pytest.raises(InputError, match=r"seq_0001.*bilateral_compat=2.*ZeroDivisionError: asked to"):
        Scores(planned, executor, 1, lambda done, total: None).values([spec(2, refuses=2)], [0])


@pytest.mark.parametrize(
    ("refiner", "said"),
    [(spec(1, "Needy"), "labels only"), (spec(1, colour="red"), "unknown parameter 'colour'")],
)
def test_what_cannot_refine_these_predictions_is_refused_before_any_work(planned, refiner, said):
    steps = []
    with pytest.raises(InputError, match=said):
        Scores(planned, Serial(), 1, lambda done, total: steps.append(done)).values([spec(1), refiner], [0])
    assert not steps
