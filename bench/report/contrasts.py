"""Tables of a comparison of refiners with each other, and the same as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.bootstrap import NOT_ASKED
from boundary_bench.bench.analysis.compared import Change, Contrast, Contrasts, Tally, Wanted
from boundary_bench.bench.analysis.costs import Spent
from boundary_bench.bench.analysis.numbers import Interval, Method, Numbers
from boundary_bench.bench.io.json_file import dumps
from boundary_bench.bench.report.formats import UNDEFINED
from boundary_bench.bench.report.tables import (
    Report,
    Score,
    Table,
    TableCell,
    class_columns,
    method_names,
    recoveries,
    report,
)

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

ALPHA = 0.05


def contrast_report(
    results: Results, found: Contrasts, costs: Sequence[Spent], wanted: Wanted, *, digits: int = 2
) -> Report:
    """Gains with their tests, classes beyond doubt, shares of an oracle's gain, costs, the images that lost most.

    Args:
        results: of the run.
        found: in it.
        costs: of its cells.
        wanted: what was looked for.
        digits: decimals of points.
    """
    numbers = Numbers(results)
    oracles = {method.refiner for method in numbers.methods if method.oracle}
    shown = [_gains(found.overall, label, numbers.bracketed, oracles, digits) for label in wanted.against]
    tables = [table for table in shown if table.rows]
    for label in wanted.against if numbers.bracketed else ():
        tables += _decided(numbers, [each for each in found.by_class if each.against == label], wanted, oracles)
    tables += recoveries(results, numbers, wanted.metrics)
    tables.append(_costs(costs, found.overall, wanted, oracles, digits))
    if losses := [each for each in found.worst if each.metric == wanted.metrics[0]]:
        tables.append(_worst(losses, oracles, digits))
    suffix = f", against {', '.join(wanted.against)}"
    intervals = [_gain(each) for each in (*found.overall, *found.by_class)]
    whole = report(results, numbers, tables, wanted.metrics, suffix=suffix, shown=intervals)
    return Report(whole.heading, whole.tables, (*_notes(found, wanted), *whole.notes), whole.definitions)


def contrast_records(found: Contrasts) -> list[dict[str, Any]]:
    """One row for each number, overall and by class: fractions, NaN and None where undefined."""
    records = []
    for each in (*found.overall, *found.by_class):
        record = {("class" if key == "class_name" else key): value for key, value in asdict(each).items()}
        for kind in ("images", "classes"):
            tally = record.pop(kind) or dict.fromkeys(("better", "equal", "worse"))
            record |= {f"{kind}_{name}": count for name, count in tally.items()}
        records.append(record)
    return records


def contrast_csv(found: Contrasts) -> str:
    """The rows of `contrast_records`, empty where undefined."""
    import pandas as pd

    # As objects: a count beside one that is undefined stays a whole number.
    return str(pd.DataFrame(contrast_records(found), dtype=object).to_csv(index=False, lineterminator="\n"))


def contrast_json(results: Results, found: Contrasts, costs: Sequence[Spent], wanted: Wanted) -> str:
    """Everything that was found, null where undefined."""
    document = {
        "schema": 1,
        "dataset": {key: results.dataset[key] for key in ("name", "split", "samples", "clusters")},
        "wanted": {**asdict(wanted), "interval": results.provenance["bootstrap"]["interval"]},
        "definitions": {name: results.definitions[name] for name in wanted.metrics},
        "rows": contrast_records(found),
        "costs": [asdict(each) for each in costs],
        "worst": [asdict(each) for each in found.worst],
    }
    return dumps(document)


def _gain(contrast: Contrast) -> Interval:
    why = contrast.no_interval if contrast.no_interval != NOT_ASKED else None
    return Interval(contrast.difference, contrast.low, contrast.high, why or "")


def _gains(overall: Sequence[Contrast], against: str, bracketed: str, oracles: set[str], digits: int) -> Table:
    rows: list[tuple[TableCell, ...]] = [
        (
            *_cells(each.predictions, each.refiner, oracles),
            each.metric,
            Score(_gain(each), digits, signed=True),
            _p(each.p),
            _p(each.adjusted),
            _tally(each.images),
            _tally(each.classes),
        )
        for each in overall
        if each.against == against
    ]
    caption = (
        f"Gains over {against} in points, on the same images{bracketed}; p of the difference, and after Holm; images "
        "and classes that are better / equal / worse."
    )
    header = ("predictions", "refiner", "metric", "gain", "p", "p (Holm)", "images", "classes")
    return Table(f"gains-{against}", caption, header, 3, tuple(rows))


def _decided(numbers: Numbers, by_class: Sequence[Contrast], wanted: Wanted, oracles: set[str]) -> list[Table]:
    """Classes whose interval lies wholly above or below zero, by name; a table for each number."""
    tables = []
    for metric in class_columns(numbers, wanted.metrics):
        rows: dict[tuple[str, str], list[Contrast]] = {}
        for each in by_class:
            if each.metric == metric:
                rows.setdefault((each.predictions, each.refiner), []).append(each)
        if rows:
            caption = (
                f"{metric} against {by_class[0].against}: classes whose {numbers.level} interval of the difference "
                "leaves out zero."
            )
            header = ("predictions", "refiner", "higher", "lower", "undecided")
            body = tuple((*_cells(*key, oracles), *_sides(classes)) for key, classes in rows.items())
            tables.append(Table(f"decided-{metric}-{by_class[0].against}", caption, header, 4, body))
    return tables


def _sides(classes: Sequence[Contrast]) -> tuple[str, str, str]:
    higher = [str(each.class_name) for each in classes if each.low > 0]
    lower = [str(each.class_name) for each in classes if each.high < 0]
    return _listed(higher), _listed(lower), str(len(classes) - len(higher) - len(lower))


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


def _costs(
    costs: Sequence[Spent], overall: Sequence[Contrast], wanted: Wanted, oracles: set[str], digits: int
) -> Table:
    """Cost of each refiner beside its gain in the first number over the first refiner subtracted."""
    metric, against = wanted.metrics[0], wanted.against[0]
    gains = {(e.predictions, e.refiner): e.difference for e in overall if (e.metric, e.against) == (metric, against)}
    rows: list[tuple[TableCell, ...]] = [
        (
            *_cells(each.predictions, each.refiner, oracles),
            _number(each.seconds_per_image, ".3f"),
            _number(each.patches_per_image, ".0f"),
            f"{each.parameters:,}" if each.parameters else UNDEFINED,
            _number(None if each.memory_bytes is None else each.memory_bytes / 2**20, ".0f"),
            Score(Interval(gains.get((each.predictions, each.refiner), math.nan)), digits, signed=True),
        )
        for each in costs
    ]
    caption = (
        f"Cost of refining, and the gain in {metric} over {against} in points; memory is the most that a worker grew "
        "by over an image."
    )
    header = (
        "predictions",
        "refiner",
        "s an image",
        "patches an image",
        "parameters",
        "memory (MiB)",
        f"{metric} gain",
    )
    return Table("costs", caption, header, 2, tuple(rows))


def _worst(losses: Sequence[Change], oracles: set[str], digits: int) -> Table:
    rows: list[tuple[TableCell, ...]] = [
        (
            *_cells(each.predictions, each.refiner, oracles),
            each.against,
            each.sample,
            Score(Interval(each.before), digits),
            Score(Interval(each.after), digits),
        )
        for each in losses
    ]
    header = ("predictions", "refiner", "against", "image", "before", "after")
    caption = f"Images that lost most: their own {losses[0].metric} in per cent, before and after."
    return Table("worst", caption, header, 4, tuple(rows))


def _notes(found: Contrasts, wanted: Wanted) -> tuple[str, ...]:
    tested = [each for each in found.overall if not math.isnan(each.p)]
    return (
        f"p: two-sided permutation tests that exchange the two refiners' measurements of an image (or of a cluster); "
        f"all exchanges where these are at most {wanted.permutations}, else so many random ones.",
        f"p (Holm): corrected for all {len(tested)} tests of this report; below {ALPHA:g}: "
        f"{sum(each.adjusted < ALPHA for each in tested)}.",
    )


def _cells(predictions: str, refiner: str, oracles: set[str]) -> tuple[TableCell, TableCell]:
    return method_names(Method(predictions, refiner, refiner in oracles))


def _p(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.2g}"


def _tally(tally: Tally | None) -> str:
    return UNDEFINED if tally is None else f"{tally.better} / {tally.equal} / {tally.worse}"


def _number(value: float | None, form: str) -> str:
    return UNDEFINED if value is None else f"{value:{form}}"
