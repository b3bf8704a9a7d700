"""Ten thousand sets of maps more."""

import numpy as np
import pytest

from tests.metrics.semantic.any_classes import assert_agree, draw_pairs


@pytest.mark.parametrize("block", range(100))
def test_no_number_differs_from_the_plain_definitions(block):
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        assert_agree(*draw_pairs(np.random.default_rng(seed)))
