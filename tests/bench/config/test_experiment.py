from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from boundary_bench.bench.config.experiment import experiment_from, load_experiment
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.errors import InputError
from tests.bench import worlds
from tests.bench.worlds import HERE

TEXT = """
dataset: {name: camvid, root: "${PLACE}/camvid", split: test}
predictions:
  - {name: net, format: label_png, path: "${PLACE}/net"}
refiners:
  - identity
  - {name: oracle_replace, distance_px: 2}
  - {chain: [majority_filter, {name: guided_filter, radius_px: 4}]}
output: out
"""


def load(tmp_path: Path, text: str = TEXT, *overrides: str) -> Any:
    (tmp_path / "e.yaml").write_text(text)
    return load_experiment(tmp_path / "e.yaml", overrides)


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/somewhere")


def test_defaults_and_labels(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert [spec.title for spec in found.refiners] == [
        "identity",
        "oracle_replace distance_px=2",
        "majority_filter + guided_filter radius_px=4",
    ]
    assert found.metrics is None  # the dataset's kind of truth decides
    assert (found.missing, found.executor.name, found.executor.workers) == ("fail", "processes", None)
    spec = {"interval": "logit", "replicates": 1000, "seed": 0, "level": 0.95, "unit": "auto"}
    assert found.bootstrap.model_dump() == spec
    assert found.dataset.parameters == {"root": "/somewhere/camvid"}
    assert found.output_folder == tmp_path.resolve() / "out"


@pytest.mark.parametrize("name", ["serial", "dask-local", "dask://10.0.0.7:8786"])
def test_an_executor_is_a_name_or_a_mapping(tmp_path: Path, name: str) -> None:
    bare, mapping = (load(tmp_path, TEXT, f"executor={text}") for text in (name, f"{{name: '{name}'}}"))
    assert bare.executor == mapping.executor
    assert bare.executor.name == name


def test_the_document_keeps_variables_unexpanded(tmp_path: Path) -> None:
    assert load(tmp_path).document["dataset"]["root"] == "${PLACE}/camvid"


def test_overrides(tmp_path: Path) -> None:
    found = load(
        tmp_path, TEXT, "predictions.0.path=${PLACE}/other", "samples.first=3", "refiners=[identity]", "missing=skip"
    )
    assert found.predictions[0].parameters["path"] == "/somewhere/other"
    assert (found.samples.first, found.missing, len(found.refiners)) == (3, "skip", 1)
    assert found.document["samples"] == {"first": 3}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("missing", "no '='"),
        ("predictions.1.path=x", "'1'; allowed: a number from 0 to 0"),
        ("refiners.0.label=x", "'identity' where 'label' is looked up"),
        ("missing=[", "while parsing"),
        ("bootsrap.seed=1", "e.yaml: bootsrap: an unknown key.*did you mean 'bootstrap'?"),
        ("bootstrap.sed=1", "e.yaml: bootstrap.sed: an unknown key.*did you mean 'seed'?"),
        ("missing=none", "'none'"),
        ("samples.every=0", "samples.every: 0"),
        ("bootstrap.level=1", "bootstrap.level: 1"),
        ("executor.name=dask", "executor.name: 'dask'"),
        ("executor=dask://host", "executor.name: 'dask://host'.*serial, processes, dask-local, dask://host:port"),
        ("executor={name: 'dask://host:1', workers: 2}", "workers is 2 with dask://host:1"),
        ("predictions=[]", "predictions: "),
        ("predictions.0.registered=x", "either 'format' .* or 'registered'"),
        ("refiners=[identity, identity]", "'identity' occurs more than once"),
        ("refiners=[{label: x}]", "either 'name' or 'chain'"),
        ("refiners=[{chain: [identity], radius: 3}]", "no parameters of its own, found radius"),
        ("metrics=[mean_iou, mean_iou]", "'mean_iou' occurs more than once"),
        ("output=${NOT_SET}/x", "NOT_SET is not set"),
    ],
)
def test_bad_values_are_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, TEXT, override)


@pytest.mark.parametrize("text", ["- a\n- b", "a: [", "", "\x00"])
def test_what_is_no_experiment(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"^e\.yaml"):
        load(tmp_path, text)
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        load_experiment(tmp_path / "none.yaml")


def test_it_can_be_sent_to_another_process(tmp_path: Path) -> None:
    found = load(tmp_path)
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert (again.folder, again.document) == (found.folder, found.document)


def test_an_output_is_needed_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="set output: FOLDER"):
        _ = load(tmp_path, TEXT.replace("output: out", "")).output_folder


def test_the_plan_has_every_cell_and_says_why_one_is_refused(tmp_path: Path) -> None:
    refiners = [
        "identity",
        {"name": f"{HERE}:NeedsProbabilities", "label": "p"},
        {"name": f"{HERE}:OnlyEdges", "label": "e"},
    ]
    found = plan(worlds.experiment(tmp_path, refiners=refiners))
    assert [(cell.predictions, cell.refiner) for cell in found.cells] == [("first", "identity"), ("second", "identity")]
    reasons = {(each.predictions, each.refiner): each.reason for each in found.refused}
    assert reasons["first", "p"] == "needs class probabilities; these predictions have labels only"
    assert reasons["second", "e"] == "refines edges predictions; these are semantic"
    assert len(reasons) == 4


def test_a_plan_without_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="first x e: refines edges"):
        plan(worlds.experiment(tmp_path, refiners=[{"name": f"{HERE}:OnlyEdges", "label": "e"}]))


