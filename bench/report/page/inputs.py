"""Back from a run folder to its inputs, so that images can be looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from boundary_bench.bench.config.experiment import Experiment, experiment_from, load_experiment
from boundary_bench.bench.engine.plan import Plan, plan
from boundary_bench.bench.errors import InputError

HINT = "give the experiment file with --experiment"


class UnavailableError(Exception):
    """The inputs of a run cannot be found; the message says why."""


def reopen(folder: Path, manifest: Mapping[str, Any], experiment: Path | None = None) -> Plan:
    """The plan of a finished run, with its dataset, predictions and refiners.

    A run keeps no absolute paths. Those that it keeps are relative to the folder of the experiment file, which is
    looked for where the run's output folder, the command that made it, and the current folder lead.

    Args:
        folder: of the run.
        manifest: of the run.
        experiment: the file that the run was made of; then nothing is looked for.

    Raises:
        InputError: the given experiment cannot be used.
        UnavailableError: no place was found from which all inputs can be reached.
    """
    if experiment is not None:
        return plan(load_experiment(experiment))
    reasons = []
    for base in dict.fromkeys(_bases(folder.resolve(), manifest)):
        try:
            found = plan(_experiment(manifest, base))
            _require_inputs(found)
            return found
        except (InputError, OSError, UnavailableError) as error:
            reasons.append(str(error).splitlines()[0])
    raise UnavailableError(f"{reasons[0]}; {HINT}")


def _bases(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """Folders in which the experiment file may have been."""
    output = Path(str(manifest["experiment"].get("output") or "."))
    if not output.is_absolute() and ".." not in output.parts:
        yield folder.parents[len(output.parts) - 1] if output.parts else folder
    for argument in manifest.get("provenance", {}).get("command", ()):
        if str(argument).endswith((".yaml", ".yml")) and Path(argument).is_file():
            yield Path(argument).resolve().parent
    yield Path.cwd()


def _experiment(manifest: Mapping[str, Any], base: Path) -> Experiment:
    return experiment_from(_variables(manifest["experiment"]), base, where="manifest.json")


def _variables(value: Any) -> Any:
    """Paths that a manifest has shortened to the variable that names their folder, as an experiment writes them."""
    if isinstance(value, Mapping):
        return {key: _variables(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_variables(item) for item in value]
    if isinstance(value, str) and value.startswith("$BENCH_DATA/"):
        return "${BENCH_DATA}" + value.removeprefix("$BENCH_DATA")
    return value


def _require_inputs(planned: Plan) -> None:
    """Building a plan opens few files: the first image and its predictions must be there too."""
    sample = planned.samples[0]
    planned.dataset.size(sample)
    if not any(one.has(sample) for one in planned.prediction_sets.values()):
        raise UnavailableError(f"no prediction for {sample.id} is where the run had it")
