from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.analysis.leaderboard import leaderboard
from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.report.leaderboard import leaderboard_csv, leaderboard_json, leaderboard_report
from boundary_bench.bench.results.table import Results
from tests.bench.cli.street import call
from tests.bench.worlds import HERE, experiment

FILL = {"name": f"{HERE}:Fill", "label": "fill"}
MORE = {"name": f"{HERE}:Fill", "rows": 3, "label": "more"}
COPY = {"name": f"{HERE}:Copy", "label": "copy"}


def made(folder: Path, *refiners: Any, split: str = "val", **changes: Any) -> Results:
    dataset = {"name": f"{HERE}:Drawn", "split": split}
    outcome = run(experiment(folder, refiners=["identity", *refiners], dataset=dataset, **changes))
    return summarise_run(outcome.store, outcome.plan)


def with_gains(results: Results, **gains: float) -> Results:
    """The same results with these gains of the refiners, in every prediction set and class."""
    numbers = results.numbers.copy()
    for refiner, gain in gains.items():
        numbers.loc[numbers["refiner"] == refiner, "difference"] = gain
    return replace(results, numbers=numbers)


@pytest.fixture
def results(tmp_path):
    return made(tmp_path, FILL, MORE, COPY)


def test_gains_are_those_of_the_runs(results, tmp_path):
    (board,) = leaderboard({"a": results})
    assert board.metric == "accuracy"
    assert [column.title for column in board.columns] == ["drawn val, first", "drawn val, second"]
    assert [column.samples for column in board.columns] == [5, 5]
    of = {standing.refiner: standing for standing in board.standings}
    numbers = results.numbers[results.numbers["class"].isna()].set_index(["predictions", "refiner"])
    for refiner in ("fill", "more", "copy"):
        for place, predictions in zip(of[refiner].places, ("first", "second"), strict=True):
            expected = numbers.loc[(predictions, refiner), ["difference", "difference_low", "difference_high"]]
            assert [place.gain.value, place.gain.low, place.gain.high] == expected.tolist()
    assert [place.gain.value for place in of["identity"].places] == [0, 0]
    assert board.standings[-1].refiner == "copy"
    assert of["copy"].mean_rank is None


def test_ranks_by_hand(results, tmp_path):
    other = made(
        tmp_path / "other", FILL, MORE, split="test", predictions=results.provenance["experiment"]["predictions"][:1]
    )
    runs = {"a": with_gains(results, fill=0.1, more=-0.1, copy=0.9), "b": with_gains(other, fill=0.0, more=0.2)}
    (board,) = leaderboard(runs)
    assert [column.title for column in board.columns] == ["drawn val, first", "drawn val, second", "drawn test, first"]
    ranks = {each.refiner: [place.rank for place in each.places] for each in board.standings}
    # Gains: identity 0 0 0, fill .1 .1 0, more -.1 -.1 .2; equal ones share the mean of their places.
    assert ranks == {"fill": [1, 1, 2.5], "identity": [2, 2, 2.5], "more": [3, 3, 1], "copy": [None] * 3}
    assert [each.refiner for each in board.standings] == ["fill", "identity", "more", "copy"]
    assert [each.mean_rank for each in board.standings] == pytest.approx([1.5, 6.5 / 3, 7 / 3, None])


def test_only_refiners_that_every_column_has_are_ranked(results, tmp_path):
    runs = {"a": results, "b": made(tmp_path / "other", FILL, split="test")}
    (board,) = leaderboard(runs)
    assert {each.refiner for each in board.standings if each.mean_rank is not None} == {"identity", "fill"}
    more = next(each for each in board.standings if each.refiner == "more")
    assert np.isnan(more.places[2].gain.value)
    text = leaderboard_report((board,), runs).tables[0].rows
    assert len(text) == 4


def test_runs_of_the_same_files_share_columns(tmp_path):
    first = made(tmp_path, FILL)
    second = made(tmp_path, MORE, output="second")
    (board,) = leaderboard({"a": first, "b": second})
    assert len(board.columns) == 2
    assert {each.refiner for each in board.standings if each.mean_rank is not None} == {"identity", "fill", "more"}
    changed = with_gains(made(tmp_path, FILL, output="third"), fill=0.5)
    with pytest.raises(InputError, match=r"fill gains 0.5.*in an earlier run"):
        leaderboard({"a": first, "c": changed})


