"""The packaged tables: complete, well formed, and as consistent as the papers are."""

from __future__ import annotations

import csv
import io
from importlib.resources import files

import pytest

from boundary_bench.bench.datasets.cityscapes import CLASSES
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.papers.published import ColumnKey, facts, index, names, published
from boundary_bench.bench.papers.render_published import printed_csv, printed_report
from boundary_bench.bench.report.formats import latex, markdown
from tests.paths import data_dir

VOC = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
COUNTS = {"steal": 7, "segfix": 13, "bpr": 16, "bpr_supp": 1}


def raw(name: str) -> list[dict[str, str]]:
    text = (files("boundary_bench.bench.papers") / "data" / f"{name.replace('/', '_')}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def value(name: str, metric: str, baseline: str, refiner: str = "", class_name: str = "", setting: str = "") -> float:
    found = [
        number.value
        for (row, column), number in published(name).numbers.items()
        if (row.baseline, row.refiner) == (baseline, refiner)
        and (column.metric, column.class_name) == (metric, class_name)
        and setting in row.setting
    ]
    assert len(set(found)) == 1, (name, found)
    return found[0]


def test_all_tables_and_facts_are_there():
    assert len(names()) == 37
    assert {paper: sum(name.startswith(f"{paper}/") for name in names()) for paper in COUNTS} == COUNTS
    assert sum(count for _, count in index().values()) == 2546
    assert len(facts()) == 239
    assert len({(fact.paper, fact.section, fact.fact) for fact in facts()}) == 239


def test_every_number_of_a_table_is_one_and_has_a_key_of_its_own(subtests: pytest.Subtests):
    for name in names():
        with subtests.test(table=name):
            table = published(name)
            assert len(raw(name)) == len(table.numbers) == index()[name][1]
            assert {(record["paper"], record["table"]) for record in raw(name)} == {(table.paper, table.table)}
            for (row, column), number in table.numbers.items():
                assert number.value == float(number.printed)
                assert row.dataset
                assert row.split
                assert column.class_name in ("", *CLASSES, *VOC)
                assert "=" in row.setting or not row.setting
                if not column.metric.endswith(("_ms", "_M", "fps", "_image")):
                    assert -100 <= number.value <= 100


def test_a_table_is_printed_with_all_its_numbers(subtests: pytest.Subtests):
    for name in names():
        with subtests.test(table=name):
            report = printed_report(published(name))
            cells = [
                cell for table in report.tables for row in table.rows for cell in row[table.labels :] if cell != "–"
            ]
            assert sorted(cells) == sorted(number.printed for number in published(name).numbers.values())
            assert published(name).caption in markdown(report)
            assert latex(report).count(r"\begin{tabular}") == len(report.tables)
            assert [r["value"] for r in csv.DictReader(io.StringIO(printed_csv(published(name))))] == [
                r["value"] for r in raw(name)
            ]


def test_the_numbers_are_those_that_were_read_out_of_the_papers(subtests: pytest.Subtests):
    for name in names():
        with subtests.test(table=name):
            paper, _, table = name.partition("/")
            folder = data_dir().parent / "published"
            number = f"s{table[1:]}" if table.startswith("S") else table if paper == "steal" else f"{int(table):02d}"
            file = folder / f"{paper}_table{'_' if table.startswith('S') else ''}{number}.csv"
            if not file.exists():
                pytest.skip(f"{file.name} is not here")
            kept = [column for column in raw(name)[0] if column != "note"]
            with file.open(encoding="utf-8", newline="") as source:
                original = [{key: record[key] for key in kept} for record in csv.DictReader(source)]
            assert [{key: record[key] for key in kept} for record in raw(name)] == original


@pytest.mark.parametrize(
    ("metric", "baseline", "refiner", "places"),
    [
        ("mIoU", "DeepLabV3", "", ["segfix/1", "segfix/4", "segfix/5", "segfix/11", "segfix/13"]),
        ("boundary_f@1px", "DeepLabV3", "", ["segfix/1", "segfix/4", "segfix/5", "segfix/8", "segfix/11"]),
        ("mIoU", "DeepLabV3", "SegFix", ["segfix/4", "segfix/5", "segfix/13"]),
        ("boundary_f@1px", "DeepLabV3", "SegFix", ["segfix/5", "segfix/8"]),
        ("boundary_f@1px", "HRNet-W48", "", ["segfix/1", "segfix/8"]),
        ("mIoU", "Gated-SCNN", "", ["segfix/1", "segfix/6", "segfix/13"]),
        ("boundary_f@1px", "Gated-SCNN", "SegFix", ["segfix/6", "segfix/8"]),
        *(
            (metric, "Mask R-CNN (COCO pre-trained)", "", [f"bpr/{number}" for number in (2, 3, 4, 5, 6, 7, 9)])
            for metric in ("AP", "AP90", "boundary_AP", "AF")
        ),
        ("AP", "Mask R-CNN (COCO pre-trained)", "", ["bpr/1", "bpr/2", "bpr_supp/S1"]),
        ("mIoU", "HRNet-W18s", "", ["bpr/14", "bpr/15"]),
    ],
)
def test_numbers_that_tables_repeat_agree(metric, baseline, refiner, places):
    assert len({value(place, metric, baseline, refiner) for place in places}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("segfix/4", "boundary_f@1px", "DeepLabV3", "SegFix"), ("segfix/5", "boundary_f@1px", "DeepLabV3", "SegFix")),
        (("segfix/13", "mIoU", "HRNet-W48"), ("bpr/15", "mIoU", "HRNet-W48")),
        (("segfix/8", "boundary_f@1px", "HRNet-W48"), ("bpr/15", "AF", "HRNet-W48")),
        (("segfix/8", "boundary_f@1px", "HRNet-W48", "SegFix"), ("bpr/15", "AF", "HRNet-W48", "SegFix")),
    ],
)
def test_the_papers_contradictions_are_kept(one, other):
    assert value(*one) != value(*other)


