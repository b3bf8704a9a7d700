from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.summary import evaluation_json, summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.report.formats import markdown
from boundary_bench.bench.report.tables import comparison
from boundary_bench.bench.results.table import COLUMNS, Results
from boundary_bench.metrics.functional.statistics import Summary
from tests.bench import fakes, worlds
from tests.bench.worlds import HERE, experiment, require_equal
from tests.void import VOID

METRIC = f"{HERE}:Accuracy"


def counts(tmp_path: Path, refine: Any = lambda labels, truth: labels, name: str = "first", samples: int = 5) -> Any:
    """Hits and pixels by image and class, from the files."""
    hits, pixels = np.zeros((samples, 3)), np.zeros((samples, 3))
    for i, sample in enumerate(fakes.Drawn("val", samples).samples()):
        truth = fakes.Drawn("val").truth(sample).labels
        labels = refine(np.load(tmp_path / name / f"{sample.id}.npy"), truth)
        for k in range(3):
            hits[i, k], pixels[i, k] = ((labels == k) & (truth == k)).sum(), (truth == k).sum()
    return hits, pixels


def larger(tmp_path: Path, samples: int) -> dict[str, Any]:
    """The dataset with more samples, and predictions for them."""
    for seed, name in enumerate(("first", "second")):
        fakes.save_predictions(tmp_path / name, samples=samples, seed=seed)
    return {"name": f"{HERE}:Drawn", "split": "val", "samples": samples}


def fill(labels: Any, truth: Any) -> Any:
    filled = labels.copy()
    filled[4:] = 1
    return filled


def copy(labels: Any, truth: Any) -> Any:
    copied = labels.copy()
    copied[:, :4] = np.where(truth == VOID, labels, truth)[:, :4]
    return copied


def row(results: Results, refiner: str, class_name: str | None = None, predictions: str = "first") -> Any:
    numbers = results.numbers
    chosen = numbers[(numbers["predictions"] == predictions) & (numbers["refiner"] == refiner)]
    chosen = chosen[chosen["class"].isna() if class_name is None else chosen["class"] == class_name]
    assert len(chosen) == 1
    return chosen.iloc[0]


def summary(tmp_path: Path, **changes: Any) -> Results:
    outcome = run(experiment(tmp_path, **changes))
    return summarise_run(outcome.store, outcome.plan)


def test_values_intervals_and_differences_by_hand(tmp_path: Path) -> None:
    results = summary(tmp_path, bootstrap={"interval": "percentile", "replicates": 60, "seed": 4, "level": 0.8})
    hits, pixels = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    drawn = bootstrap.weights([None] * 5, 60, 4)
    one_by_one = np.array([(w @ hits).sum() / (w @ pixels).sum() for w in drawn])
    gains = np.array([(w @ filled).sum() / (w @ pixels).sum() for w in drawn]) - one_by_one
    base, found = row(results, "identity"), row(results, "fill")
    assert base["value"] == hits.sum() / pixels.sum()
    np.testing.assert_allclose([base["low"], base["high"]], np.quantile(one_by_one, [0.1, 0.9]), rtol=1e-12)
    assert np.isnan([base["difference"], base["difference_low"], base["difference_high"]]).all()
    assert found["difference"] == pytest.approx((filled.sum() - hits.sum()) / pixels.sum(), abs=1e-15)
    expected = np.quantile(gains, [0.1, 0.9])
    np.testing.assert_allclose([found["difference_low"], found["difference_high"]], expected, atol=1e-12)
    of_class = row(results, "fill", "middle")
    assert of_class["value"] == filled[:, 1].sum() / pixels[:, 1].sum()
    gains = drawn @ (filled - hits)[:, 1] / (drawn @ pixels[:, 1])
    np.testing.assert_allclose(of_class["difference_high"], np.quantile(gains, 0.9), rtol=1e-12)
    assert list(results.numbers.columns) == list(COLUMNS)
    assert (base["oracle"], row(results, "copy")["oracle"]) == (False, True)
    assert (base["scored"], base["undefined"], of_class["scored"]) == (3, 0, 1)


