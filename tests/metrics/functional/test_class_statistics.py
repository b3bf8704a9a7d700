"""Sums by class of statistics that only the classes of an image have are those of arrays that have all classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.class_statistics import PRESENT, class_sums
from boundary_bench.metrics.functional.statistics import weighted_sum

CLASSES = 6


@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([(), (3,)]))
def test_sums_are_those_of_arrays_with_all_classes(images, seed, shape):
    rng = np.random.default_rng(seed)
    some, all_ = [], []
    for _ in range(images):
        present = np.flatnonzero(rng.random(CLASSES) < 0.4)
        rows = rng.integers(0, 100, (len(present), *shape))
        dense = np.zeros((CLASSES, *shape), np.int64)
        dense[present] = rows
        some.append({PRESENT: present, "n": rows})
        all_.append({"n": dense})
    replicates = rng.integers(0, 4, (7, images)).astype(float)
    for weights in (None, replicates[0], replicates):
        found = class_sums(some, "n", classes=CLASSES, weights=weights)
        np.testing.assert_array_equal(found, weighted_sum(all_, "n", weights))


def test_what_cannot_be_summed_is_refused():
    with pytest.raises(ValueError, match="nothing to summarise"):
        class_sums([], "n", classes=2)
    one = {PRESENT: np.array([1]), "n": np.array([5])}
    with pytest.raises(ValueError, match="2 weights for 1 measurements"):
        class_sums([one], "n", classes=2, weights=np.ones(2))
