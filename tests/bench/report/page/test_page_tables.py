"""Cells, keys to sort by, the best of a column, and files to save."""

from __future__ import annotations

import base64
import csv
import io
import math

import pytest

from boundary_bench.bench.analysis.numbers import Interval
from boundary_bench.bench.report.formats import latex
from boundary_bench.bench.report.page.downloads import download, file_name, table_csv, table_downloads
from boundary_bench.bench.report.page.tables import page_table, sort_key, title
from boundary_bench.bench.report.tables import Mark, Report, Score, Table, comparison
from tests.bench.report.fabricated import large, tiny

NAN = math.nan


def score(value: float, low: float = NAN, high: float = NAN) -> Score:
    return Score(Interval(value, low, high), 1)


@pytest.mark.parametrize(
    ("cell", "label", "key"),
    [
        (score(0.5823, 0.5, 0.6), False, "0.5823"),
        (score(-1e-5), False, "-1e-05"),
        (score(NAN), False, ""),
        ("–", False, ""),
        ("17 / 0 / 7", False, "17"),
        ("356,540", False, "356540"),
        ("0.0005", False, "0.0005"),
        ("1.2e-05", False, "1.2e-05"),
        ("2: road, pole", False, "2"),
        ("3 px", True, "3 px"),
        (Mark("oracle"), True, "oracle"),
    ],
)
def test_cells_are_sorted_by_numbers_and_labels_by_text(cell, label, key):
    assert sort_key(cell, label=label) == key


def shown(table: Table, cards: dict[str, str] | None = None):
    return page_table(table, Report("heading", (table,), ("a note",), ()), cards or {}, "@book{x,}")


def test_the_best_of_each_prediction_set_is_set_off_and_no_oracle_is():
    rows = (
        ("a", "identity", score(0.5), score(0.3)),
        ("a", "one", score(0.7), score(0.2)),
        ("a", Mark("oracle"), score(0.9), score(0.0)),
        ("b", "identity", score(0.8), score(NAN)),
        ("b", "one", score(0.6), score(0.5)),
    )
    table = shown(Table("scores", "c", ("predictions", "refiner", "mIoU", "error_rate"), 2, rows))
    looks = [[cell.look for cell in row[2:]] for row in table.rows]
    assert looks == [["", ""], ["best", "best"], ["", ""], ["best", ""], ["", "best"]]
    assert table.rows[2][1].look == "oracle"


def test_headers_have_the_definitions_that_there_are():
    table = shown(comparison(tiny()).tables[0], {"mIoU": "definition-0"})
    assert [(h.text, h.card, h.numeric) for h in table.headers] == [
        ("predictions", "", False),
        ("refiner", "", False),
        ("mIoU", "definition-0", True),
        ("boundary_f@1px", "", True),
    ]
    assert (table.rows[0][2].text, table.rows[0][2].detail) == ("58.2", "[56.9, 59.6]")


def test_the_csv_of_a_table_has_full_precision_and_columns_for_intervals():
    rows = (("n,1", score(0.58231234, 0.5, 0.625), "7 / 1 / 0"), ("n2", score(NAN), "–"))
    text = table_csv(Table("t", "c", ("name", "mIoU", "images"), 1, rows))
    assert text == 'name,mIoU,mIoU low,mIoU high,images\n"n,1",0.58231234,0.5,0.625,7 / 1 / 0\nn2,,,,–\n'


def test_files_of_a_table_hold_that_table_and_the_references():
    report = comparison(large())
    tex, values, references = table_downloads(report.tables[1], report, "@book{x,}\n")
    assert [each.file for each in (tex, values, references)] == ["gains.tex", "gains.csv", "references.bib"]
    text = decoded(tex.href)
    assert text.count(r"\begin{table*}") == 1
    assert all(block in latex(report) for block in text.split("\n\n"))
    assert len(list(csv.reader(io.StringIO(decoded(values.href))))) == len(report.tables[1].rows) + 1
    assert decoded(references.href) == "@book{x,}\n"


def test_links_hold_any_text_and_names_suit_any_file_system():
    each = download("LaTeX", "heat-<a/b>: ∞, IoU@1px", "∞ €\n")
    assert each.file == "heat-a-b-IoU@1px.tex"
    assert decoded(each.href) == "∞ €\n"
    assert file_name("///") == "table"


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("scores", "Scores"),
        ("gains", "Gains over the unrefined predictions"),
        ("gains-SegFix", "Tests against SegFix"),
        ("classes-IoU", "IoU by class"),
        ("decided-mIoU-a-b", "Classes beyond doubt: mIoU against a-b"),
        ("something", "something"),
    ],
)
def test_tables_have_headings(name, heading):
    assert title(Table(name, "mIoU against a-b: classes", (), 0, ())) == heading


def decoded(href: str) -> str:
    return base64.b64decode(href.partition("base64,")[2]).decode()
