"""Leaderboard: gains of refiners over many runs, where the numbers mean the same, and their ranks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from boundary_bench.bench.analysis.bootstrap import OF_DIFFERENCES
from boundary_bench.bench.analysis.numbers import BASELINE, Interval, Numbers
from boundary_bench.bench.analysis.permutation import ROUNDING
from boundary_bench.bench.analysis.units import lower_is_better
from boundary_bench.bench.config.experiment import RefinerSpec
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.results.table import Results

OF_THE_DATA = ("tolerances_px", "tolerances_ratio", "things")
"""Entries of definitions that may differ: a number has its own tolerance in its name, and things are numbers of a data
set's classes."""


@dataclass(frozen=True)
class Column:
    """One prediction set of one dataset, whichever runs refined it.

    Attributes:
        title: dataset, split and predictions; with the run where that is not enough to tell columns apart.
        samples: images of the split.
        clusters: of dependent images; None where images are independent.
    """

    title: str
    samples: int
    clusters: int | None


@dataclass(frozen=True)
class Place:
    """A refiner in a column.

    Attributes:
        gain: over the unrefined predictions; undefined where no run has it.
        rank: among the refiners that every column has, 1 the best, the mean rank of equal ones; None for others.
    """

    gain: Interval
    rank: float | None = None


@dataclass(frozen=True)
class Standing:
    """A row: a refiner, its places in the order of the columns, and the mean of its ranks."""

    refiner: str
    oracle: bool
    places: tuple[Place, ...]
    mean_rank: float | None


@dataclass(frozen=True)
class Board:
    """One metric. Standings: by mean rank, then those without one, oracles last."""

    metric: str
    definition: Mapping[str, Any]
    columns: tuple[Column, ...]
    standings: tuple[Standing, ...]


Runs = Mapping[str, Results]
"""By what messages call a run."""


def leaderboard(runs: Runs, metrics: Sequence[str] | None = None) -> tuple[Board, ...]:
    """A board for each metric.

    Gains are those of the runs, over the identity on the same predictions. Runs of one dataset and one prediction set
    share a column, as their digests tell.

    Args:
        runs: one or more.
        metrics: names; None takes the main ones that all runs have.

    Raises:
        InputError: a metric that a run lacks, or defines in another way; a run without the identity; intervals that
            were made in different ways; a refiner with two gains in one column.
    """
    wanted = metrics or _common_metrics(runs)
    problems = [*_without_baseline(runs), *_intervals(runs)]
    problems += [problem for metric in wanted for problem in _disagreements(runs, metric)]
    if problems:
        raise InputError(problems)
    return tuple(_board(runs, metric) for metric in wanted)


def relabelled(runs: Runs) -> list[str]:
    """Refiners that have one label and different settings in different runs."""
    found: dict[str, set[str]] = {}
    for results in runs.values():
        for item in (results.provenance["experiment"] or {}).get("refiners") or []:
            spec = RefinerSpec.model_validate(item)
            found.setdefault(spec.title, set()).add(spec.model_dump_json(exclude={"only"}))
    return [title for title, settings in found.items() if len(settings) > 1]


def _common_metrics(runs: Runs) -> list[str]:
    main = [Numbers(results).choose_metrics(None) for results in runs.values()]
    common = [metric for metric in main[0] if all(metric in others for others in main)]
    if not common:
        found = "; ".join(f"{name}: {', '.join(found)}" for name, found in zip(runs, main, strict=True))
        raise InputError(Problem("runs", f"no metric in common ({found})", "runs that measured the same"))
    return common


def _without_baseline(runs: Runs) -> Iterator[Problem]:
    for name, results in runs.items():
        if BASELINE not in set(results.numbers["refiner"]):
            yield Problem(f"run {name}", "no identity", "a run with the unrefined predictions, which gains are over")


def _intervals(runs: Runs) -> Iterator[Problem]:
    found = {name: _interval_settings(results) for name, results in runs.items()}
    first = next(iter(found))
    for name, settings in found.items():
        if settings != found[first]:
            yield Problem(f"run {name}", f"intervals: {settings}", f"as in {first}, {found[first]}")


def _interval_settings(results: Results) -> str:
    drawn = results.provenance["bootstrap"]
    return f"{100 * drawn['level']:g} %, {OF_DIFFERENCES[drawn['interval']]}"