def test_recovery_is_the_share_of_the_gain_of_the_named_refiner(tmp_path: Path) -> None:
    results = summary(
        tmp_path, recovery_of="copy", bootstrap={"interval": "percentile", "replicates": 60, "seed": 4, "level": 0.8}
    )
    hits, _ = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    copied, _ = counts(tmp_path, copy)
    found = row(results, "fill")
    expected = (filled - hits).sum() / (copied - hits).sum()
    assert found["recovery"] == pytest.approx(expected, abs=1e-12)
    drawn = bootstrap.weights([None] * 5, 60, 4)
    shares = (drawn @ (filled - hits)).sum(axis=1) / (drawn @ (copied - hits)).sum(axis=1)
    np.testing.assert_allclose(found["recovery_low"], np.quantile(shares, 0.1), atol=1e-12)
    np.testing.assert_allclose(found["recovery_high"], np.quantile(shares, 0.9), atol=1e-12)
    assert np.isnan(row(results, "identity")["recovery"])
    assert np.isnan(row(results, "copy")["recovery"])
    assert np.isnan(row(summary(tmp_path / "without"), "fill")["recovery"])


def test_a_bound_that_gains_nothing_leaves_recovery_undefined(tmp_path: Path) -> None:
    same, filling = {"name": "identity", "label": "same"}, {"name": f"{HERE}:Fill", "label": "fill"}
    results = summary(tmp_path, refiners=["identity", same, filling], recovery_of="same")
    assert np.isnan(row(results, "fill")["recovery"])


class Distance(fakes.Accuracy):
    """The accuracy under a name that falls as methods get better."""

    def summarise(self, measurements: Any, weights: Any = None) -> Summary:
        values = super().summarise(measurements, weights).values
        return Summary(values={"HD95_px": 40 - 30 * next(iter(values.values()))})

    def value_range(self, name: str) -> tuple[float, float]:
        return 0.0, math.inf


def test_recovery_of_a_distance_is_the_share_of_what_the_bound_takes_off(tmp_path: Path) -> None:
    metric = {"name": f"{__name__}:Distance"}
    accuracy = row(summary(tmp_path / "rises", recovery_of="copy"), "fill")
    results = summary(tmp_path / "falls", recovery_of="copy", metrics=[metric])
    found = row(results, "fill")
    assert found["difference"] == pytest.approx(-30 * accuracy["difference"], abs=1e-12)
    assert found["recovery"] == pytest.approx(accuracy["recovery"], abs=1e-12)
    assert not np.isnan([found["low"], found["high"], found["difference_low"], found["recovery_low"]]).any()
    page = markdown(comparison(results))
    assert "Scores in pixels, lower is better" in page


def test_recovery_of_an_unknown_refiner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="recovery_of is 'copi'; allowed: a refiner, identity, fill, copy"):
        experiment(tmp_path, recovery_of="copi")


def test_differences_are_over_common_samples(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "fails_on": 3}]
    drawn_ = {"interval": "percentile", "replicates": 50, "seed": 1}
    results = summary(tmp_path, refiners=refiners, bootstrap=drawn_, dataset=larger(tmp_path, 7))
    hits, pixels = counts(tmp_path, samples=7)
    filled, _ = counts(tmp_path, fill, samples=7)
    kept = [0, 1, 2, 4, 5, 6]
    found = row(results, "fill")
    assert found["value"] == filled[kept].sum() / pixels[kept].sum()
    assert found["difference"] == pytest.approx((filled - hits)[kept].sum() / pixels[kept].sum(), abs=1e-15)
    # The replicates are those of all seven samples, without the column of the failed one.
    drawn = bootstrap.weights([None] * 7, 50, 1)[:, kept]
    gains = (drawn @ (filled - hits)[kept]).sum(axis=1) / (drawn @ pixels[kept]).sum(axis=1)
    np.testing.assert_allclose(found["difference_low"], np.quantile(gains, 0.025), rtol=1e-12)
    assert (found["samples"], found["failed"]) == (6, 1)
    assert row(results, "identity")["value"] == hits.sum() / pixels.sum()


class Picky(fakes.Accuracy):
    """Cannot measure the unrefined prediction of one image."""

    def measure(self, *, prediction: Any, truth: Any) -> Any:
        odd = (truth.labels == fakes.Drawn("val").truth(fakes.Sample("s1")).labels).all()
        if odd and not (prediction.labels[4:] == 1).all():
            raise ValueError("not this one")
        return super().measure(prediction=prediction, truth=truth)


def test_a_sample_that_the_identity_lacks_is_not_compared(tmp_path: Path) -> None:
    results = summary(tmp_path, metrics=[f"{__name__}:Picky"])
    hits, pixels = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    kept = [0, 2, 3, 4]
    found = row(results, "fill")
    assert found["value"] == filled.sum() / pixels.sum()
    assert found["difference"] == pytest.approx((filled - hits)[kept].sum() / pixels[kept].sum(), abs=1e-15)
    assert (found["samples"], row(results, "identity")["samples"]) == (5, 4)


