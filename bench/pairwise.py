"""Paired differences between any two refiners of a stored run, from its measurements alone: no dataset is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import bootstrap, catalogue
from bench.contracts import Metric
from bench.errors import InputError, Problem
from bench.experiment import BootstrapSpec, MetricSpec
from bench.results import Results
from bench.store import MEASURED, Row, Store
from bench.suggest import did_you_mean
from bench.usual import with_offered
from metrics.measurement import Summary

DIFFERENCE = ("difference", "difference_low", "difference_high")


def rebased(results: Results, store: Store, against: str) -> Results:
    """The same results with differences to another refiner than the identity.

    Replicates draw the samples (or clusters) in the order of their ids. Differences are over the samples that both
    refiners have, as those in `results` are.

    Args:
        results: of the run.
        store: of the run.
        against: label of the refiner to subtract.

    Raises:
        InputError: no such refiner, or a run with measurements of different versions of its inputs or code.
    """
    known = list(dict.fromkeys(results.numbers["refiner"]))
    if against not in known:
        raise InputError(Problem("--against", repr(against), ", ".join(known), did_you_mean(against, known)))
    found = {}
    for label, metric, suffix in _metrics(store, results.dataset):
        for key, values in _differences(store, label, metric, against, results.dataset["classes"]):
            found[(*key[:2], key[2] + suffix, key[3])] = values
    nothing = (np.nan,) * 3
    keys = [(r["predictions"], r["refiner"], r["metric"], r["class"]) for r in results.numbers.to_dict("records")]
    columns = zip(*(found.get(key, nothing) for key in keys), strict=True)
    return replace(results, numbers=results.numbers.assign(**dict(zip(DIFFERENCE, columns, strict=True))))


def _metrics(store: Store, dataset: Mapping[str, Any]) -> Iterator[tuple[str, Metric, str]]:
    """Label, metric and the suffix of its numbers' names, as the run had them."""
    for item in store.manifest()["experiment"]["metrics"]:
        spec = MetricSpec.model_validate(item)
        parameters = with_offered("metrics", spec.name, spec.parameters, dataset["offered"])
        yield spec.title, catalogue.build("metrics", spec.name, parameters), f" ({spec.label})" if spec.label else ""


def _differences(
    store: Store, label: str, metric: Metric, against: str, classes: Sequence[str]
) -> Iterator[tuple[tuple[str, str, str, str | None], tuple[float, float, float]]]:
    """(predictions, refiner, name, class) -> value and interval, for one metric."""
    spec = BootstrapSpec.model_validate(store.manifest()["experiment"].get("bootstrap") or {})
    rows = _measured(store, label)
    samples = sorted({sample for cell in rows.values() for sample in cell})
    clusters = {sample: row.cluster for cell in rows.values() for sample, row in cell.items()}
    declared = [None if spec.unit == "image" else clusters[sample] for sample in samples]
    weights = bootstrap.weights(declared, spec.replicates, spec.seed)
    for (predictions, refiner), cell in rows.items():
        base = rows.get((predictions, against), {})
        common = [number for number, sample in enumerate(samples) if sample in cell and sample in base]
        if refiner == against or not common:
            continue
        pair = [[each[samples[number]].arrays for number in common] for each in (cell, base)]
        wholes = [metric.summarise(measurements) for measurements in pair]
        replicates = [metric.summarise(measurements, weights[:, common]) for measurements in pair]
        for name, one, value, drawn in _subtracted(wholes, replicates, classes):
            low, high = bootstrap.interval(drawn, spec.level)
            yield (predictions, refiner, name, one), (float(value), float(low), float(high))


def _subtracted(
    wholes: Sequence[Summary], replicates: Sequence[Summary], classes: Sequence[str]
) -> Iterator[tuple[str, str | None, Any, NDArray[np.float64]]]:
    """Name, class (None: overall), difference, and the differences of the replicates (R,)."""
    (first, second), (drawn, drawn_second) = wholes, replicates
    for name in first.values:
        yield name, None, first.values[name] - second.values[name], drawn.values[name] - drawn_second.values[name]
    for name in first.per_class:
        value = first.per_class[name] - second.per_class[name]
        spread = drawn.per_class[name] - drawn_second.per_class[name]
        for k, one in enumerate(classes):
            yield name, one, value[k], spread[:, k]


def _measured(store: Store, metric: str) -> Mapping[tuple[str, str], Mapping[str, Row]]:
    """(predictions, refiner) -> sample -> row, of one metric."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in store.rows().values():
        if row.metric != metric or row.status not in MEASURED:
            continue
        cell = found.setdefault((row.predictions, row.refiner), {})
        if row.sample in cell:
            hint = "inputs or code changed between its parts; run it again with --overwrite"
            where, what = f"run {store.folder.name}", f"two measurements of {row.sample}"
            raise InputError(Problem(where, what, "one for each combination", hint))
        cell[row.sample] = row
    return found
