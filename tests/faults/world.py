"""What goes wrong, and the tables by which a run that it happened to is compared with an undisturbed one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import Experiment
from boundary_bench.bench.engine.runner import Outcome, run
from boundary_bench.bench.report.formats import FORMATS, render
from tests.bench import fakes, worlds

HERE = "tests.faults.world"


class Deadly(fakes.Fill):
    """Kills its own process on some samples, on each as often as it says; `graves` remembers how often it did."""

    def __init__(self, graves: str | Path, deaths: dict[int, int]) -> None:
        super().__init__()
        self.graves, self.deaths = Path(graves), {int(sample): count for sample, count in deaths.items()}

    def refine(self, image: Any, prediction: Any) -> Any:
        sample = int(image[0, 0, 0])
        before = len(list(self.graves.glob(f"{sample}.*")))
        if before < self.deaths.get(sample, 0):
            (self.graves / f"{sample}.{before}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().refine(image, prediction)


class Slow(fakes.Fill):
    """Sleeps on one sample, or on all, leaving a file that says so."""

    def __init__(self, seconds: float, sign: str | Path, on: int | None = None) -> None:
        super().__init__()
        self.on, self.seconds, self.sign = on, seconds, Path(sign)

    def refine(self, image: Any, prediction: Any) -> Any:
        if self.on is None or image[0, 0, 0] == self.on:
            self.sign.touch()
            time.sleep(self.seconds)
        return super().refine(image, prediction)


class InterruptsCheck(fakes.Saved):
    """Has its process interrupted while its files are checked."""

    def check(self, sample: Any, size: tuple[int, int]) -> list[Any]:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        return []


def deadly(folder: Path, deaths: dict[int, int], **changes: Any) -> Experiment:
    """The small world with a refiner that kills as often as it says."""
    graves = folder / "graves"
    graves.mkdir(exist_ok=True)
    killer = {"name": f"{HERE}:Deadly", "label": "deadly", "graves": str(graves), "deaths": deaths}
    return worlds.experiment(folder, refiners=["identity", killer], **changes)


def tables(outcome: Outcome) -> dict[str, str]:
    """The comparison in every format."""
    results = summarise_run(outcome.store, outcome.plan)
    return {kind: render(results, kind) for kind in FORMATS}


def undisturbed(experiment: Experiment) -> dict[str, str]:
    """The tables of a run in this process."""
    outcome = run(experiment)
    assert outcome.failures == ()
    return tables(outcome)


def require_whole(outcome: Outcome, expected: dict[str, str]) -> None:
    """The tables are those of the undisturbed run, and every row is there once."""
    planned = outcome.plan
    assert outcome.failures == ()
    assert tables(outcome) == expected
    assert len(outcome.store.rows()) == len(planned.samples) * len(planned.cells) * len(planned.metrics)
