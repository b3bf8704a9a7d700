"""Plots as geometry: every point where its number belongs, round ticks, gains in their colours."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.analysis.numbers import Numbers
from boundary_bench.bench.report.page.gains import forests, heat_maps
from boundary_bench.bench.report.page.plots import line_plots
from boundary_bench.bench.report.page.scales import Scale, round_numbers
from tests.bench.report.fabricated import CLASSES, REFINERS, large, tiny


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_even_enclose_the_numbers_and_are_few(low, extent):
    ticks = round_numbers(low, low + extent)
    assert ticks[0] <= low + 1e-6 * extent
    assert ticks[-1] >= low + extent * (1 - 1e-6)
    assert 2 <= len(ticks) <= 8
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0], rtol=1e-3, atol=1e-9)


def test_ticks_are_round():
    assert round_numbers(0, 104) == [0, 25, 50, 75, 100, 125]
    assert round_numbers(-0.4, 5.7, about=4) == [-2, 0, 2, 4, 6]
    assert round_numbers(3, 3) == [2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6]


def test_a_scale_is_linear():
    scale = Scale(10, 20, 100, 0)
    assert [scale.at(value) for value in (10, 15, 20)] == [100, 50, 0]
    assert [(tick.at, tick.label) for tick in scale.ticks([10, 12.5])] == [(100, "10"), (75, "12.5")]


def test_points_lie_where_their_numbers_say():
    results = large(("net",))
    plots = {plot.title: plot for plot in line_plots(results, Numbers(results))}
    rate = plots["net: error rate by distance to the boundary"]
    base = next(line for line in rate.lines if line.label == "unrefined")
    curve = results.curves["net", "identity"]["error_distance"]
    wanted = 100 * curve["errors"][:20] / curve["pixels"][:20]
    bottom, top = rate.y_ticks[0], rate.y_ticks[-1]
    units = (float(top.label) - float(bottom.label)) / (top.at - bottom.at)
    drawn = [float(bottom.label) + (float(point.split(",")[1]) - bottom.at) * units for point in base.points[0].split()]
    np.testing.assert_allclose(drawn, wanted, atol=0.02)
    assert top.at < bottom.at
    assert base.look == "base"
    assert rate.rows[0] == ("unrefined", tuple(f"{value:.3g}" for value in wanted))


def test_many_methods_are_spread_over_plots_of_their_own():
    results = large()
    plots = line_plots(results, Numbers(results))
    assert len({plot.id for plot in plots}) == len(plots) == 2 * 2 * 3
    tolerance = [plot for plot in plots if "tolerance" in plot.title and plot.title.startswith("fcn8_small")]
    names = [line.label for plot in tolerance for line in plot.lines]
    assert names.count("unrefined") == 2
    assert {name.removesuffix(" †") for name in names} == {*REFINERS, "unrefined"} - {"identity"}
    assert {line.label: line.oracle for line in tolerance[1].lines}["oracle_offset m=8 †"]


def test_an_undefined_value_interrupts_its_line():
    results = large(("net",))
    numbers = results.numbers.copy()
    hole = (numbers["refiner"] == "grabcut") & (numbers["metric"] == "boundary_f@2px")
    numbers.loc[hole, "value"] = math.nan
    plot = line_plots(replace(results, numbers=numbers), Numbers(replace(results, numbers=numbers)))[0]
    line = next(line for line in plot.lines if line.label == "grabcut")
    assert [len(piece.split()) for piece in line.points] == [1, 1]
    assert dict(plot.rows)["grabcut"][1] == "–"


def test_intervals_are_drawn_on_a_scale_of_their_own_kind():
    first = forests(Numbers(large(("net",))))[0]
    assert first.title == "net: gain in mIoU"
    honest, oracles = first.panels
    assert len(honest.bars) + len(oracles.bars) == len(REFINERS) - 1
    bars = {bar.label: bar for bar in honest.bars}
    assert (bars["grabcut"].verdict, bars["ensemble"].verdict, bars["majority_filter"].verdict) == (
        "worse", "better", "open",
    )  # fmt: skip
    for bar in (*honest.bars, *oracles.bars):
        assert 0 <= bar.low <= bar.at <= bar.high <= 100
    assert bars["grabcut"].at < honest.zero < bars["ensemble"].at
    assert (bars["ensemble"].text, bars["ensemble"].interval) == ("+2.00", "[+1.70, +2.40]")


def test_gains_by_class_are_shaded_by_what_refiners_that_do_not_know_the_truth_reach():
    table, looks = heat_maps(Numbers(large(("net",))), 2)[0]
    assert table.header == ("refiner", *CLASSES)
    by_refiner = {
        row[0] if isinstance(row[0], str) else row[0].text: look[1:]
        for row, look in zip(table.rows, looks, strict=True)
    }
    # The largest of theirs is 2 points: 1.2 of 2 are 3 of 5 shades, oracles are cut off at 5.
    assert set(by_refiner["ensemble"]) == {"h-up-5 sure"}
    assert set(by_refiner["grabcut"]) == {"h-down-3 sure"}
    assert set(by_refiner["majority_filter"]) == {"h-up-1"}
    assert set(by_refiner["oracle_replace ∞"]) == {"h-up-5 sure"}


def test_classes_without_a_value_have_no_shade():
    (_, looks), *_ = heat_maps(Numbers(tiny()), 2)
    assert looks == [["", "h-up-5 sure", "", "h-up-4"]]


@pytest.mark.parametrize("count", [0, 1])
def test_one_class_or_none_needs_no_map(count):
    results = large(("net",))
    numbers = results.numbers[results.numbers["class"].isna() | results.numbers["class"].isin(CLASSES[:count])]
    assert heat_maps(Numbers(replace(results, numbers=numbers)), 2) == []
