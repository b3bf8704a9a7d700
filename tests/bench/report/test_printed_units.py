"""Distances, counts and errors beside shares: their units in every face, and which way is better."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from boundary_bench.bench.analysis.compared import Change
from boundary_bench.bench.analysis.leaderboard import Board, Column, Place, Standing
from boundary_bench.bench.analysis.numbers import Interval, Numbers
from boundary_bench.bench.report import figures, style
from boundary_bench.bench.report.evaluation import evaluation
from boundary_bench.bench.report.formats import cell_text, markdown, render
from boundary_bench.bench.report.leaderboard import leaderboard_report
from boundary_bench.bench.report.page.choice import gain_of
from boundary_bench.bench.report.page.gains import forests
from boundary_bench.bench.report.page.plots import line_plots
from boundary_bench.bench.report.page.summary import summary
from boundary_bench.bench.report.page.tables import page_table
from boundary_bench.bench.report.shown import plotted_metrics
from boundary_bench.bench.report.tables import comparison
from tests.bench.report.fabricated import MASKS, large, masks

SCORES = (
    "Scores in per cent; _px in pixels, lower is better; MAE as fractions of 1, lower is better; HCE in corrections an "
    "image, lower is better, with 95 % intervals in brackets."
)


@pytest.fixture(scope="module")
def results():
    return masks()


def table(report, name):
    found = next(each for each in report.tables if each.name == name)
    return found.caption, [[cell_text(cell) for cell in row] for row in found.rows]


def test_scores_and_gains_are_in_the_unit_of_their_column(results):
    report = comparison(results)
    caption, (unrefined, refined) = table(report, "scores")
    assert caption == SCORES
    assert unrefined[2:] == [
        "80.0 [79.8, 80.2]", "12.50 [12.18, 12.82]", "0.035 [0.035, 0.035]", "1016 [1014, 1018]",
    ]  # fmt: skip
    assert refined[2:] == ["82.0", "9.25", "0.037", "996"]
    caption, (gains,) = table(report, "gains")
    assert caption.startswith("Gains over the unrefined predictions in points; _px in pixels, below 0 is better;")
    assert gains[2:4] == ["+2.00 [+1.80, +2.20]", "-3.250 [-3.575, -2.925]"]


def test_the_terminal_says_units_only_where_there_are_such(results):
    caption, rows = table(evaluation(results), "scores")
    assert caption == f"net: {SCORES[0].lower()}{SCORES[1:]}"
    assert rows[1][:2] == ["HD95_px", "12.50 [12.18, 12.82]"]
    assert "pixels" not in table(comparison(large()), "scores")[0]


def test_json_and_csv_stay_in_full_precision(results):
    rows = json.loads(render(results, "json"))["rows"]
    assert {row["metric"]: row["value"] for row in rows if row["refiner"] == "identity"} == {
        name: value for name, (value, _) in MASKS.items()
    }
    assert ",HD95_px,,12.5," in render(results, "csv")


def test_the_best_of_a_column_of_distances_is_the_least(results):
    report = comparison(results)
    scores = page_table(report.tables[0], report, {}, "")
    looks = [[cell.look for cell in row[2:]] for row in scores.rows]
    assert looks == [["", "", "best", ""], ["best", "best", "", "best"]]


def test_a_shorter_distance_is_a_gain_on_the_page(results):
    forest = next(each for each in forests(Numbers(results)) if "HD95_px" in each.title)
    (bar,) = forest.panels[0].bars
    assert (bar.verdict, bar.text, forest.unit) == ("better", "-3.250", "in pixels, below 0 is better")
    assert [tick.label for tick in forest.panels[0].ticks] == ["-4", "-3", "-2", "-1", "0"]
    tiles = {tile.metric: tile for tile in summary(results, Numbers(results), (), None).tiles}
    assert (tiles["HD95_px"].before, tiles["HD95_px"].after, tiles["HD95_px"].verdict) == ("12.50", "9.25", "better")


def test_a_shorter_distance_is_a_gain_in_figures(results):
    numbers = Numbers(results)
    colours, ends, units = {}, {}, {}
    for metric in MASKS:
        figure = figures.gains(numbers, numbers.methods[1:], metric)
        (drawn,) = figure.axes[0].containers
        colours[metric], ends[metric] = to_hex(drawn[0].get_color()).upper(), drawn[0].get_xdata()[0]
        units[metric] = figure.get_supxlabel().partition(", ")[0]
    good, bad = style.PALETTE[:2]
    assert colours == {"IoU": good, "HD95_px": good, "MAE": bad, "HCE": good}
    assert list(units.values()) == ["points", "pixels", "as fractions of 1", "corrections an image"]
    assert ends == pytest.approx({"IoU": 2.0, "HD95_px": -3.25, "MAE": 0.0021, "HCE": -20.6})


def test_bars_of_distances_are_as_high_as_they_are():
    results = large(("net",))
    renamed = results.numbers.assign(metric=results.numbers["metric"].replace("IoU", "HD95_px"))
    renamed.loc[renamed["metric"] == "HD95_px", "value"] = 130.0
    numbers = Numbers(replace(results, numbers=renamed))
    axes = figures.class_bars(numbers, numbers.methods[:2], "HD95_px").axes[0]
    assert axes.get_ylabel() == "HD95_px [px]"
    assert {bar.get_height() for bar in axes.patches} == {130.0}
    assert axes.get_ylim()[1] > 130


def test_images_that_lost_pixels_of_distance_are_those_where_it_grew():
    change = Change("net", "mend", "identity", "HD95_px", "a", before=3.0, after=5.5)
    assert gain_of(change) == -2.5


def test_a_leaderboard_of_distances_is_in_pixels(results):
    place = Place(Interval(-3.25, -3.5, -3.0), 1.0)
    board = Board("HD95_px", {}, (Column("discs", 4, None),), (Standing("mend", False, (place,), 1.0),))
    text = markdown(leaderboard_report([board], {"one": results}))
    assert "Gains in HD95_px over the unrefined predictions in pixels, below 0 is better" in text
    assert "-3.250 [-3.500, -3.000]" in text


def test_masks_are_led_by_their_own_numbers_and_classes_are_not(results):
    assert plotted_metrics(Numbers(results)) == ["IoU", "HD95_px"]
    assert "boundary_IoU" in Numbers(large()).metrics
    assert plotted_metrics(Numbers(large())) == ["mIoU", "boundary_f@1px"]


def with_bands(results):
    """With curves of scores in bands of 1 to 12 px; the refined ones are 5 points higher."""
    widths = np.arange(1.0, 13.0)
    curves = {
        ("net", refiner): {
            "trimap": {"width_px": widths, "IoU": 0.5 + more + widths / 100, "accuracy": 0.7 + 0 * widths}
        }
        for refiner, more in (("identity", 0.0), ("mend", 0.05))
    }
    return replace(results, curves=curves)


def test_scores_in_bands_are_drawn_where_there_are_such(results, tmp_path):
    assert "trimap-net.svg" not in {path.name for path in figures.draw_all(results, tmp_path / "a", kinds=("svg",))}
    banded = with_bands(results)
    assert "trimap-net.svg" in {path.name for path in figures.draw_all(banded, tmp_path / "b", kinds=("svg",))}
    region, accuracy = figures.in_bands(banded, Numbers(banded).methods).axes
    assert (region.get_ylabel(), accuracy.get_ylabel()) == ("IoU [%]", "accuracy [%]")
    assert [line.get_ydata()[0] for line in region.get_lines()] == pytest.approx([51.0, 56.0])
    plots = {plot.y_label: plot for plot in line_plots(banded, Numbers(banded))}
    assert dict(plots["IoU [%]"].rows)["mend"][:2] == ("56.0", "57.0")
    assert plots["accuracy [%]"].columns[0] == "1 px"
    assert line_plots(results, Numbers(results)) == ()
