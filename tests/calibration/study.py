"""How often intervals hold the truth and tests reject what is true, by simulation.

    python -m tests.calibration.study --out results/tables/calibration

takes about ten minutes of one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.permutation import exchanges, is_exhaustive, p_value, permuted_differences
from tests.calibration.populations import Pair, Population, instances, panoptic, semantic

LEVEL = 0.95
COMMAND = "python -m tests.calibration.study --out results/tables/calibration"
METHODS: tuple[bootstrap.Method, ...] = get_args(bootstrap.Method)
STUDY = {
    # Trials, replicates and images: AP takes a hundred times as long as the others.
    "mIoU": (semantic, 2000, 1000, (15, 25, 50, 100, 200)),
    "PQ": (panoptic, 2000, 1000, (15, 25, 50, 100, 200)),
    "AP": (instances, 600, 200, (15, 25, 50, 100)),
}


@dataclass(frozen=True)
class Coverage:
    """Shares of trials in which the interval holds the truth, lies above it, and below it."""

    what: str
    method: bootstrap.Method
    held: float
    above: float
    below: float


def coverage(population: Population, images: int, trials: int, replicates: int) -> list[Coverage]:
    """Of the first refiner's value and of the paired difference, by each method."""
    rng = np.random.default_rng(1)
    ends: dict[tuple[str, bootstrap.Method], list[tuple[float, float]]] = {}
    for trial in range(trials):
        pairs = population.draw(rng, images)
        weights = bootstrap.weights([None] * images, replicates, trial)
        sides = [[pair[side] for pair in pairs] for side in (0, 1)]
        first, second = (population.values(side) for side in sides)
        drawn, drawn_second = (population.values(side, weights) for side in sides)
        for what, value, spread in (("value", first, drawn), ("difference", second - first, drawn_second - drawn)):
            for method in METHODS:
                low, high = bootstrap.interval(value, spread, level=LEVEL, units=images, method=method)
                ends.setdefault((what, method), []).append((float(low), float(high)))
    truth = dict(zip(("value", "difference"), population.truth, strict=True))
    return [Coverage(what, method, *_shares(np.array(found), truth[what])) for (what, method), found in ends.items()]


def _shares(ends: NDArray[np.float64], truth: float) -> tuple[float, float, float]:
    above, below = float(np.mean(ends[:, 0] > truth)), float(np.mean(ends[:, 1] < truth))
    return 1 - above - below, above, below


def null_p_values(population: Population, images: int, trials: int, permutations: int) -> NDArray[np.float64]:
    """Of samples in which which refiner is the first is tossed up image by image: there is nothing to be found."""
    rng = np.random.default_rng(2)
    found = []
    for trial in range(trials):
        pairs = [pair if toss else pair[::-1] for pair, toss in _tossed(population.draw(rng, images), rng)]
        found.append(_tested(population, pairs, permutations, trial))
    return np.array(found)


def power(population: Population, images: int, trials: int, permutations: int) -> NDArray[np.float64]:
    """p-values where the second refiner is better by what the population says."""
    rng = np.random.default_rng(3)
    return np.array([_tested(population, population.draw(rng, images), permutations, trial) for trial in range(trials)])


def _tossed(pairs: list[Pair], rng: np.random.Generator) -> Iterator[tuple[Pair, bool]]:
    yield from zip(pairs, (rng.random(len(pairs)) < 0.5).tolist(), strict=True)


def _tested(population: Population, pairs: list[Pair], permutations: int, seed: int) -> float:
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    units = np.arange(len(pairs))
    swapped = exchanges(units, permutations, seed)
    permuted = permuted_differences(population.metric, first, second, swapped).values[population.value]
    observed = float(population.values(first) - population.values(second))
    return p_value(observed, permuted, exhaustive=is_exhaustive(units, permutations))


def _coverage_rows() -> Iterator[str]:
    for name, (make, trials, replicates, sizes) in STUDY.items():
        population = make()
        for images in sizes:
            found = {(each.what, each.method): each for each in coverage(population, images, trials, replicates)}
            cells = [found[what, method] for what in ("value", "difference") for method in METHODS]
            texts = [f"{100 * e.held:.1f} ({100 * e.above:.1f}, {100 * e.below:.1f})" for e in cells]
            yield f"| {name} | {images} | {trials} | {' | '.join(texts)} |"


def _test_rows() -> Iterator[str]:
    for name, (make, trials, _, _) in STUDY.items():
        population = make()
        for images in (25, 100):
            count = trials // 2 if name != "AP" else 200
            p = null_p_values(population, images, count, 199)
            found = power(population, images, count, 199)
            ks = scipy.stats.kstest(p, "uniform").pvalue
            below = " | ".join(f"{100 * np.mean(p <= level):.1f}" for level in (0.01, 0.05, 0.1))
            yield f"| {name} | {images} | {count} | {below} | {ks:.2f} | {100 * np.mean(found <= 0.05):.1f} |"


PAGE = """# Are intervals and tests right?

Made by `{command}`.

Simulated: small sets are drawn from a large pool of measured images, whose own value is the true one; metrics,
bootstrap and permutation tests are the real ones. The pools are made to be hard: rare classes, sizes and difficulty
that differ much from image to image. `percentile` and `normal` are the methods that `bootstrap: {{interval: ...}}`
in an experiment names.

## Coverage of 95 % intervals

In per cent of trials; in parentheses how often the whole interval lies above and below the truth. The standard error of
a coverage of 95 is 0.5 in 2000 trials and 0.9 in 600.

| metric | images | trials | {columns} |
|---|--:|--:|--:|--:|--:|--:|
{coverage}

## p-values

Nothing to be found: which refiner is which is tossed up in each image. Per cent of p-values up to 0.01, 0.05 and 0.1,
and the p-value of a Kolmogorov-Smirnov test that they are uniform. Last, the power: per cent up to 0.05 where the
second refiner is better as in the pool.

| metric | images | trials | 0.01 | 0.05 | 0.1 | uniform | power |
|---|--:|--:|--:|--:|--:|--:|--:|
{tests}
"""


def page() -> str:
    """The tables as Markdown."""
    columns = " | ".join(f"{what}, {method}" for what in ("value", "gain") for method in METHODS)
    coverages, tests = ("\n".join(rows) for rows in (_coverage_rows(), _test_rows()))
    return PAGE.format(command=COMMAND, columns=columns, coverage=coverages, tests=tests)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="Folder for README.md.")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(page(), encoding="utf-8")
