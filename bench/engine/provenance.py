"""Provenance of numbers: versions, machine, commit, command, digests. Nothing that identifies a person or a place."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boundary_bench.bench.config.defaults import metric_specs
from boundary_bench.bench.engine.measuring_code import code_digest
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.io.environment import THREADS, _versions, cpu_model, git_state, portable
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.abilities import of_refiner
from boundary_bench.bench.plugins.components import AnyRefiner


def manifest(plan: Plan, command: Sequence[str] = ()) -> dict[str, Any]:
    """Experiment and provenance, as a run folder keeps them; JSON-able."""
    experiment = plan.experiment
    return {
        "experiment": described(plan),
        "provenance": {
            **environment(),
            "command": portable([Path(command[0]).name, *command[1:]] if command else [], experiment.folder),
            "seed": experiment.bootstrap.seed,
            "executor": portable(experiment.executor.model_dump(), experiment.folder),
            "parameters": _parameters(plan),
            **digests(plan),
        },
    }


def described(plan: Plan) -> dict[str, Any]:
    """The experiment with what it left to its dataset; JSON-able, without places of this machine."""
    found: dict[str, Any] = portable({**plan.experiment.document, "metrics": _metrics(plan)}, plan.experiment.folder)
    return found


def _parameters(plan: Plan) -> dict[str, int]:
    """How many numbers the networks of each refiner that has any have learned."""
    counts = {label: [_learned(stage) for stage in built.stages] for label, built in plan.refiners.items()}
    return {label: sum(filter(None, found)) for label, found in counts.items() if any(found)}


def _learned(refiner: AnyRefiner) -> int | None:
    return of_refiner(refiner).network_parameters()


def _metrics(plan: Plan) -> list[dict[str, Any]]:
    """The metrics as an experiment names them, the usual ones too where it names none."""
    return [spec.model_dump(exclude_defaults=True) for spec in metric_specs(plan.experiment, plan.dataset)]


def environment() -> dict[str, Any]:
    """Versions, processor and checkout."""
    return {
        "python": platform.python_version(),
        "versions": _versions(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "git": git_state(Path(__file__).resolve().parent.parent),
        "code": code_digest(),
    }


def software() -> dict[str, str]:
    """Software that must be equal in all processes of a run: the code's digest and the versions of its libraries."""
    return {"code": code_digest(), **_versions()}


def digests(plan: Plan) -> dict[str, Any]:
    """One digest for the dataset and one for each prediction set, over the samples of the run."""
    return {
        "dataset": {
            "name": plan.dataset.name,
            "split": plan.dataset.split,
            "samples": len(plan.samples),
            "digest": combined(*(plan.fingerprints.truth(sample) for sample in plan.samples)),
        },
        "predictions": {
            label: {
                **portable(one.describe(), plan.experiment.folder),
                "digest": combined(*(plan.fingerprints.prediction(sample, label) for sample in plan.samples)),
            }
            for label, one in plan.prediction_sets.items()
        },
    }
