"""The page as a file: its numbers are those of the tables, nothing in it points outside, it is the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.report.formats import render
from boundary_bench.bench.report.page.build import BYTES, Run, page
from boundary_bench.bench.results.table import Results
from tests.bench.report.page import town
from tests.bench.report.page.town import EVIL, REFINERS, WORSE, build


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def opened(folder):
    return Run.open(folder, permutations=20)


@pytest.fixture(scope="module")
def text(opened):
    return page(opened, images=10)


def table(text: str, name: str) -> list[list[str]]:
    """Keys of the cells of a table's body."""
    body = text.partition(f'id="table-{name}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [[unescape(key) for key in re.findall(r'data-key="([^"]*)"', row)] for row in body.split("</tr>")[:-1]]


def test_the_scores_are_those_that_bench_table_prints(folder, text):
    document = json.loads(render(Results.load(folder), "json"))
    values = {(r["predictions"], r["refiner"], r["metric"]): r["value"] for r in document["rows"] if r["class"] is None}
    heads = text.partition('id="table-scores"')[2].partition("</thead>")[0]
    metrics = re.findall(r'class="sort">([^<]*)<', heads)[2:]
    rows = table(text, "scores")
    assert len(rows) == 2 * (1 + len(REFINERS))
    for predictions, refiner, *keys in rows:
        assert [float(key) for key in keys] == [values[predictions, refiner, metric] for metric in metrics]


def test_the_gains_by_class_are_those_that_bench_table_prints(folder, text):
    rows = json.loads(render(Results.load(folder), "json"))["rows"]
    wanted = {
        (r["refiner"], r["class"]): r["difference"] for r in rows if (r["predictions"], r["metric"]) == ("far", "IoU")
    }
    found = table(text, "heat-far--IoU")
    assert [row[0] for row in found] == list(REFINERS)
    for refiner, *keys in found:
        assert [float(key) for key in keys] == [wanted[refiner, name] for name in town.CLASSES]


def test_the_same_run_gives_the_same_bytes(folder, text):
    assert page(Run.open(folder, permutations=20), images=10) == text


def test_nothing_points_outside_and_nothing_runs_that_was_not_meant_to(text):
    targets = re.findall(r'(?:href|src|action|srcset|data)="([^"]*)"', text)
    assert targets
    assert all(target.startswith(("#", "data:")) for target in targets)
    assert "http-equiv" in text
    assert "url(" not in text
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    for kind, part in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert ' style="' not in text


def test_names_are_escaped_everywhere(text):
    assert text.count("<script>") == 1
    assert "<img" not in text
    assert unescape(text).count(EVIL) > 10
    assert unescape(text).count(WORSE) > 10


def test_ids_are_unique_and_what_refers_to_them_finds_them(text):
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'(?:href="#|popovertarget="|aria-labelledby=")([^"]*)"', text):
        assert set(reference.split()) <= set(ids)


def test_the_gallery_shows_so_many_images_with_the_numbers_of_the_run(text, opened):
    shots = re.findall(r'<article class="shot".*?</article>', text, re.DOTALL)
    assert len(shots) == 10
    assert all("→" in shot for shot in shots)
    assert "differ from what the run measured" not in text


def test_pictures_that_are_no_longer_those_that_were_measured_are_told(opened, monkeypatch):
    monkeypatch.setattr(town.Move, "refine", lambda self, image, prediction: prediction)
    assert re.search(r"[1-9]\d* of 10 pictures differ from what the run measured", page(opened, images=10))


def test_an_image_that_cannot_be_opened_again_leaves_the_others(opened, monkeypatch):
    whole = town.Town.image

    def broken(self, sample):
        if sample.id == f"{WORSE}1":
            raise OSError("gone")
        return whole(self, sample)

    monkeypatch.setattr(town.Town, "image", broken)
    text = page(opened, images=48)
    assert 0 < text.count('<article class="shot"') < 48
    assert "could not be opened again" in text
    assert "OSError: gone" in text


def test_without_its_inputs_the_page_does_without_a_gallery_and_says_why(opened):
    manifest = json.loads(json.dumps(opened.manifest))
    manifest["experiment"]["dataset"] = {"name": "camvid", "root": "gone", "split": "test"}
    text = page(replace(opened, manifest=manifest))
    assert '<article class="shot"' not in text
    assert "No pictures:" in text
    assert "--experiment" in text


def test_without_images_there_is_no_gallery_either(opened):
    assert "No pictures: no images were asked for." in page(opened, images=0)


def test_against_another_refiner_that_one_is_before(folder):
    run = Run.open(folder, REFINERS[0], permutations=20)
    text = page(run, images=4)
    assert "Tests against mend" in text
    assert "over mend" in text
    with pytest.raises(InputError, match=r"--against.*nobody"):
        Run.open(folder, "nobody")


def test_big_photos_do_not_make_a_big_page(opened, monkeypatch):
    monkeypatch.setattr("boundary_bench.bench.report.page.build.BYTES", 500_000)
    noise = np.random.default_rng(0).integers(0, 256, (*town.SIZE, 3)).astype(np.uint8)
    monkeypatch.setattr(town.Town, "image", lambda self, sample: noise)
    assert len(page(opened, images=10).encode()) < BYTES


def test_a_run_of_predictions_alone_has_no_comparison(tmp_path, monkeypatch):
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.config.experiment import experiment_from
    from boundary_bench.bench.engine.runner import run

    document = {
        "dataset": {"name": f"{town.HERE}:Town", "split": "all", "count": 3},
        "predictions": [{"name": "net", "format": f"{town.HERE}:Shifted"}],
        "metrics": ["mean_iou"], "executor": {"name": "serial"}, "bootstrap": {"replicates": 20}, "output": "run",
    }  # fmt: skip
    outcome = run(experiment_from(document, tmp_path))
    summarise_run(outcome.store, outcome.plan).save(outcome.store.folder)
    text = page(Run.open(outcome.store.folder))
    assert "No pictures: no refiner has changed anything." in text
    assert 'id="table-scores"' in text
    assert 'id="table-costs"' not in text
