"""Specs: every printed row and column has one, and they say what the papers did."""

from __future__ import annotations

import pytest

from boundary_bench.bench.papers.published import names, published
from boundary_bench.bench.papers.recipes import ELSEWHERE, FIGURES, RECIPES
from boundary_bench.bench.papers.spec import UNREFINED, all_names, slug, spec
from boundary_bench.bench.plugins import registry


def test_rows_and_columns_are_those_that_are_printed(subtests: pytest.Subtests):
    for name in names():
        with subtests.test(table=name):
            table, printed = spec(name), published(name)
            assert [row.key for row in table.rows] == list(printed.rows)
            assert table.columns == printed.columns
            assert {(row, column) for row, column in printed.numbers} <= {
                (r.key, c) for r in table.rows for c in table.columns
            }


def test_every_column_is_measured_here_or_elsewhere(subtests: pytest.Subtests):
    for name in all_names():
        with subtests.test(table=name):
            table = spec(name)
            for column in table.columns:
                assert (column.metric in ELSEWHERE) != (column.metric in table.measured)
            assert {m.metric for m in table.measured.values()} <= set(registry.names("metrics"))


def test_every_row_says_what_it_needs(subtests: pytest.Subtests):
    for name in all_names():
        with subtests.test(table=name):
            table = spec(name)
            for row in table.rows:
                assert {stage.name for stage in row.stages} <= set(registry.names("refiners"))
                assert (row.label == UNREFINED) == (not row.stages)
                assert bool(row.roles) == bool(row.key.baseline)
                assert (
                    bool(row.stages) == bool(row.key.refiner) or table.recipe.detectors or "ensemble" in row.key.refiner
                )


def test_rows_with_numbers_of_their_own_are_runs_of_their_own(subtests: pytest.Subtests):
    """No two rows of one dataset and split become the same run, unless the paper repeats itself."""
    for name in all_names():
        with subtests.test(table=name):
            repeated = {"segfix/3": 1, "segfix/12": 4}
            table = spec(name)
            runs = [(r.key.dataset, r.key.split, r.roles, r.label) for r in table.rows]
            assert len(runs) - len(set(runs)) == repeated.get(name, 0)


def test_recipes_are_of_tables_that_exist():
    assert set(RECIPES) <= set(all_names())
    assert not set(FIGURES) & set(names())


def test_networks_differ_as_in_training():
    assert spec("segfix/3").networks == tuple(
        f"segfix_gamma{gamma}_directions{m}" for gamma, m in ((3, 8), (5, 8), (10, 8), ("inf", 8), (5, 4), (5, 16))
    )
    assert spec("bpr/7").networks == ("bpr",)
    assert spec("bpr/8").networks == ("bpr", "segfix")
    assert spec("bpr/2").networks == ("bpr_no_mask_patch", "bpr_mask_patch")


def test_what_table_7_of_bpr_varies_reaches_the_refiner():
    row = spec("bpr/7").rows[-1]
    assert row.varying == {"scheme": "released", "nms_threshold": 0.65}
    assert row.settings == {**row.varying, "patch_px": 64, "padding_px": 0, "input_px": 128}


def test_an_object_level_patch_is_of_the_networks_size():
    assert spec("bpr/4").rows[-1].settings == {"scheme": "object", "patch_px": 512, "padding_px": 0, "input_px": 512}


def test_a_chain_keeps_its_order():
    row = spec("segfix/5").rows[-1]
    assert [stage.name for stage in row.stages] == ["densecrf", "segfix"]
    assert row.needs_probabilities
    assert row.roles == ("deeplabv3",)


def test_guided_up_sampling_refines_probabilities_and_what_it_finds_is_refined():
    table = spec("segfix/4")
    assert [([stage.name for stage in row.stages], row.label, row.needs_probabilities) for row in table.rows] == [
        ([], UNREFINED, False),
        (["gum"], "GUM", True),
        (["segfix"], "SegFix", False),
        (["gum", "segfix"], "GUM+SegFix", True),
    ]
    assert {row.roles for row in table.rows} == {("deeplabv3",)}
    assert table.networks == ("gum", "segfix")


def test_an_ensemble_needs_both_models_with_probabilities():
    row = spec("segfix/11").rows[-1]
    assert row.roles == ("deeplabv3", "hrnet_w18")
    assert row.needs_probabilities
    assert not row.stages


def test_the_papers_oracles():
    four, eight = (row.stages[0].parameters for row in spec("segfix/1").rows[1:3])
    assert (four["directions"], eight["directions"]) == (4, 8)
    assert [row.stages[0].parameters["distance_px"] for row in spec("bpr/1").rows[1:]] == [1, 2, 3, "inf"]


def test_official_ap_where_the_paper_uses_it():
    assert spec("segfix/10").measured["AP"].metric == "cityscapes_ap"
    assert spec("bpr/2").measured["AP"].metric == "average_precision"


@pytest.mark.parametrize(
    ("printed", "role"),
    [
        ("Mask R-CNN (COCO pre-trained)", "mask_rcnn_coco"),
        ("Mask R-CNN (no COCO)", "mask_rcnn_no_coco"),
        ("HRNet-W48+OCR", "hrnet_w48_ocr"),
        ("DeepLabV3+", "deeplabv3plus"),
    ],
)
def test_roles_are_easy_to_type(printed, role):
    assert slug(printed) == role


def test_coarse_labels_are_drawn_from_the_truth_and_refined_as_far_as_they_are_off():
    table = spec("steal/7")
    assert list(table.simulated) == [f"simulated_coarse_labels_label_error{px}px" for px in (4, 8, 16, 32)]
    assert [each["error_px"] for each in table.simulated.values()] == [4, 8, 16, 32]
    grabcut, steal = ([row for row in table.rows if row.key.refiner == name] for name in ("GrabCut", "STEAL"))
    assert [row.stages[0].parameters["band_px"] for row in grabcut] == [8, 16, 32, 64, 32]
    # One step for 4 px, and from 8 px on five more each time; of labels drawn by people nothing is said.
    assert [row.stages[0].parameters.get("steps") for row in steal] == [1, 6, 11, 16, None]
    assert all(row.stages[0].parameters["coarse"] for row in (*grabcut, *steal))
    assert table.networks == ("steal",)


def test_the_original_protocol_of_sbd_allows_more_distance():
    parameters = spec("steal/2").measured["MF_ODS"].parameters
    assert parameters == {"max_distance_ratio": 0.02}
    assert spec("steal/1").measured["MF_ODS"].parameters == {}
