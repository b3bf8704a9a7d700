"""Every file is looked at before any work starts, and everything wrong is reported at once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.abilities import of_dataset, of_prediction_set
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Progress, Sample

Missing = Literal["fail", "skip", "empty"]
"""Handling of a sample without a prediction: an error, left out, or scored as if all of it were void."""

MOST_THREADS = 8
"""Decoding releases the interpreter lock; beyond these, threads wait for what does not, or for the disk."""

READABLE = "files that can be read"


@dataclass
class Findings:
    """Findings of a check.

    Attributes:
        problems: what makes the work impossible.
        notes: what is allowed but changes the numbers, or looks like a mistake.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether work may start."""
        return not self.problems


def require(report: Findings) -> None:
    """Go on only where nothing is wrong.

    Raises:
        InputError: with all problems of the report.
    """
    if not report.ok:
        raise InputError(report.problems)


def check_run(
    dataset: Dataset,
    prediction_sets: Sequence[PredictionSet],
    *,
    missing: Missing = "fail",
    images: bool = False,
    samples: Sequence[Sample] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Findings:
    """Decode and check the truth, the predictions and, on demand, the images of a run.

    Args:
        dataset: the dataset.
        prediction_sets: predictions for it.
        missing: whether a missing prediction is an error (`fail`) or a note; `skip` makes one of missing images too.
        images: whether a refiner will need images.
        samples: those that the run is restricted to; None for all, which also runs the dataset's own check.
        threads: how many files are decoded at a time, at most `MOST_THREADS`. None: one for each core.
        progress: called with how far the check is.

    Returns:
        Everything found; input errors are collected, not raised. A prediction set that has none of the
        samples is an error whatever `missing` says.
    """
    chosen = list(dataset.samples() if samples is None else samples)
    step = _counter(progress, len(chosen) * (1 + len(prediction_sets)))
    run = _Run(dataset, chosen, missing, step, threads)
    if not chosen:
        run.report.problems.append(Problem(_title(dataset), "no samples", "at least one"))
    run.report.problems += _same_names(prediction_sets)
    if samples is None:
        run.report.problems += _collected(lambda: dataset.check(images=images), _title(dataset))
        step(len(chosen))
    else:
        run.check_truth(images)
    for predictions in prediction_sets:
        run.check(predictions)
    return run.report


def check_samples(
    dataset: Dataset,
    samples: Sequence[Sample],
    *,
    images: bool,
    threads: int | None = None,
    step: Callable[[int], None] | None = None,
) -> list[Problem]:
    """Everything wrong with truth and, on demand, images of these samples; decodes them."""
    check = partial(_check_sample, dataset, images)
    return _flat(_mapped(check, samples, _title(dataset), threads), step)


def lacks_image(dataset: Dataset, sample: Sample) -> bool:
    """Whether a sample of a dataset that can tell has no image."""
    return not of_dataset(dataset).has_image(sample)


def check_images(dataset: Dataset, samples: Sequence[Sample], progress: Progress | None = None) -> Findings:
    """Decode these samples' images, whatever their truth is like."""
    step = _counter(progress, len(samples))
    found = _mapped(partial(_check_image, dataset), samples, _title(dataset), allowed="an image that can be read")
    return Findings(_flat(found, step))


