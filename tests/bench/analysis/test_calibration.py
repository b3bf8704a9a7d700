"""Intervals hold the truth as often as they say, and tests reject what is true no oftener, in simulated samples."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from tests.calibration.populations import Population, boundaries, instances, panoptic, semantic
from tests.calibration.study import coverage, coverage_of_gains, null_p_values, power


@pytest.fixture(scope="module")
def populations() -> dict[str, Population]:
    return {
        "mIoU": semantic(8000),
        "PQ": panoptic(8000),
        "AP": instances(3000),
        "F near 1": boundaries(0.975, images=8000),
        "F near 0": boundaries(0.03, images=8000),
    }


@pytest.mark.parametrize(
    ("name", "images", "trials", "replicates"),
    [("mIoU", 100, 1000, 150), ("PQ", 100, 1000, 150), ("AP", 40, 300, 60)],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    populations: dict[str, Population], name: str, images: int, trials: int, replicates: int
) -> None:
    values = coverage(populations[name], images, trials, replicates)
    gains = coverage_of_gains(populations[name], images, trials, replicates)
    assert values["logit"].outside == 0
    for best, found in (("logit", values), ("normal", gains)):
        assert 0.93 <= found[best].held <= 0.97, found
        # Narrower by design: it leaves out what few images do not show.
        assert found["percentile"].held <= found[best].held + 0.01
        assert found["percentile"].held > 0.87


@pytest.mark.parametrize("name", ["F near 1", "F near 0"])
def test_few_images_near_an_end_are_where_the_logit_scale_counts(populations: dict[str, Population], name: str) -> None:
    found = coverage(populations[name], 5, 1000, 150)
    assert found["logit"].outside == 0 < found["normal"].outside
    assert 0.89 <= found["logit"].held <= 0.97
    assert found["logit"].held > found["normal"].held + 0.03
    assert found["normal"].held > found["percentile"].held


@pytest.mark.parametrize(("name", "trials"), [("mIoU", 400), ("PQ", 400), ("AP", 120)])
def test_p_values_are_uniform_where_there_is_nothing_to_be_found(
    populations: dict[str, Population], name: str, trials: int
) -> None:
    p = null_p_values(populations[name], 20, trials, 99)
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.05
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.03)
    # And not because the tests are blind.
    assert np.mean(power(populations[name], 60, 40, 99) <= 0.05) > 0.25