def test_other_files_of_the_same_names_have_columns_of_their_own(tmp_path):
    first = made(tmp_path, FILL)
    (tmp_path / "other").mkdir()
    np.save(tmp_path / "first" / "s0.npy", np.zeros((6, 8), np.uint8))
    second = made(tmp_path, FILL, output="second")
    (board,) = leaderboard({"a": first, "b": second})
    titles = [column.title for column in board.columns]
    assert titles == ["drawn val, first (a)", "drawn val, second", "drawn val, first (b)"]


def test_what_does_not_mean_the_same_is_refused_with_the_reason(results):
    def redefined(**card: Any) -> Results:
        return replace(results, definitions={"accuracy": {"metric": "hits over pixels", **card}})

    assert leaderboard({"a": redefined(tolerances_px=[1]), "b": redefined(tolerances_px=[1, 2])})
    with pytest.raises(InputError, match=r"accuracy in run b.*void 'wrong'.*as in a, void 'left out'"):
        leaderboard({"a": redefined(void="left out"), "b": redefined(void="wrong")})
    with pytest.raises(InputError, match=r"accuracy in run b.*void None"):
        leaderboard({"a": redefined(void="left out"), "b": redefined()})


def test_what_cannot_be_compared_is_refused(results, tmp_path):
    bootstrap = {**results.provenance["bootstrap"], "interval": "percentile"}
    other = replace(results, provenance={**results.provenance, "bootstrap": bootstrap})
    with pytest.raises(InputError, match=r"percentile bootstrap.*as in a, 95 %, normal bootstrap"):
        leaderboard({"a": results, "b": other})
    with pytest.raises(InputError, match="no mIoU; allowed: accuracy"):
        leaderboard({"a": results}, ["mIoU"])
    renamed = replace(results, numbers=results.numbers.assign(metric="mIoU"), definitions={"mIoU": {}})
    with pytest.raises(InputError, match="no metric in common"):
        leaderboard({"a": results, "b": renamed})
    unrefined = replace(results, numbers=results.numbers[results.numbers["refiner"] != "identity"])
    with pytest.raises(InputError, match="no identity"):
        leaderboard({"a": unrefined})


def test_an_error_that_falls_ranks_higher(results):
    renamed = with_gains(results, fill=0.1, more=-0.1).numbers.assign(metric="error_rate")
    (board,) = leaderboard({"a": replace(results, numbers=renamed, definitions={"error_rate": {}})}, ["error_rate"])
    assert [each.refiner for each in board.standings] == ["more", "identity", "fill", "copy"]


def test_tables_and_data_say_the_same(results, tmp_path):
    runs = {"a": with_gains(results, fill=0.125), "b": made(tmp_path / "other", {**FILL, "rows": 1}, split="test")}
    boards = leaderboard(runs)
    report = leaderboard_report(boards, runs)
    assert any("Not set up alike in all runs: fill." in note for note in report.notes)
    rows = list(csv.DictReader(io.StringIO(leaderboard_csv(boards))))
    assert len(rows) == 4 * 4
    fill = next(row for row in rows if (row["refiner"], row["column"]) == ("fill", "drawn val, first"))
    assert (float(fill["gain"]), fill["samples"]) == (0.125, "5")
    document = json.loads(leaderboard_json(boards))
    assert next(r for r in document["rows"] if r["refiner"] == "copy")["rank"] is None
    assert document["definitions"]["accuracy"]["metric"] == "hits over pixels"


def test_the_verb_prints_tables(results, tmp_path, capsys):
    results.save(tmp_path / "out")
    assert call("leaderboard", tmp_path / "out", "--format", "md") == 0
    out = capsys.readouterr().out
    assert "drawn val, first" in out
    assert "| copy † " in out
    for form, mark in (("tex", "tabular"), ("html", "<table>"), ("csv", "mean_rank"), ("json", '"gain"')):
        assert call("leaderboard", tmp_path / "out", "--format", form) == 0
        assert mark in capsys.readouterr().out
    assert call("leaderboard", tmp_path / "nothing") == 2
