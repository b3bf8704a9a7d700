import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.refiners.classical.identity import Identity
from tests.effort import examples
from tests.refiners.inputs import KINDS, inputs


@pytest.mark.parametrize("task", KINDS)
@settings(max_examples=examples(10))
@given(data=st.data())
def test_the_prediction_is_returned_as_it_is(task, data):
    image, prediction, _ = data.draw(inputs(task, (9, 12)))
    assert task in Identity.tasks
    assert Identity().refine(image, prediction) is prediction
