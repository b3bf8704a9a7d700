from hypothesis import given
from hypothesis import strategies as st

from refiners.identity import Identity
from tests.strategies import images, semantic_maps


@given(st.data())
def test_the_prediction_is_returned_as_it_is(data):
    prediction = data.draw(semantic_maps())
    assert Identity().refine(data.draw(images(prediction.labels)), prediction) is prediction
