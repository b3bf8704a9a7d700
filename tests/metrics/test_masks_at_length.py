"""Two thousand random pairs of masks for each metric of masks, against the tools that its own tests name; all real
masks where a quick run takes a few."""

import pytest

from tests.metrics.binary import test_mask_iou, test_soft_scores
from tests.metrics.regions import test_boundary_accuracy, test_surface_distance

COUNT = 2000
AGREEING = (
    test_mask_iou.test_random_masks_have_numpys_numbers,
    test_soft_scores.test_random_masks_have_the_numbers_of_pysodmetrics,
    test_boundary_accuracy.test_random_masks_have_the_accuracy_of_the_definition,
    test_surface_distance.test_random_masks_have_the_numbers_of_three_tools,
)


@pytest.mark.parametrize("agree", AGREEING)
def test_two_thousand_random_masks(agree):
    agree(COUNT)


def test_all_real_masks_have_the_surface_distances_of_three_tools():
    test_surface_distance.test_real_masks_have_the_numbers_of_three_tools(every_nth=1)


def test_two_hundred_real_masks_have_the_soft_scores_of_pysodmetrics():
    test_soft_scores.test_real_masks_have_the_numbers_of_pysodmetrics(50)