@dataclass
class _Run:
    """State of a check: what prediction sets are checked against, and the findings."""

    dataset: Dataset
    samples: Sequence[Sample]
    missing: Missing
    step: Callable[[int], None]
    threads: int | None
    report: Findings = field(default_factory=Findings)

    def check_truth(self, images: bool) -> None:
        """Of the samples, and their images on demand; `skip` makes a note of those that have none."""
        there: Sequence[Sample] = self.samples
        if images and self.missing == "skip":
            # Without any image there is nothing to continue with: all are then asked for theirs.
            there = [sample for sample in self.samples if not lacks_image(self.dataset, sample)] or self.samples
        if len(there) < len(self.samples):
            absent = [sample for sample in self.samples if lacks_image(self.dataset, sample)]
            ids = ", ".join(sample.id for sample in absent)
            found = f"{len(absent)} of {len(self.samples)} images missing: {ids}"
            self.report.notes.append(f"{_title(self.dataset)}: {found}; refiners leave them out")
            self.report.problems += check_samples(
                self.dataset, absent, images=False, threads=self.threads, step=self.step
            )
        self.report.problems += check_samples(self.dataset, there, images=images, threads=self.threads, step=self.step)

    def check(self, predictions: PredictionSet) -> None:
        present = [sample for sample in self.samples if predictions.has(sample)]
        if len(present) < len(self.samples):
            there = {sample.id for sample in present}
            self._missing(predictions.name, [s.id for s in self.samples if s.id not in there])
        found = _mapped(partial(self._problems, predictions), present, predictions.name, self.threads)
        self.report.problems += _flat(found, self.step)
        self.report.notes += [f"{predictions.name}: {note}" for note in of_prediction_set(predictions).notes()]

    def _problems(self, predictions: PredictionSet, sample: Sample) -> list[Problem]:
        try:
            size = self.dataset.size(sample)
        except InputError:
            return []  # The dataset's own check has reported it.
        return predictions.check(sample, size)

    def _missing(self, name: str, absent: Sequence[str]) -> None:
        self.step(len(absent))
        total = len(self.samples)
        none_there = len(absent) == total
        found = f"{len(absent)} of {total} predictions missing: {', '.join(absent)}"
        if none_there or self.missing == "fail":
            hint = "no file name matches a sample" if none_there else "--missing skip leaves them out"
            allowed = f"one for each sample of {_title(self.dataset)}"
            self.report.problems.append(Problem(name, found, allowed, hint))
        else:
            consequence = "left out" if self.missing == "skip" else "scored as wholly wrong"
            self.report.notes.append(f"{name}: {found}; they are {consequence}")


def _check_sample(dataset: Dataset, images: bool, sample: Sample) -> list[Problem]:
    size = dataset.truth(sample).size
    shape = dataset.image(sample).shape if images else (*size, 3)
    if shape == (*size, 3):
        return []
    return [Problem(f"{_title(dataset)}: {sample.id}", f"an image of shape {shape}", f"{(*size, 3)}, as its labels")]


def _check_image(dataset: Dataset, sample: Sample) -> list[Problem]:
    dataset.image(sample)
    return []


def _same_names(prediction_sets: Sequence[PredictionSet]) -> list[Problem]:
    counts = Counter(predictions.name for predictions in prediction_sets)
    return [
        Problem(name, f"{count} prediction sets of this name", "a name of its own for each")
        for name, count in counts.items()
        if count > 1
    ]


def _found(check: Callable[[], list[Problem]]) -> list[Problem]:
    try:
        return check()
    except InputError as error:
        return list(error.problems)


def _collected(check: Callable[[], list[Problem]], where: str, allowed: str = READABLE) -> list[Problem]:
    try:
        return _found(check)
    except Exception as error:  # A plug-in's failure is a finding like others, not the end of the check.
        return [Problem(where, f"{type(error).__name__}: {error}", allowed)]


def _mapped(
    check: Callable[[Sample], list[Problem]],
    samples: Sequence[Sample],
    name: str,
    threads: int | None = None,
    allowed: str = READABLE,
) -> Generator[list[Problem]]:
    """Of each sample, several at a time; those in which anything but an input error was raised once more, alone.

    Plug-ins need not be made for threads, and CPython before 3.11.8 itself fails at random where two threads parse
    literals at once, as NumPy does for the header of every `.npy`.
    """
    pool = ThreadPoolExecutor(min(threads or os.cpu_count() or 1, MOST_THREADS))
    again = []
    try:
        for sample, found in zip(samples, pool.map(partial(_attempted, check), samples), strict=True):
            if found is None:
                again.append(sample)
            else:
                yield found
    finally:
        # After Ctrl-C what is not begun is not begun.
        pool.shutdown(cancel_futures=True)
    for sample in again:
        yield _collected(partial(check, sample), f"{name}: {sample.id}", allowed)


def _attempted(check: Callable[[Sample], list[Problem]], sample: Sample) -> list[Problem] | None:
    """Its problems; None where it must be tried alone."""
    with suppress(Exception):
        return _found(partial(check, sample))
    return None


def _flat(found: Generator[list[Problem]], step: Callable[[int], None] | None) -> list[Problem]:
    problems = []
    with closing(found):
        for some in found:
            problems += some
            if step is not None:
                step(1)
    return problems


def _counter(progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    return step


def _title(dataset: Dataset) -> str:
    return f"{dataset.name}/{dataset.split}"
