"""Programs beside other refiners: in runs, in comparisons, in the identity of results, from another environment."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.runner import Outcome, run
from boundary_bench.bench.errors import InputError
from tests.bench import fakes, worlds
from tests.bench.cli.street import call
from tests.refiners.programs import MISBEHAVE, REFINE

FAULTS = {
    "hang": "RuntimeError: {command} ran longer than timeout_s, 5 s; it said nothing",
    "crash": "RuntimeError: {command} ended with exit code 1; it said last: ",
    "shrink": "ValueError: {command}: the output is (5, 8); allowed: (6, 8), the size of the mask",
    "invent": "ValueError: {command}: the output holds 77; allowed: 0, 1, 2, the values of the mask",
    "be silent": "RuntimeError: {command} wrote nothing to {{output}}; it said nothing",
}
QUICK = [sys.executable, "-I", "-S"]


def external(label: str, *command: str, **parameters: Any) -> dict[str, Any]:
    return {"name": "external", "label": label, "command": list(command), **parameters}


def document(folder: Path, *refiners: Any, **changes: Any) -> dict[str, Any]:
    """One prediction set of the small world, scripts beside the experiment."""
    (folder / "tools").mkdir(exist_ok=True)
    (folder / "tools" / "refine.py").write_text(REFINE)
    (folder / "tools" / "misbehave.py").write_text(MISBEHAVE)
    described = worlds.document(folder, refiners=["identity", *refiners], **changes)
    return {**described, "predictions": described["predictions"][:1]}


def misbehaving(how: str) -> dict[str, Any]:
    command = (*QUICK, "tools/misbehave.py", how, "{image}", "{mask}", "{output}")
    return external(how, *command, timeout_s=5 if how == "hang" else 600)


def good(*python: str) -> dict[str, Any]:
    return external("smooth", *(python or QUICK), "tools/refine.py", "{mask}", "{output}")


@pytest.fixture(scope="module")
def among_others(tmp_path_factory) -> tuple[Path, Outcome]:
    """Programs of which all but one fail on sample s2, in two worker processes."""
    folder = tmp_path_factory.mktemp("programs")
    refiners = [{"name": f"{worlds.HERE}:Fill", "label": "fill"}, good(), *map(misbehaving, FAULTS)]
    described = document(folder, *refiners, executor={"name": "processes", "workers": 2})
    return folder, run(experiment_from(described, folder))


def test_each_failure_is_one_row_and_the_others_are_complete(among_others):
    _, outcome = among_others
    assert [(row.sample, row.refiner) for row in sorted(outcome.failures, key=lambda row: row.refiner)] == [
        ("s2", how) for how in sorted(FAULTS)
    ]
    numbers = summarise_run(outcome.store, outcome.plan).numbers
    totals = numbers[numbers["class"].isna()].set_index("refiner")[["samples", "failed"]]
    assert totals.loc[["identity", "fill", "smooth"]].to_numpy().tolist() == [[5, 0]] * 3
    assert totals.loc[list(FAULTS)].to_numpy().tolist() == [[4, 1]] * 5


def test_each_failure_says_what_happened(among_others):
    folder, outcome = among_others
    for row in outcome.failures:
        files = ("{image}", "{mask}", "{output}")
        command = shlex.join([*QUICK, f"{folder}/tools/misbehave.py", row.refiner, *files])
        assert row.error.startswith(FAULTS[row.refiner].format(command=command))
    (crash,) = (row.error for row in outcome.failures if row.refiner == "crash")
    assert crash.endswith("ZeroDivisionError: asked to")


def test_its_numbers_are_those_of_the_same_work_done_here(among_others):
    folder, outcome = among_others
    results = summarise_run(outcome.store, outcome.plan).numbers
    (value,) = results[(results["refiner"] == "smooth") & results["class"].isna()]["value"]
    right = scored = 0
    for sample in outcome.plan.samples:
        truth = fakes.Drawn("any").truth(sample).labels
        labels = np.load(folder / "first" / f"{sample.id}.npy")
        refined = labels.copy()
        refined[:, 1:-1] = np.where(labels[:, :-2] == labels[:, 2:], labels[:, 2:], labels[:, 1:-1])
        right += np.count_nonzero((refined == truth) & (truth != 255))
        scored += np.count_nonzero(truth != 255)
    assert value == pytest.approx(right / scored)


def test_a_changed_script_is_noticed(tmp_path):
    def again() -> int:
        return run(experiment_from(described, tmp_path), resume=True).computed

    described = document(tmp_path, good(), external("copy", "cp", "{mask}", "{output}", depends_on=["weights"]))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "net.bin").write_bytes(b"first")
    assert again() == 15
    assert again() == 0
    script = tmp_path / "tools" / "refine.py"
    script.write_text(script.read_text() + "# changed")
    assert again() == 5
    (tmp_path / "weights" / "net.bin").write_bytes(b"other")
    assert again() == 5


def test_where_the_files_lie_makes_no_difference(tmp_path):
    found = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        planned = plan(experiment_from(document(tmp_path / name, good()), tmp_path / name))
        (metric,) = planned.metrics.values()
        found.append(planned.fingerprints.row(planned.samples[0], "first", planned.refiners["smooth"], metric))
    assert found[0] == found[1]


def test_a_program_of_another_environment(tmp_path):
    """It has none of our packages, and is called by the link by which it knows where it belongs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    described = document(tmp_path, good("env/bin/python", "-I", "tools/own.py"))
    described["refiners"][1]["command"].remove("tools/refine.py")
    found = "import importlib.util, sys; assert importlib.util.find_spec('numpy') is None, sys.path\n"
    (tmp_path / "tools" / "own.py").write_text(f"{found}assert sys.prefix == {str(tmp_path / 'env')!r}\n{REFINE}")
    assert not run(experiment_from(described, tmp_path)).failures


def test_a_run_and_a_comparison_by_name(tmp_path, capsys):
    described = document(tmp_path, good(), misbehaving("crash"))
    described["metrics"] = ["mean_iou", *described["metrics"]]
    (tmp_path / "programs.yaml").write_text(yaml.safe_dump(described))
    assert call("run", tmp_path / "programs.yaml") == 1
    said = capsys.readouterr().err
    (failed,) = (line for line in said.splitlines() if line.startswith("failed"))
    assert failed.startswith(f"failed: s2, first, crash, mean_iou, {worlds.HERE}:Accuracy: RuntimeError: ")
    assert "2 measurements failed" in said
    assert call("compare", tmp_path / "out", "--against", "identity", "--metric", "mIoU", "--format", "csv") == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "smooth" in line]
    assert rows


def test_a_program_that_is_not_there_is_said_before_anything_is_run(tmp_path):
    described = document(tmp_path, external("lost", "tools/lost", "{mask}", "{output}"))
    with pytest.raises(InputError, match=r"refiners: external: program is tools/lost; allowed: an executable"):
        run(experiment_from(described, tmp_path))
    assert not (tmp_path / "out").exists()
