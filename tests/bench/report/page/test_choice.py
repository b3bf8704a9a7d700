"""Which images the gallery shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.analysis.compared import Change
from boundary_bench.bench.report.page.choice import choose, gain_of


def change(refiner: str, sample: int, gain: float, predictions: str = "net", metric: str = "mIoU") -> Change:
    return Change(predictions, refiner, "identity", metric, f"s{sample}", 0.5, 0.5 + gain)


def picked(choices) -> list[tuple[str, str, str]]:
    return [(each.change.refiner, each.kind, each.change.sample) for each in choices]


def test_the_best_the_worst_and_the_median_come_first():
    changes = [change("a", k, gain) for k, gain in enumerate([0.02, -0.01, 0.3, 0.0, -0.2])]
    assert picked(choose(changes, set(), 3)) == [("a", "improved", "s2"), ("a", "harmed", "s4"), ("a", "middle", "s3")]
    assert len(choose(changes, set(), 100)) == 5


def test_refiners_share_and_oracles_come_after_them():
    changes = [change(r, k, 0.1 * k - 0.15) for r in ("oracle", "a", "b") for k in range(4)]
    assert picked(choose(changes, {"oracle"}, 4)) == [
        ("a", "improved", "s3"), ("a", "harmed", "s0"), ("b", "improved", "s3"), ("b", "harmed", "s0"),
    ]  # fmt: skip
    assert [r for r, _, _ in picked(choose(changes, {"oracle"}, 7))].count("oracle") == 1


def test_who_harms_nothing_has_no_harmed_image():
    kinds = [kind for _, kind, _ in picked(choose([change("a", k, 0.1) for k in range(3)], set(), 9))]
    assert "harmed" not in kinds


def test_where_lower_is_better_a_fall_is_a_gain():
    falling = change("a", 0, -0.2, metric="error_rate")
    assert gain_of(falling) == 0.2
    assert picked(choose([falling], set(), 1)) == [("a", "improved", "s0")]


@given(
    st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), st.floats(-1, 1), max_size=30),
    st.integers(0, 40),
)
def test_never_too_many_never_twice_and_the_best_of_all_is_there(given_changes, count):
    changes = [change(*key, gain) for key, gain in given_changes.items()]
    chosen = picked(choose(changes, {"c"}, count))
    assert len(chosen) == min(count, len(changes))
    assert len({(r, s) for r, _, s in chosen}) == len(chosen)
