"""The first screen: what was measured, and which refiner is best at what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.compared import Contrast
from boundary_bench.bench.analysis.numbers import BASELINE, Interval, Method, Numbers
from boundary_bench.bench.analysis.units import in_units, lower_is_better, unit_of
from boundary_bench.bench.report.contrasts import ALPHA
from boundary_bench.bench.report.formats import score_parts
from boundary_bench.bench.report.notes import images
from boundary_bench.bench.report.shown import plotted_metrics
from boundary_bench.bench.report.tables import Score

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

KEY_FIGURES = 2
"""Numbers with a tile for each prediction set: a region's and a boundary's, where the run has both."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of one prediction set: unrefined, under the best refiner, and what that gains."""

    predictions: str
    metric: str
    before: str
    after: str
    refiner: str
    gain: str
    interval: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary at the top of the page; units and gain_units are those of the tiles, in words."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sentence: str
    tiles: tuple[Tile, ...]
    units: str
    gain_units: str


def summary(results: Results, numbers: Numbers, tested: Sequence[Contrast], against: str | None) -> Summary:
    """Of a run; `tested` are the contrasts of all refiners with `against`, None where there are none."""
    dataset = results.dataset
    refiners = dict.fromkeys(m.refiner for m in numbers.methods if m.refiner != BASELINE)
    clusters = dataset["clusters"]
    facts = (
        ("Data", f"{dataset['name']}, {dataset['split']}"),
        ("Images", f"{dataset['samples']}" + (f" in {clusters} clusters" if clusters else "")),
        *([("Truth", "binary masks")] if numbers.of_masks else [("Classes", str(len(dataset["classes"])))]),
        ("Predictions", str(len(numbers.predictions()))),
        ("Refiners", str(len(refiners))),
    )
    metrics = _key_metrics(numbers)
    tiles = tuple(
        tile for name in numbers.predictions() for metric in metrics if (tile := _tile(numbers, name, metric))
    )
    sentence = _sentence(results, tested, against)
    units, gain_units = in_units(metrics), in_units(metrics, gains=True)
    return Summary(f"{dataset['name']}, {dataset['split']}", facts, sentence, tiles, units, gain_units)


def _key_metrics(numbers: Numbers) -> list[str]:
    plotted = plotted_metrics(numbers) or list(numbers.metrics)
    boundary = [metric for metric in plotted[1:] if "boundary" in metric]
    return [*plotted[:1], *boundary, *plotted[1:]][:KEY_FIGURES]


def _sentence(results: Results, tested: Sequence[Contrast], against: str | None) -> str:
    measured = f"Measured on {images(results.dataset['samples'])}."
    decided = [each for each in tested if not math.isnan(each.p)]
    if not decided or against is None:
        return measured
    sure = [each for each in decided if each.adjusted < ALPHA]
    up = sum((each.difference > 0) != lower_is_better(each.metric) for each in sure)
    base = "the unrefined predictions" if against == BASELINE else against
    return (
        f"{measured} Of {len(decided)} differences to {base}, gains beyond doubt: {up}, losses: {len(sure) - up} "
        f"(p below {ALPHA:g} after Holm's correction), open: {len(decided) - len(sure)}."
    )


def _tile(numbers: Numbers, predictions: str, metric: str) -> Tile | None:
    methods = numbers.of(predictions)
    baseline = next((method for method in methods if method.refiner == BASELINE), None)
    if baseline is None or math.isnan(numbers.get(baseline, metric).score.value):
        return None
    best = _best(numbers, [m for m in methods if m.refiner != BASELINE and not m.oracle], metric)
    before = _value(numbers.get(baseline, metric).score, metric)
    if best is None:
        return Tile(predictions, metric, before, "", "", "", "", "open")
    entry = numbers.get(best, metric)
    gain, interval = score_parts(Score(entry.gain, 2, signed=True, unit=unit_of(metric)))
    sure = entry.gain.low > 0 or entry.gain.high < 0
    better = (entry.gain.value > 0) != lower_is_better(metric)
    verdict = ("better" if better else "worse") if sure else "open"
    return Tile(predictions, metric, before, _value(entry.score, metric), best.refiner, gain, interval, verdict)


def _best(numbers: Numbers, methods: Sequence[Method], metric: str) -> Method | None:
    """The method of the largest gain, the first of equal ones."""
    sign = -1.0 if lower_is_better(metric) else 1.0
    gains = [(sign * numbers.get(method, metric).gain.value, method) for method in methods]
    defined = [(gain, method) for gain, method in gains if not math.isnan(gain)]
    return max(defined, key=lambda each: each[0])[1] if defined else None


def _value(score: Interval, metric: str) -> str:
    return score_parts(Score(score, 1, unit=unit_of(metric)))[0]
