"""What made the numbers: versions, machine, commit, command, digests. Nothing that says who or where."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from bench.digest import combined
from bench.identities import code_digest
from bench.plan import AnyRefiner, Plan
from bench.usual import metric_specs

DISTRIBUTIONS = (
    "boundary-bench",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "numba",
    "pillow",
    "pandas",
    "pyarrow",
    "pycocotools",
    "torch",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


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
    """The experiment with what it left to its data set; JSON-able, without places of this machine."""
    found: dict[str, Any] = portable({**plan.experiment.document, "metrics": _metrics(plan)}, plan.experiment.folder)
    return found


def _parameters(plan: Plan) -> dict[str, int]:
    """How many numbers the networks of each refiner that has any have learned."""
    counts = {label: [_learned(stage) for stage in built.stages] for label, built in plan.refiners.items()}
    return {label: sum(filter(None, found)) for label, found in counts.items() if any(found)}


def _learned(refiner: AnyRefiner) -> int | None:
    count = getattr(refiner, "network_parameters", None)
    return int(count()) if callable(count) else None


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
    """What has to be the same in all processes of a run, by name: the code, as a digest, and what it computes with."""
    return {"code": code_digest(), **_versions()}


def _versions() -> dict[str, str]:
    return {name: found for name in DISTRIBUTIONS if (found := _version(name))}


def digests(plan: Plan) -> dict[str, Any]:
    """One digest for the data set and one for each prediction set, over the samples of the run."""
    return {
        "dataset": {
            "name": plan.dataset.name,
            "split": plan.dataset.split,
            "samples": len(plan.samples),
            "digest": combined(*(plan.identities.truth(sample) for sample in plan.samples)),
        },
        "predictions": {
            label: {
                **portable(one.describe(), plan.experiment.folder),
                "digest": combined(*(plan.identities.prediction(sample, label) for sample in plan.samples)),
            }
            for label, one in plan.prediction_sets.items()
        },
    }


def portable(value: Any, folder: Path) -> Any:
    """The value with every absolute path in it replaced.

    A path below the folder, or beside it, becomes relative to it; one in the folder that the environment names as
    BENCH_DATA begins with `$BENCH_DATA`; another is cut to its last part, since what lies before says more about a
    person's machine than about the data. Of a scheduler's address nothing is left.
    """
    if isinstance(value, dict):
        return {key: portable(item, folder) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item, folder) for item in value]
    if isinstance(value, PurePath):
        return portable(str(value), folder)
    if not isinstance(value, str):
        return value
    # An argument such as --root=/data or predictions.0.path=/data too.
    head, equals, tail = value.rpartition("=")
    return f"{head}{equals}{_portable_path(tail, folder)}"


def _portable_path(text: str, folder: Path) -> str:
    if text.startswith("dask://"):
        return "dask://..."
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    place, colon, attribute = text.rpartition(":")
    if place.endswith(".py"):
        return f"{_portable_path(place, folder)}{colon}{attribute}"
    if not path.is_absolute():
        return text
    for base, prefix in ((folder, ""), *_data_folder(), (folder.parent, "../")):
        if path.is_relative_to(base) and base != Path(base.anchor):
            return f"{prefix}{path.relative_to(base).as_posix()}"
    return f".../{path.name}"


def _data_folder() -> list[tuple[Path, str]]:
    named = os.environ.get("BENCH_DATA")
    return [(Path(os.path.abspath(named)), "$BENCH_DATA/")] if named else []


def cpu_model() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def git_state(root: Path) -> dict[str, Any] | None:
    """Commit of the checkout at root and whether files differ from it; None where root is no checkout."""
    if not (root / ".git").exists():
        return None
    commit, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
    return None if commit is None else {"commit": commit.strip(), "dirty": bool(changes)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
