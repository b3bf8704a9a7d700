"""Validation of every file before any work starts; all problems are reported together."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.plugins.abilities import of_dataset, of_prediction_set
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Progress, Sample
from boundary_bench.bench.plugins.truth_check import TruthCheck

Missing = Literal["fail", "skip", "empty"]
"""Handling of a sample without a prediction: an error, skipped, or scored as if all of it were void."""

MOST_THREADS = 8
"""Decoding releases the interpreter lock; more threads would wait for code that does not, or for the disk."""

ALONE, QUICK_SECONDS = 64, 0.1
"""As long as so many checks take less than so many seconds they are done one after the other: with small files,
taking turns in threads costs more than it saves."""

READABLE = "files that can be read"


@dataclass
class Findings:
    """Results of a check.

    Attributes:
        problems: errors that prevent the work.
        notes: findings that are allowed but change the numbers, or look like a mistake.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether work may start."""
        return not self.problems


def require(report: Findings) -> None:
    """Raise if a check found problems.

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
    unneeded: Collection[str] = (),
    truth: bool = True,
    samples: Sequence[Sample] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Findings:
    """Decode and check the truth, the predictions and optionally the images of a run.

    Args:
        dataset: the dataset.
        prediction_sets: predictions for it.
        missing: whether a missing prediction is an error (`fail`) or a note; with `skip`, so are missing images.
        images: whether a refiner needs images.
        unneeded: ids of samples whose image is not needed all the same.
        truth: whether a truth is needed; it is checked wherever there is one.
        samples: the samples that the run is restricted to; None for all.
        threads: number of files decoded at a time, at most `MOST_THREADS`. None: one per core.
        progress: called after each sample of the dataset or of one prediction set.

    Returns:
        All findings; input errors are collected, not raised. A prediction set that has none of the samples is an
        error regardless of `missing`.
    """
    chosen = list(dataset.samples() if samples is None else samples)
    step = _counter(progress, len(chosen) * (1 + len(prediction_sets)))
    run = _Run(dataset, chosen, missing, step, threads, frozenset(unneeded))
    if not chosen:
        run.report.problems.append(Problem(_title(dataset), "no samples", "at least one"))
    run.report.problems += _same_names(prediction_sets)
    run.check_truth(images, needed=truth)
    for predictions in prediction_sets:
        run.check(predictions)
    return run.report


def lacks_image(dataset: Dataset, sample: Sample) -> bool:
    """Whether the dataset says that a sample has no image."""
    return not of_dataset(dataset).has_image(sample)


def check_images(dataset: Dataset, samples: Sequence[Sample], progress: Progress | None = None) -> Findings:
    """Decode these samples' images, regardless of their truth."""
    step = _counter(progress, len(samples))
    found = _mapped(partial(_check_image, dataset), samples, _title(dataset), allowed="an image that can be read")
    return Findings(_flat(found, step))


