"""Figures: which are drawn, what is in them, and that equal results give equal files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boundary_bench.bench.analysis.numbers import Numbers
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.report import figures, shown, style
from tests.bench.report.fabricated import REFINERS, large, tiny


@pytest.fixture(scope="module")
def one_set():
    return large(("net",))


def test_a_full_run_gets_every_figure_and_pages_of_methods_that_can_be_told_apart(one_set, tmp_path):
    written = figures.draw_all(one_set, tmp_path, kinds=("svg",))
    assert [path.name for path in written] == [
        "error-distance-net-1.svg", "boundary-f-net-1.svg", "error-distance-net-2.svg",
        "boundary-f-net-2.svg",
        "gains-miou-net.svg", "gains-boundary-f-1px-net.svg",
        "classes-iou-net.svg", "classes-boundary-f-1px-net.svg",
    ]  # fmt: skip
    assert sorted(tmp_path.iterdir()) == sorted(written)


def test_equal_results_give_equal_files(tmp_path):
    few = ["majority_filter"]
    first = figures.draw_all(large(("net",)), tmp_path / "a", methods=few)
    second = figures.draw_all(large(("net",)), tmp_path / "b", methods=few)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert {path.suffix for path in first} == {".png", ".svg"}
    assert not any(b"<dc:date>" in path.read_bytes() for path in first)


def test_every_page_shows_the_baseline_and_each_method_is_on_one_page(one_set):
    pages = shown.pages(Numbers(one_set).methods)
    assert all(page[0].refiner == "identity" and len(page) <= style.METHODS_SHOWN + 1 for page in pages)
    others = [method.refiner for page in pages for method in page[1:]]
    assert others == [name for name in REFINERS if name != "identity"]


def test_error_distance_draws_counts_and_rates_near_the_boundary(one_set):
    methods = Numbers(one_set).methods[:2]
    with style.styled():
        figure = figures.error_distance(one_set, methods)
    counts, rates = figure.axes
    curve = one_set.curves["net", "identity"]["error_distance"]
    line = counts.get_lines()[0]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, figures.FARTHEST_PX + 1))
    np.testing.assert_array_equal(line.get_ydata(), curve["errors"][: figures.FARTHEST_PX])
    expected = 100 * curve["errors"][4] / curve["pixels"][4]
    assert rates.get_lines()[0].get_ydata()[4] == pytest.approx(expected)


def test_the_bin_of_all_that_is_farther_is_not_drawn(one_set):
    results = large(("net",))
    curve = results.curves["net", "identity"]["error_distance"]
    for name, value in (("distance_px", np.inf), ("errors", 5), ("pixels", 9)):
        curve[name] = np.append(curve[name][:4].astype(float), value)
    with style.styled():
        figure = figures.error_distance(results, Numbers(results).methods[:1])
    np.testing.assert_array_equal(figure.axes[0].get_lines()[0].get_xdata(), [1, 2, 3, 4])


def test_gains_put_oracles_on_a_scale_of_their_own():
    numbers = Numbers(large(("net",)))
    refined = [method for method in numbers.methods if method.refiner != "identity"]
    with style.styled():
        figure = figures.gains(numbers, refined, "mIoU")
    honest, oracles = ([label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes)
    assert "grabcut" in honest
    assert all(label.endswith("†") for label in oracles)
    assert len(honest) + len(oracles) == len(refined)


def test_nothing_is_cut_off_where_methods_have_long_names():
    results = large(("net",))
    names = {name: f"a method with quite a long name, {name}" for name in REFINERS if name != "identity"}
    methods = [replace(each, refiner=names.get(each.refiner, each.refiner)) for each in Numbers(results).methods]
    with style.styled():
        numbers = Renamed(results, methods)
        for figure in (figures.f_against_tolerance(numbers, methods[:5]), figures.gains(numbers, methods[1:], "mIoU")):
            figure.draw_without_rendering()
            drawn = figure.get_tightbbox()
            assert drawn.x0 > -0.01
            assert drawn.x1 < figure.get_figwidth() + 0.01


class Renamed(Numbers):
    """Numbers under other names of the methods."""

    def __init__(self, results, methods):
        super().__init__(results)
        self._own = dict(zip(methods, self.methods, strict=True))

    def get(self, method, *rest):
        return super().get(self._own[method], *rest)


def test_an_undefined_class_has_a_dash_and_no_bar():
    numbers = Numbers(tiny())
    with style.styled():
        axes = figures.class_bars(numbers, numbers.methods, "IoU").axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == pytest.approx([90.0, 0.0, 26.46, 95.0, 0.0, 30.0])
    assert [text.get_text() for text in axes.texts] == ["–", "–"]
    assert [round(text.get_position()[0]) for text in axes.texts] == [1, 1]


def test_an_unknown_method_is_refused(one_set, tmp_path):
    with pytest.raises(InputError, match=r"no_such.*identity, majority_filter"):
        figures.draw_all(one_set, tmp_path / "none", methods=["no_such"])
    assert not (tmp_path / "none").exists()


def test_drawing_leaves_the_settings_of_matplotlib_alone(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figures.draw_all(tiny(), tmp_path, kinds=("svg",))
    assert dict(mpl.rcParams) == before
