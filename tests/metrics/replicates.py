"""What holds for every metric of instances: whole weights are repetitions, replicates are summarised at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.metrics.instances import Pair

WEIGHTS = np.array([[1.0, 1, 1], [0, 2, 1], [3, 0, 0], [0, 0, 0]])


def assert_weights_are_repetitions(metric: Any, pairs: list[Pair]) -> None:
    measured = [metric.measure(prediction=p, truth=t) for p, t in pairs]
    together = metric.summarise(measured, WEIGHTS)
    for row, weights in enumerate(WEIGHTS):
        repeated = [one for one, weight in zip(measured, weights, strict=True) for _ in range(int(weight))]
        alone = metric.summarise(measured, weights)
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                np.testing.assert_array_equal(getattr(together, kind)[name][row], value, err_msg=name)
                if repeated:
                    expected = getattr(metric.summarise(repeated), kind)[name]
                    np.testing.assert_array_equal(value, expected, err_msg=name)
                else:
                    assert np.isnan(value).all()
    plain, ones = metric.summarise(measured), metric.summarise(measured, np.ones(len(measured)))
    for name, value in plain.values.items():
        np.testing.assert_array_equal(value, ones.values[name])
        assert plain.scored[name] + plain.undefined[name] >= 0
    assert plain.values.keys() == plain.scored.keys() == plain.undefined.keys()
