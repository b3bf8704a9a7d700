"""The committed CamVid experiment on a few of its images: every refiner, every metric, real predictions."""

from __future__ import annotations

import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import load_experiment
from boundary_bench.bench.engine.runner import run
from tests.paths import REPOSITORY, data_dir

OVERRIDES = ["samples.every=60", "executor.name=serial", "executor.workers=null", "bootstrap.replicates=50"]


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """(predictions, refiner) -> metric -> (value, difference to the identity)."""
    data_dir("camvid_predictions")
    experiment = REPOSITORY / "results" / "tables" / "camvid" / "experiment.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_DATA", str(data_dir()))
        output = f"output={tmp_path_factory.mktemp('camvid')}"
        outcome = run(load_experiment(experiment, [*OVERRIDES, output]))
    assert not outcome.failures
    numbers = summarise_run(outcome.store, outcome.plan).numbers
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    for row in numbers[numbers["class"].isna()].to_dict("records"):
        method = found.setdefault((row["predictions"], row["refiner"]), {})
        method[row["metric"]] = (row["value"], row["difference"])
    return found


def test_every_cell_is_measured(scores):
    assert len(scores) == 2 * 13 + 12
    assert all({"mIoU", "boundary_f@1px", "boundary_mIoU", "error_rate"} <= set(each) for each in scores.values())


@pytest.mark.parametrize("predictions", ["fcn8_small", "unet_small", "ensemble"])
def test_oracles_gain_the_more_the_more_they_know(scores, predictions):
    reach = ["1 px", "2 px", "3 px", "∞"]
    for metric in ("mIoU", "boundary_f@1px", "boundary_mIoU"):
        values = [scores[predictions, f"oracle replace {one}"][metric][0] for one in reach]
        assert scores[predictions, "identity"][metric][0] < values[0] < values[1] < values[2] < values[3]
        assert values[3] == pytest.approx(1)
    for m in (4, 8):
        assert scores[predictions, f"oracle offset m={m}, scale 2"]["boundary_f@1px"][1] > 0.05


def test_no_control_comes_near_an_oracle(scores):
    for refiner in ("majority filter", "guided filter", "GrabCut"):
        gain = scores["fcn8_small", refiner]["boundary_f@1px"][1]
        assert -0.05 < gain < scores["fcn8_small", "oracle replace 1 px"]["boundary_f@1px"][1]
