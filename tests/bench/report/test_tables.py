"""Tables: cells worked out by hand, a golden page, and equal bytes for equal numbers."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from boundary_bench.bench.analysis.numbers import Interval, Numbers
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.io.json_file import dumps
from boundary_bench.bench.report.absent import absent_notes
from boundary_bench.bench.report.evaluation import evaluation
from boundary_bench.bench.report.formats import FORMATS, cell_text, markdown, render
from boundary_bench.bench.report.tables import Mark, Score, comparison
from tests.bench.report.fabricated import NAN, large, tiny

GOLDEN = Path(__file__).parents[2] / "golden" / "comparison.md"


@pytest.mark.parametrize(
    ("interval", "digits", "signed", "text"),
    [
        (Interval(0.5823, 0.5692, 0.5961), 1, False, "58.2 [56.9, 59.6]"),
        (Interval(0.0031, 0.0012, 0.005), 2, True, "+0.31 [+0.12, +0.50]"),
        (Interval(-0.0031, -0.005, 0.0012), 2, True, "-0.31 [-0.50, +0.12]"),
        (Interval(-0.00001, -0.01, 0.01), 2, True, "0.00 [-1.00, +1.00]"),
        (Interval(0.0, 0.0, 0.0), 1, False, "0.0 [0.0, 0.0]"),
        (Interval(1.0), 1, False, "100.0"),
        (Interval(NAN, NAN, NAN), 1, False, "–"),
        (Interval(0.5, NAN, NAN), 1, False, "50.0"),
        (Interval(0.5, NAN, NAN, "too few for an interval: 3 images"), 1, False, "50.0 [–]"),
    ],
)
def test_a_cell_is_the_percentage_with_its_interval(interval, digits, signed, text):
    assert cell_text(Score(interval, digits, signed)) == text


def test_markdown_is_the_golden_page():
    assert render(tiny(), "md") == GOLDEN.read_text(encoding="utf-8")


def test_markdown_columns_line_up_and_bars_in_names_do_not_split_cells():
    for block in render(large(), "md").split("\n\n"):
        if block.startswith("|"):
            assert len({len(line) for line in block.splitlines()}) == 1
    row = next(line for line in render(tiny(), "md").splitlines() if "c\\|r" in line)
    assert row.replace("\\|", "").count("|") == 6  # 2 names and 3 classes


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_numbers_give_the_same_bytes(kind):
    assert render(large(), kind) == render(large(), kind)


def test_latex_escapes_what_it_would_take_as_commands():
    text = render(tiny(), "tex")
    assert r"net\_a & identity & 58.2 {\scriptsize [56.9, 59.6]} & 36.5" in text
    assert r"c\textbar{}r \& 5\%\_x" in text
    assert r"replace 1px $^\dagger$" in text
    assert r"0.00 {\scriptsize [$-$1.00, +1.00]}" in text
    assert "–" not in text
    assert text.count(r"\begin{table*}") == text.count(r"\end{table*}") == 3
    for line in text.splitlines():
        if line.endswith(r"\\") and "c\\textbar" in line:
            assert line.count(" & ") == 4


def test_html_is_well_formed_and_escapes():
    import xml.etree.ElementTree as ET

    root = ET.fromstring(render(tiny(), "html"))
    tables = root.findall("table")
    assert len(tables) == 3
    assert [len(table.findall("tbody/tr")) for table in tables] == [2, 1, 2]
    assert {cell.get("scope") for cell in tables[0].findall("thead/tr/th")} == {"col"}
    assert tables[2].findall("thead/tr/th")[-1].text == "c|r & 5%_x"


def test_csv_is_long_in_full_precision_with_undefined_empty():
    rows = list(csv.DictReader(io.StringIO(render(tiny(), "csv"))))
    assert len(rows) == 10
    by_key = {(row["refiner"], row["metric"], row["class"]): row for row in rows}
    assert by_key["identity", "mIoU", ""]["value"] == "0.5823"
    assert by_key["identity", "IoU", "pole"]["value"] == ""
    assert by_key["replace 1px", "mIoU", ""]["difference_low"] == "0.05"


def test_json_has_null_where_undefined():
    document = json.loads(render(tiny(), "json"), parse_constant=pytest.fail)
    assert document["schema"] == 1
    assert document["dataset"]["name"] == "drawn"
    pole = [row for row in document["rows"] if row["class"] == "pole"]
    assert [row["value"] for row in pole] == [None, None]
    assert document["rows"][0]["class"] is None
    assert document["rows"][0]["scored"] == 2
    assert dumps({"a": float("nan"), "b": [float("inf")]}) == '{\n  "a": null,\n  "b": [\n    null\n  ]\n}\n'


def test_metrics_can_be_chosen_and_bring_their_values_per_class():
    report = comparison(tiny(), ["mIoU"])
    assert [table.name for table in report.tables] == ["scores", "gains", "classes-IoU"]
    assert report.tables[0].header == ("predictions", "refiner", "mIoU")
    assert "boundary_f" not in render(tiny(), "csv", ["mIoU"])
    assert "boundary_f" not in render(tiny(), "json", ["mIoU"])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_metric_that_was_not_measured_is_refused(kind):
    with pytest.raises(InputError, match=r"PQ.*mIoU, boundary_f@1px"):
        render(tiny(), kind, ["PQ"])


def test_oracles_are_marked_and_explained_only_where_there_are_any():
    report = comparison(tiny())
    assert report.tables[0].rows[1][1] == Mark("replace 1px")
    assert any("ground truth" in note for note in report.notes)
    everything = tiny()
    honest = replace(everything, numbers=everything.numbers[~everything.numbers["oracle"]])
    assert not any("ground truth" in note for note in comparison(honest).notes)
    assert [table.name for table in comparison(honest).tables] == ["scores", "classes-IoU"]


def test_notes_count_what_failed_and_what_is_undefined():
    notes = "\n".join(comparison(tiny()).notes)
    assert "net_a, replace 1px †: 1 failed, 0 missing of 4 images." in notes
    assert "mIoU, boundary_f: 2 scored, 1 undefined." in notes
    assert "1000 replicates over 4 images" in notes
    assert "No image failed and none was missing." in comparison(large()).notes
    assert any("2 clusters" in note and "rough" in note for note in comparison(large()).notes)


def test_numbers_without_an_interval_say_why_in_every_form():
    few = tiny()
    why = "too few for an interval: 4 images, at least 5 are needed"
    ends = dict.fromkeys(("low", "high", "difference_low", "difference_high"), NAN)
    few = replace(few, numbers=few.numbers.assign(**ends, no_interval=why, difference_no_interval=why))
    notes = comparison(few).notes
    assert notes[0] == f"[–]: {why}."
    assert not any(note.startswith("Intervals:") for note in notes)
    assert "| 58.2 [–] |" in render(few, "md")
    assert r"58.2 {\scriptsize [--]}" in render(few, "tex")
    assert "58.2 [–]" in render(few, "html")
    assert json.loads(render(few, "json"))["rows"][0]["no_interval"] == why
    assert next(csv.DictReader(io.StringIO(render(few, "csv"))))["no_interval"] == why
    # Some have one: both are said.
    mixed = few.numbers.assign(low=[0.1] + [NAN] * (len(few.numbers) - 1))
    assert comparison(replace(few, numbers=mixed)).notes[:2] == (
        "Intervals: normal bootstrap with Student's quantiles, 1000 replicates over 4 images.",
        f"[–]: {why}.",
    )


def test_absent_classes_are_named_for_each_method_where_these_differ():
    results = tiny()
    said = "1 of 3 classes occurs in neither truth nor prediction: pole; left out of means."
    assert absent_notes(Numbers(results)) == [said]
    numbers = results.numbers.copy()
    numbers.loc[(numbers["refiner"] != "identity") & (numbers["class"] == "road"), "value"] = NAN
    assert absent_notes(Numbers(replace(results, numbers=numbers))) == [
        f"net_a, identity: {said}",
        "net_a, replace 1px †: 2 of 3 classes occur in neither truth nor prediction: road, pole; left out of means.",
    ]
    # Nothing measured is no absence.
    numbers = numbers[numbers["refiner"] == "identity"].assign(samples=0, value=NAN)
    assert absent_notes(Numbers(replace(results, numbers=numbers))) == []


def test_evaluation_has_a_row_a_metric_and_a_row_a_class():
    run = large(("net",))
    results = replace(run, numbers=run.numbers[run.numbers["refiner"] == "identity"])
    scores, classes = evaluation(results).tables
    assert [row[0] for row in scores.rows] == list(Numbers(results).metrics)
    assert [row[0] for row in classes.rows] == results.dataset["classes"]
    assert "| mIoU " in markdown(evaluation(results))


def test_recoveries_are_a_table_of_the_others_where_the_experiment_names_a_bound():
    results = large()
    bound = next(each for each in results.numbers["refiner"].unique() if each != "identity")
    numbers = results.numbers.assign(recovery=0.336, recovery_low=0.24, recovery_high=0.416)
    asked = {**results.provenance, "experiment": {"recovery_of": bound}}
    plain_tables = comparison(results).tables
    table = comparison(replace(results, numbers=numbers, provenance=asked)).tables[2]
    assert [each.name for each in plain_tables[:2]] == ["scores", "gains"]
    assert all(each.name != "recoveries" for each in plain_tables)
    assert table.name == "recoveries"
    assert bound in table.caption
    assert {cell_text(row[1]).rstrip(" †") for row in table.rows}.isdisjoint({"identity", bound})
    assert {cell_text(cell) for row in table.rows for cell in row[2:]} == {"34 [24, 42]"}