def test_samples_are_selected_in_order(tmp_path: Path) -> None:
    found = plan(worlds.experiment(tmp_path, samples={"every": 2, "first": 2}))
    assert [sample.id for sample in found.samples] == ["s0", "s2"]


def test_metrics_know_the_number_of_classes(tmp_path: Path) -> None:
    found = plan(worlds.experiment(tmp_path, metrics=["mean_iou", {"name": "boundary_f", "tolerances_px": [2]}]))
    assert found.metrics["mean_iou"].metric.classes == 3  # type: ignore[attr-defined]
    assert found.metrics["boundary_f tolerances_px=[2]"].metric.tolerances_px == [2]  # type: ignore[attr-defined]


def test_chains_and_oracles(tmp_path: Path) -> None:
    copy, fill = f"{HERE}:Copy", f"{HERE}:Fill"
    refiners = [
        {"chain": [fill, {"chain": [copy, "identity"]}], "label": "a"},
        {"chain": [fill, fill], "label": "b"},
        copy,
        fill,
    ]
    found = plan(worlds.experiment(tmp_path, refiners=refiners)).refiners
    assert {label: built.oracle for label, built in found.items()} == {"a": True, "b": False, copy: True, fill: False}


def test_paths_are_relative_to_the_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there" / "offsets").mkdir(parents=True)
    (tmp_path / "there" / "offsets" / "s0.txt").write_text("1")
    (tmp_path / "mine.py").write_text(
        "class Mine:\n tasks = frozenset({'semantic'})\n def refine(self, i, p): return p"
    )
    refiners = [{"name": f"{HERE}:FromFile", "folder": "there/offsets"}, "mine.py:Mine"]
    monkeypatch.chdir("/")
    found = plan(worlds.experiment(tmp_path, refiners=refiners))
    assert [built.recipe[1] for built in found.refiners.values()][1] == f"{tmp_path.resolve()}/mine.py:Mine"
    (file_refiner, _) = found.refiners.values()
    assert file_refiner.refiner.files("s0") == [tmp_path.resolve() / "there/offsets/s0.txt"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"refiners": ["idenity"]}, "did you mean 'identity'?"),
        ({"refiners": [{"name": f"{HERE}:Fill", "row": 3}]}, "unknown parameter 'row'.*did you mean 'rows'?"),
        ({"refiners": [{"name": f"{HERE}:Fill", "rows": -1}]}, "rows is -1; allowed: 0 or more"),
        ({"metrics": [f"{HERE}:Acuracy"]}, "did you mean 'Accuracy'?"),
        ({"dataset": {"name": f"{HERE}:Drawn", "split": "val", "samples": 0}}, "no samples"),
        ({"predictions": [{"name": "x", "format": f"{HERE}:Saved", "path": "nowhere"}]}, "path is nowhere"),
        (
            {"predictions": [{"name": "x", "format": "ensemble", "members": ["frst"]}]},
            "members: 'frst'; allowed: sets that are named before it",
        ),
    ],
)
def test_objects_that_cannot_be_built(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan(worlds.experiment(tmp_path, **changes))


def test_registered_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from boundary_bench.bench.predictions.registered import DatasetRef, register

    monkeypatch.setenv("BENCH_HOME", str(tmp_path / "home"))
    document = worlds.document(tmp_path, predictions=[{"registered": "net"}])
    format_ = f"{HERE}:Saved"
    register("net", dataset=DatasetRef(name="drawn", split="val"), format=format_, path=tmp_path / "first")
    register("other", dataset=DatasetRef(name="drawn", split="test"), format=format_, path=tmp_path / "first")
    found = plan(experiment_from(document, tmp_path))
    assert list(found.prediction_sets) == ["net"]
    assert all(found.prediction_sets["net"].has(sample) for sample in found.samples)
    document["predictions"] = [{"registered": "other"}]
    with pytest.raises(InputError, match="registered for drawn/test; allowed: predictions for drawn/val"):
        plan(experiment_from(document, tmp_path))


def test_only_stands_beside_a_chain_not_in_its_stages(tmp_path: Path) -> None:
    stages = "refiners=[{chain: [{name: identity, only: [a]}, identity]}]"
    with pytest.raises(InputError, match="'only' is set in a stage of a chain"):
        load(tmp_path, TEXT, stages)


def test_names_that_look_like_numbers_dates_or_flags_are_names(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(
        "dataset: {name: camvid, split: 2012}\npredictions: [{name: 050, path: a}, {name: 2012-01-01, path: b}]\n"
        "refiners: [identity, {name: majority_filter, label: on, radius_px: 2, only: [050]}]\n"
        "metrics: [{name: mean_iou, label: 1.0}]\nrecovery_of: on\n"
    )
    found = load_experiment(
        tmp_path / "e.yaml", ["dataset.split=2013", "predictions.1.name=no", "refiners.1.only=[no]"]
    )
    assert found.dataset.split == "2013"
    assert [each.label for each in found.predictions] == ["050", "no"]
    assert (found.refiners[1].title, found.refiners[1].only, found.recovery_of) == ("on", ("no",), "on")
    assert found.refiners[1].parameters == {"radius_px": 2}
    assert found.metrics is not None
    assert found.metrics[0].title == "1.0"
    document = {"dataset": {"name": "camvid"}, "predictions": [{"name": 50, "path": "a"}]}
    assert experiment_from(document, tmp_path).predictions[0].label == "50"