@pytest.mark.parametrize(("unit", "clusters"), [("auto", [f"c{i % 5}" for i in range(9)]), ("image", [None] * 9)])
def test_clusters_are_resampled_whole(tmp_path: Path, unit: str, clusters: Any) -> None:
    dataset = {**larger(tmp_path, 9), "clusters": 5}
    results = summary(tmp_path, dataset=dataset, bootstrap={"interval": "percentile", "replicates": 80, "unit": unit})
    hits, pixels = counts(tmp_path, samples=9)
    drawn = bootstrap.weights(clusters, 80, 0)
    values = (drawn @ hits).sum(axis=1) / (drawn @ pixels).sum(axis=1)
    np.testing.assert_allclose(row(results, "identity")["low"], np.quantile(values, 0.025), rtol=1e-12)
    assert results.dataset["clusters"] == (5 if unit == "auto" else None)
    assert results.provenance["bootstrap"]["unit"] == ("cluster" if unit == "auto" else "image")


@pytest.mark.parametrize("method", ["logit", "normal", "percentile"])
def test_fewer_than_five_units_give_no_interval_and_say_so(tmp_path: Path, method: str) -> None:
    dataset = {"name": f"{HERE}:Drawn", "split": "val", "clusters": 4}
    results = summary(tmp_path, dataset=dataset, bootstrap={"interval": method, "replicates": 20})
    assert np.isnan(results.numbers[["low", "high", "difference_low", "difference_high"]]).all().all()
    assert not np.isnan(row(results, "fill")["difference"])
    why = "too few for an interval: 4 clusters, at least 5 are needed"
    assert set(results.numbers["no_interval"]) == {why}
    assert row(results, "fill")["difference_no_interval"] == why
    assert row(results, "identity")["difference_no_interval"] is None
    document = evaluation_json(results, "first")["metrics"]["accuracy"]
    assert (document["interval"], document["no_interval"]) == (None, why)
    fifth = summary(tmp_path, output="b", dataset={**dataset, "clusters": 5}, bootstrap={"interval": method})
    assert not np.isnan(fifth.numbers["low"]).any()
    assert set(fifth.numbers["no_interval"]) == {None}
    with pytest.raises(InputError, match="declares no clusters"):
        summary(tmp_path, output="c", bootstrap={"unit": "cluster"})


def test_no_replicates_are_drawn_where_no_intervals_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "weights", lambda *_: pytest.fail("drawn"))
    results = summary(tmp_path, bootstrap={"interval": "none"})
    assert np.isnan(results.numbers[["low", "high", "difference_low"]]).all().all()
    assert not np.isnan(row(results, "fill")["difference"])
    assert set(results.numbers["no_interval"]) == {"no interval was asked for"}
    assert "[–]" not in markdown(comparison(results))
    assert "No intervals: none were asked for." in comparison(results).notes


class Ranged(fakes.Accuracy):
    """Says which values it can have."""

    ends = (0.0, 1.0)

    def value_range(self, name: str) -> tuple[float, float]:
        assert name == "accuracy"
        return self.ends


class Misled(Ranged):
    """Says what is not so."""

    ends = (0.0, 0.25)


def test_a_metric_of_ones_own_may_say_its_range(tmp_path: Path) -> None:
    metrics = [METRIC, {"name": f"{__name__}:Ranged", "label": "ranged"}]
    results = summary(tmp_path, metrics=metrics, bootstrap={"replicates": 200})
    chosen = results.numbers[(results.numbers["refiner"] == "identity") & results.numbers["class"].isna()]
    plain, ranged = (row for _, row in chosen[chosen["predictions"] == "first"].iterrows())
    assert plain["value"] == ranged["value"]
    # About the value itself where nothing is known, else about its logit.
    assert plain["high"] - plain["value"] == pytest.approx(plain["value"] - plain["low"], rel=0.2)
    assert ranged["low"] != plain["low"]
    assert 0 < ranged["low"] < ranged["value"] < ranged["high"] < 1
    # Differences need no range.
    other = results.numbers[results.numbers["refiner"] == "fill"]
    assert len(set(other[other["class"].isna() & (other["predictions"] == "first")]["difference_low"])) == 1
    with pytest.raises(InputError, match=r"Misled: accuracy: 0\.\d+; allowed: 0 to 0.25 \(the metric's value_range"):
        summary(tmp_path, output="b", metrics=[f"{__name__}:Misled"])


