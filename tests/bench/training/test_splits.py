import pytest

from boundary_bench.bench.training.splits import is_test_split


@pytest.mark.parametrize(
    ("split", "expected"),
    [("test", True), ("Test2017", True), ("minitest", True), ("val", False), ("train", False), ("", False)],
)
def test_splits_that_results_are_reported_on(split, expected):
    assert is_test_split(split) is expected