def test_class_means_are_the_printed_means_but_for_what_the_readme_says():
    means = {"IoU": "mIoU", "MF_ODS": "MF_ODS", **{f"boundary_f@{t}px": f"boundary_f@{t}px" for t in (1, 2, 3)}}
    wrong, right = set(), 0
    for table in map(published, names()):
        classes: dict = {}
        for (row, column), number in table.numbers.items():
            if column.class_name and column.metric in means:
                classes.setdefault((row, column.metric), []).append(number.value)
        for (row, metric), values in classes.items():
            mean = table.numbers[row, ColumnKey(means[metric])]
            if abs(sum(values) / len(values) - mean.value) > 10.0**-mean.digits:
                wrong.add((table.name, row.baseline, row.refiner))
            else:
                right += 1
    assert wrong == {("segfix/9", "HRNet", "")}
    assert right > 50


def test_panoptic_quality_is_the_mean_of_things_and_stuff():
    table = published("bpr/16")
    for row in table.rows:
        for prefix in ("", "boundary_"):
            whole, things, stuff = (table.numbers[row, ColumnKey(prefix + n)].value for n in ("PQ", "PQ_th", "PQ_st"))
            assert whole == pytest.approx((8 * things + 11 * stuff) / 19, abs=0.1)


def test_gains_are_differences_of_other_tables():
    gain = value("segfix/2", "boundary_f@1px_delta", "DeepLabV3", "SegFix", setting="Higher-HRNet")
    before, after = (value("segfix/5", "boundary_f@1px", "DeepLabV3", refiner) for refiner in ("", "SegFix"))
    assert gain == pytest.approx(after - before, abs=0.05)


def test_an_unknown_table_is_refused_with_a_hint():
    with pytest.raises(InputError, match=r"segfix/55.*did you mean 'segfix/5'"):
        published("segfix/55")