def test_a_class_that_is_not_there_is_undefined_not_zero(tmp_path: Path) -> None:
    metrics = [{"name": METRIC, "classes": 4}]
    results = summary(tmp_path, metrics=metrics)
    # More classes than the dataset names: numbers stand for them.
    last = row(results, "identity", "3")
    assert np.isnan(last[["value", "low", "high"]].astype(float)).all()
    assert (last["scored"], last["undefined"]) == (0, 1)
    document = evaluation_json(results, "first")
    assert document["per_class"]["accuracy"]["3"] is None


def test_a_method_that_always_fails_stays_in_the_table(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:FromFile", "label": "x", "folder": "first", "cheats": True}]
    results = summary(tmp_path, refiners=refiners)
    found = row(results, "x")
    assert np.isnan(found["value"])
    assert (found["samples"], found["failed"], found["scored"], found["undefined"]) == (0, 5, 0, 1)
    assert len(results.numbers[results.numbers["refiner"] == "x"]) == 2 * 4
    assert results.curves["first", "x"] == {}


def test_nothing_measured_is_an_error(tmp_path: Path) -> None:
    refiners = [{"name": f"{HERE}:FromFile", "label": "x", "folder": "first", "cheats": True}]
    with pytest.raises(InputError, match="no measurement; TypeError: x wants the truth"):
        summary(tmp_path, refiners=refiners)


def test_metrics_of_one_name_need_a_label(tmp_path: Path) -> None:
    two = [METRIC, {"name": METRIC, "label": "again"}]
    names = set(summary(tmp_path, metrics=two).numbers["metric"])
    assert names == {"accuracy", "accuracy (again)"}
    with pytest.raises(InputError, match="both make 'accuracy'"):
        summary(tmp_path, output="b", metrics=[METRIC, f"{__name__}:Twin"])


class Twin(fakes.Accuracy):
    """Another metric whose number has the same name."""


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:OnlyEdges", "label": "edges"}]
    results = summary(tmp_path, refiners=refiners, metrics=[{"name": METRIC, "classes": 4}, "error_distance"])
    path = results.save(tmp_path / "saved")
    text = path.read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    again = Results.load(tmp_path / "saved")
    require_equal(results, again)
    assert again.numbers.dtypes.equals(results.numbers.dtypes)
    assert again.numbers["class"].iloc[0] is None
    assert again.dataset["colours"].dtype == np.uint8
    np.testing.assert_array_equal(again.dataset["colours"], fakes.Drawn.colours)
    assert again.provenance == json.loads(json.dumps(results.provenance))
    assert [each["reason"] for each in again.refused] == ["refines edges predictions; these are semantic"] * 2


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 9}', "[]"])
def test_other_files_are_no_results(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(InputError):
        Results.load(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        Results.load(tmp_path / "nowhere")


def test_the_json_of_an_evaluation(tmp_path: Path) -> None:
    document = worlds.document(tmp_path, refiners=["identity"], metrics=["mean_iou", "boundary_f", "error_distance"])
    outcome = run(experiment_from(document, tmp_path))
    results = summarise_run(outcome.store, outcome.plan)
    found = evaluation_json(results, "second")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found) == ["schema", "dataset", "predictions", "metrics", "per_class", "curves"]
    assert found["dataset"] == {"name": "drawn", "split": "val", "samples": 5}
    assert found["predictions"]["name"] == "second"
    assert found["predictions"]["format"] == "saved"
    mean = found["metrics"]["mIoU"]
    assert mean["value"] == row_of(results.numbers, "second", "mIoU")["value"]
    assert mean["interval"][0] <= mean["value"] <= mean["interval"][1]
    assert (mean["scored"], mean["undefined"], mean["failed"]) == (3, 0, 0)
    assert mean["definition"]["metric"] == "intersection over union"
    assert {"boundary_f@1px", "boundary_f@2px", "boundary_f@3px"} <= set(found["metrics"])
    assert list(found["per_class"]["IoU"]) == list(fakes.CLASSES)
    curve = found["curves"]["error_distance"]
    assert len(curve["distance_px"]) == len(curve["errors"]) == len(curve["pixels"])


def row_of(numbers: pd.DataFrame, predictions: str, metric: str) -> Any:
    chosen = numbers[(numbers["predictions"] == predictions) & (numbers["metric"] == metric)]
    return chosen[chosen["class"].isna()].iloc[0]


def test_torch_is_not_imported(tmp_path: Path) -> None:
    code = (
        "import sys;"
        "from boundary_bench.bench.engine import executors, provenance, runner;"
        "from boundary_bench.bench.analysis import summary; from boundary_bench.bench.results import table;"
        "print('torch' in sys.modules, 'pandas' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * 3