def _disagreements(runs: Runs, metric: str) -> Iterator[Problem]:
    """Differences of a definition from that in the first run."""
    first, *others = runs.items()
    for name, results in runs.items():
        numbers = Numbers(results)
        if metric not in numbers.metrics:
            yield Problem(f"run {name}", f"no {metric}", ", ".join(numbers.metrics))
            return
    reference = _definition(first[1], metric)
    for name, results in others:
        card = _definition(results, metric)
        for key in sorted({*card, *reference}):
            if card.get(key) != reference.get(key):
                found, allowed = (f"{key} {each.get(key)!r}" for each in (card, reference))
                hint = "other definitions are not put side by side; leave the run out, or choose metrics by --metric"
                yield Problem(f"{metric} in run {name}", found, f"as in {first[0]}, {allowed}", hint)


def _definition(results: Results, metric: str) -> dict[str, Any]:
    return {key: value for key, value in results.definitions[metric].items() if key not in OF_THE_DATA}


def _board(runs: Runs, metric: str) -> Board:
    columns: dict[tuple[str, ...], tuple[str, Column]] = {}
    gains: dict[tuple[str, ...], dict[str, Interval]] = {}
    oracles: dict[str, bool] = {}
    for name, results in runs.items():
        numbers = Numbers(results)
        for method in numbers.methods:
            key = _identity(results, method.predictions)
            columns.setdefault(key, (name, _column(results, method.predictions)))
            gain = Interval(0.0) if method.refiner == BASELINE else numbers.get(method, metric).gain
            _add(gains.setdefault(key, {}), method.refiner, gain, f"{metric} in run {name}, {method.predictions}")
            oracles[method.refiner] = method.oracle
    ordered = list(gains.values())
    standings = _standings(ordered, oracles, 1.0 if lower_is_better(metric) else -1.0)
    definition = _definition(next(iter(runs.values())), metric)
    return Board(metric, definition, tuple(_titled(columns.values())), tuple(standings))


def _identity(results: Results, predictions: str) -> tuple[str, ...]:
    made = results.provenance
    digests = made["dataset"]["digest"], made["predictions"][predictions]["digest"]
    return results.dataset["name"], str(results.dataset["split"]), *digests


def _column(results: Results, predictions: str) -> Column:
    dataset = results.dataset
    return Column(f"{dataset['name']} {dataset['split']}, {predictions}", dataset["samples"], dataset["clusters"])


def _titled(columns: Iterable[tuple[str, Column]]) -> Iterator[Column]:
    """With the run in titles that occur twice."""
    columns = list(columns)
    titles = [column.title for _, column in columns]
    for run, column in columns:
        twice = titles.count(column.title) > 1
        yield Column(f"{column.title} ({run})" if twice else column.title, column.samples, column.clusters)


def _add(of_column: dict[str, Interval], refiner: str, gain: Interval, where: str) -> None:
    before = of_column.setdefault(refiner, gain)
    if abs(before.value - gain.value) > ROUNDING:
        found = f"{refiner} gains {gain.value:.6f}, in an earlier run {before.value:.6f}"
        raise InputError(Problem(where, found, "one gain for one label on the same files", "label one of them anew"))


def _standings(gains: Sequence[Mapping[str, Interval]], oracles: Mapping[str, bool], sign: float) -> list[Standing]:
    """sign: -1 where more is better, else 1."""
    ranked = [
        refiner
        for refiner, oracle in oracles.items()
        if not oracle and all(refiner in column and column[refiner].value == column[refiner].value for column in gains)
    ]
    ranks = [_ranks({refiner: sign * column[refiner].value for refiner in ranked}) for column in gains]
    standings = []
    for refiner, oracle in oracles.items():
        places = [
            Place(column.get(refiner, Interval()), rank.get(refiner)) for column, rank in zip(gains, ranks, strict=True)
        ]
        mean = fmean(rank[refiner] for rank in ranks) if refiner in ranked else None
        standings.append(Standing(refiner, oracle, tuple(places), mean))
    return sorted(standings, key=lambda each: (each.oracle, each.mean_rank is None, each.mean_rank or 0.0))


def _ranks(losses: Mapping[str, float]) -> dict[str, float]:
    """Place by place, least first; equal ones share the mean of their places."""
    from scipy.stats import rankdata

    return dict(zip(losses, rankdata(list(losses.values())).tolist(), strict=True))
