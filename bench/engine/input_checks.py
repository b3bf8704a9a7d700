"""Checks of everything that the jobs of a run are going to read, before the first one starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from boundary_bench.bench.engine.job import Job
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.engine.selection import left_out_notes
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.abilities import checks_files, of_refiner
from boundary_bench.bench.plugins.components import BuiltRefiner
from boundary_bench.bench.plugins.protocols import FileRefiner, Progress, Sample
from boundary_bench.bench.plugins.registry import refusal
from boundary_bench.bench.results.rows import Row


def checked(planned: Plan, jobs: Sequence[Job], before: Mapping[str, Row], checking: Progress | None) -> list[str]:
    """Notes on the inputs of the jobs; InputError where something is wrong with them."""
    from boundary_bench.bench.plugins.validation import check_run

    failed = {row.sample for row in before.values() if row.status == "failed"}
    samples = [job.sample for job in jobs if job.sample.id not in failed]
    if not samples:
        return []
    missing = planned.experiment.missing
    wanted = dict.fromkeys(each.cell.predictions for job in jobs for each in job.todo)
    sets = [planned.prediction_sets[label] for label in wanted]
    if before and missing != "fail":
        # Of what is left to do a set may lack everything, though it had some of the whole.
        sets = [each for each in sets if any(each.has(sample) for sample in samples)]
    images = any(not built.identity for built in planned.refiners.values())
    where = planned.experiment.executor
    threads = 1 if where.name == "serial" else where.workers
    report = check_run(
        planned.dataset, sets, missing=missing, images=images, samples=samples, threads=threads, progress=checking
    )
    problems = [*report.problems, *_refiner_problems(planned, jobs, failed)]
    if not failed:
        problems += _registration_problems(planned, list(wanted))
    if problems:
        raise InputError(problems)
    return [*report.notes, *left_out_notes(sets, samples, planned.categories), *refiner_notes(planned)]


def refiner_notes(planned: Plan) -> list[str]:
    """What refiners, or stages of them, say about their settings: each remark once, after the refiner's name."""
    said: dict[str, str] = {}
    for built in planned.refiners.values():
        for stage in built.stages:
            for text in of_refiner(stage).notes(planned.dataset.task):
                said.setdefault(text, built.label)
    return [f"{label}: {text}" for text, label in said.items()]


def _registration_problems(planned: Plan, labels: Sequence[str]) -> Iterator[Problem]:
    """Registered prediction sets whose files are no longer those that were registered."""
    from boundary_bench.bench.predictions import registered

    for spec in planned.experiment.predictions:
        if spec.registered is not None and spec.label in labels:
            yield from registered.verify(spec.registered)


def _refiner_problems(planned: Plan, jobs: Sequence[Job], failed: set[str]) -> Iterator[Problem]:
    for label, built in planned.refiners.items():
        concerned = [job.sample for job in jobs if any(each.cell.refiner == label for each in job.todo)]
        yield from refiner_problems(planned, built, [sample for sample in concerned if sample.id not in failed])


def refiner_problems(planned: Plan, built: BuiltRefiner, samples: Sequence[Sample]) -> Iterator[Problem]:
    """Problems with the files that a refiner, or a stage of it, reads for these samples."""
    for stage in built.stages:
        for sample in samples:
            try:
                if checks_files(stage):
                    of_refiner(stage).check(sample.id, planned.dataset.size(sample))
                elif isinstance(stage, FileRefiner):
                    stage.for_sample(sample.id)
            except InputError as error:
                yield from error.problems
            except Exception as error:  # a plug-in's failure is a finding like others
                yield refusal(f"{built.label}: {sample.id}", error, "files that can be used")