@dataclass
class _Run:
    """The dataset and settings that all prediction sets of a run are checked against, and the findings."""

    dataset: Dataset
    samples: Sequence[Sample]
    missing: Missing
    step: Callable[[int], None]
    threads: int | None
    unneeded: frozenset[str] = frozenset()
    report: Findings = field(default_factory=Findings)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def check_truth(self, images: bool, *, needed: bool) -> None:
        """Check the truth of the samples and, if `images`, their images; `skip` notes those without one."""
        there: Sequence[Sample] = [sample for sample in self.samples if sample.id not in self.unneeded]
        needed_images = there
        if images and self.missing == "skip":
            # Without any image nothing could be run, so all are checked and reported as missing.
            there = [sample for sample in there if not lacks_image(self.dataset, sample)] or there
        with_image = {sample.id for sample in there}
        absent = [sample for sample in self.samples if sample.id not in with_image]
        if lost := [sample.id for sample in needed_images if sample.id not in with_image]:
            found = f"{len(lost)} of {len(self.samples)} images missing: {examples(lost)}"
            self.report.notes.append(f"{_title(self.dataset)}: {found}; refiners skip them")
        truth = TruthCheck(self.dataset, self.sizes, needed=needed)
        for some, with_images in ((absent, False), (there, images)):
            check = partial(truth.problems, with_images)
            self.report.problems += _flat(_mapped(check, some, _title(self.dataset), self.threads), self.step)
        self.report.problems += truth.of_all()
        own = of_dataset(self.dataset)
        self.report.problems += _collected(lambda: own.check(images=images), _title(self.dataset))
        self.report.notes += [f"{_title(self.dataset)}: {note}" for note in own.notes()]

    def check(self, predictions: PredictionSet) -> None:
        present = [sample for sample in self.samples if predictions.has(sample)]
        if len(present) < len(self.samples):
            there = {sample.id for sample in present}
            self._missing(predictions, [s.id for s in self.samples if s.id not in there])
        found = _mapped(partial(self._problems, predictions), present, predictions.name, self.threads)
        self.report.problems += _flat(found, self.step)
        self.report.notes += [f"{predictions.name}: {note}" for note in of_prediction_set(predictions).notes()]

    def _problems(self, predictions: PredictionSet, sample: Sample) -> list[Problem]:
        try:
            size = self.sizes.get(sample.id) or self.dataset.size(sample)
        except InputError:
            return []  # The dataset's own check has reported it.
        return predictions.check(sample, size)

    def _missing(self, predictions: PredictionSet, absent: Sequence[str]) -> None:
        self.step(len(absent))
        name, total = predictions.name, len(self.samples)
        found = f"{len(absent)} of {total} predictions missing: {examples(absent)}"
        allowed = f"one per sample of {_title(self.dataset)}"
        if len(absent) == total:
            files = of_prediction_set(predictions).unmatched()
            hint = (
                f"no file name matches a sample; there are {examples(files)}"
                if files
                else "no file name matches a sample"
            )
            self.report.problems.append(Problem(name, found, allowed, hint))
        elif self.missing == "fail":
            each = f"no prediction, as for {len(absent)} of {total} samples"
            hint = "use --missing skip to skip them"
            self.report.problems += [Problem(f"{name}: {sample}", each, allowed, hint) for sample in absent]
        else:
            consequence = "skipped" if self.missing == "skip" else self._scored_as
            self.report.notes.append(f"{name}: {found}; they are {consequence}")

    @property
    def _scored_as(self) -> str:
        """What a missing prediction counts as where it is taken for an empty one."""
        return "scored as empty masks" if self.dataset.task == "binary" else "scored as entirely wrong"


def _check_image(dataset: Dataset, sample: Sample) -> list[Problem]:
    dataset.image(sample)
    return []


def _same_names(prediction_sets: Sequence[PredictionSet]) -> list[Problem]:
    counts = Counter(predictions.name for predictions in prediction_sets)
    return [
        Problem(name, f"{count} prediction sets of this name", "a unique name for each")
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
    except Exception as error:  # A plug-in's failure is one more finding, not the end of the check.
        return [Problem(where, f"{type(error).__name__}: {error}", allowed)]


def _mapped(
    check: Callable[[Sample], list[Problem]],
    samples: Sequence[Sample],
    name: str,
    threads: int | None = None,
    allowed: str = READABLE,
) -> Generator[list[Problem]]:
    """Problems of each sample, several at a time; checks that raise anything but an input error are retried alone.

    Plug-ins need not be thread-safe, and CPython before 3.11.8 itself fails at random where two threads parse
    literals at the same time, as NumPy does for the header of every `.npy`.
    """
    again = []
    attempts = _attempts(partial(_attempted, check), samples, min(threads or os.cpu_count() or 1, MOST_THREADS))
    with closing(attempts):
        for sample, found in zip(samples, attempts, strict=True):
            if found is None:
                again.append(sample)
            else:
                yield found
    for sample in again:
        yield _collected(partial(check, sample), f"{name}: {sample.id}", allowed)


def _attempts(
    attempt: Callable[[Sample], list[Problem] | None], samples: Sequence[Sample], threads: int
) -> Generator[list[Problem] | None]:
    """Results in the order of the samples: one after the other while that is quick, then in threads."""
    done, spent = 0, 0.0
    while done < len(samples) and spent < QUICK_SECONDS:
        start = time.perf_counter()
        yield attempt(samples[done])
        # Counted anew now and then; the very first one loads what the others find ready.
        spent = 0.0 if done % ALONE == 0 else spent + time.perf_counter() - start
        done += 1
    if done == len(samples):
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(attempt, samples[done:])
    finally:
        # After Ctrl-C, do not start pending checks.
        pool.shutdown(cancel_futures=True)


def _attempted(check: Callable[[Sample], list[Problem]], sample: Sample) -> list[Problem] | None:
    """Problems of the sample; None where the check must be retried alone."""
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
