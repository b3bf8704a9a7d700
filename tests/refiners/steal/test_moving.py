from __future__ import annotations

import inspect

import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins import registry
from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.moving import Moving
from boundary_bench.refiners.steal.oracle import StealOracle
from boundary_bench.refiners.steal.refiner import Steal, StealEdges
from boundary_bench.refiners.steal.schedule import Schedule

MOVING = ["coarse", "balloon", "threshold", "smoothing", "steps", "reduction", "closeness"]
OWN = {
    Steal: (["checkpoint"], ["scheme", "device", "precision"]),
    StealEdges: (["edges"], []),
    StealOracle: (["width_px"], []),
}
"""The parameters of each before and after those."""


@pytest.mark.parametrize("refiner", OWN)
def test_every_parameter_shows_in_the_signature(refiner):
    found = inspect.signature(refiner).parameters
    places, names = OWN[refiner]
    assert list(found) == [*places, *MOVING, *names]
    assert [name for name, each in found.items() if each.kind is each.KEYWORD_ONLY] == [*MOVING, *names]
    assert [found[name].default for name in MOVING] == [False, None, None, None, None, None, 0.0]
    assert "Sequence[int]" in str(found["steps"].annotation)


def test_names_that_are_none_are_refused():
    with pytest.raises(InputError, match=r"unknown parameter 'smothing'; .*did you mean 'smoothing'\?"):
        registry.build("refiners", "oracle_steal", {"smothing": 1})
    with pytest.raises(TypeError, match="'smothing'"):
        StealOracle(smothing=1)


def test_what_is_not_given_follows_from_the_kind_of_labels():
    assert Moving().evolution() == Evolution(Contour(0.0, 0.99, 1), Schedule((20,), 1))
    assert Moving(coarse=True).evolution() == Evolution(Contour(1.0, 0.99, 1), Schedule((60,), 2), coarse=True)
    given = Moving(coarse=True, balloon=0, threshold=0.5, smoothing=0, steps=[2, 4], reduction=3, closeness=0.5)
    assert given.evolution() == Evolution(Contour(0, 0.5, 0), Schedule((2, 4), 3), coarse=True, closeness=0.5)
