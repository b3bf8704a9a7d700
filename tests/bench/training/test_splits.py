import pytest

from boundary_bench.bench.training.splits import is_test_split

REPORTED_ON = """
    test TEST Test2017 tests testing tested testset test-dev test-dev2017 test_std test2 2test mytest mytest_a minitest
    my-test.a val_test trainval+test valtest testval testA latest_test latestTest contest/test städte_test
"""
OTHERS = """
    val train trainval train2017 latest train_latest LATEST latest2 contest contests contest-2024 attest attested
    protest greatest fastest shortest brightest testimony testament tes t_est est
"""


@pytest.mark.parametrize("split", REPORTED_ON.split())
def test_splits_that_results_are_reported_on(split):
    assert is_test_split(split)


@pytest.mark.parametrize("split", ["", *OTHERS.split()])
def test_splits_that_may_be_learned_from(split):
    assert not is_test_split(split)
