"""Tables of a comparison of refiners, or of models, with each other, and the same as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.bootstrap import NOT_ASKED
from boundary_bench.bench.analysis.compared import Change, Contrast, Contrasts, Tally, Wanted
from boundary_bench.bench.analysis.costs import Spent
from boundary_bench.bench.analysis.numbers import Interval, Method, Numbers
from boundary_bench.bench.analysis.permutation import ENOUGH
from boundary_bench.bench.analysis.units import UNDEFINED, in_units, unit_of
from boundary_bench.bench.io.json_file import dumps
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
    layout = _Layout.of(numbers, found, wanted, digits)
    shown = [_gains([e for e in found.overall if e.against == label], label, layout) for label in wanted.against]
    tables = [table for table in shown if table.rows]
    for label in wanted.against if numbers.bracketed and layout.several_classes else ():
        tables += _decided([each for each in found.by_class if each.against == label], layout)
    if wanted.between == "refiner":
        tables += recoveries(results, numbers, wanted.metrics)
        tables.append(_costs(costs, found.overall, layout))
    if losses := [each for each in found.worst if each.metric == wanted.metrics[0]]:
        tables.append(_worst(losses, layout))
    suffix = f", {layout.of_two + ' ' if layout.of_two else ''}against {', '.join(wanted.against)}"
    intervals = [_gain(each) for each in (*found.overall, *found.by_class)]
    whole = report(results, numbers, tables, wanted.metrics, suffix=suffix, shown=intervals)
    said = (*_notes(found, wanted, results.dataset["samples"]), *whole.notes)
    return Report(whole.heading, whole.tables, said, whole.definitions)


@dataclass(frozen=True)
class _Layout:
    """What tables have in common.

    Attributes:
        names: columns that name a row: of two models none is needed.
        of_two: the model that is compared with another; "" where there are more, or refiners.
    """

    numbers: Numbers
    wanted: Wanted
    oracles: set[str]
    digits: int
    names: tuple[str, ...]
    of_two: str

    @classmethod
    def of(cls, numbers: Numbers, found: Contrasts, wanted: Wanted, digits: int) -> _Layout:
        """That of what was found."""
        oracles = {method.refiner for method in numbers.methods if method.oracle}
        names: tuple[str, ...] = ("predictions", "refiner")
        of_two = ""
        if wanted.between == "predictions":
            both = {name: sorted({getattr(each, name) for each in found.overall}) for name in names}
            names = tuple(name for name in names if len(both[name]) > 1)
            if len(both["predictions"]) == len(wanted.against) == 1:
                of_two = both["predictions"][0]
        return cls(numbers, wanted, oracles, digits, names, of_two)

    @property
    def several_classes(self) -> bool:
        """Whether classes say more than the whole."""
        count = 0 if self.numbers.of_masks else len(self.numbers.classes)
        return count > 1 or (count == 1 and self.wanted.between == "refiner")

    def cells(self, predictions: str, refiner: str) -> tuple[TableCell, ...]:
        """Those that name a row."""
        both = method_names(Method(predictions, refiner, refiner in self.oracles))
        return tuple(cell for name, cell in zip(("predictions", "refiner"), both, strict=True) if name in self.names)

    def score(self, value: float, metric: str, *, signed: bool = False) -> Score:
        """A number without an interval."""
        return Score(Interval(value), self.digits, signed=signed, unit=unit_of(metric))


def contrast_records(found: Contrasts) -> list[dict[str, Any]]:
    """One row for each number, overall and by class: as stored, NaN and None where undefined."""
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
        "predictions": results.provenance.get("predictions", {}),
    }
    return dumps(document)


def _gain(contrast: Contrast) -> Interval:
    why = contrast.no_interval if contrast.no_interval != NOT_ASKED else None
    return Interval(contrast.difference, contrast.low, contrast.high, why or "")


def _gains(overall: Sequence[Contrast], against: str, layout: _Layout) -> Table:
    models = layout.wanted.between == "predictions"
    both = ("A", "B", "B - A") if layout.of_two else ("base", "value", "difference")
    rows: list[tuple[TableCell, ...]] = [
        (
            *layout.cells(each.predictions, each.refiner),
            each.metric,
            *(layout.score(value, each.metric) for value in ((each.against_value, each.value) if models else ())),
            Score(_gain(each), layout.digits, signed=True, unit=unit_of(each.metric)),
            _p(each.p),
            _p(each.adjusted),
            _tally(each.images),
            *((_tally(each.classes),) if layout.several_classes else ()),
        )
        for each in overall
    ]
    caption = _gains_caption(against, layout, [each.metric for each in overall])
    header = (*layout.names, "metric", *(both if models else ("gain",)), "p", "p (Holm)", "images")
    header += ("classes",) if layout.several_classes else ()
    return Table(f"gains-{against}", caption, header, len(layout.names) + 1, tuple(rows))


def _gains_caption(against: str, layout: _Layout, metrics: Sequence[str]) -> str:
    counted = "images and classes" if layout.several_classes else "images"
    tested = (
        f"{layout.numbers.bracketed}; p of the difference, and after Holm; {counted} that are better / equal / worse."
    )
    scores, gains = in_units(metrics), f"{in_units(metrics, gains=True)}, on the same images{tested}"
    if layout.of_two:
        return f"A: {against}. B: {layout.of_two}. Scores {scores}, and B minus A {gains}"
    if layout.wanted.between == "predictions":
        return f"base: {against}. Scores {scores}, and value minus base {gains}"
    return f"Gains over {against} {gains}"


def _decided(by_class: Sequence[Contrast], layout: _Layout) -> list[Table]:
    """Classes whose interval lies wholly above or below zero, by name; a table for each number."""
    tables = []
    for metric in class_columns(layout.numbers, layout.wanted.metrics):
        rows: dict[tuple[str, str], list[Contrast]] = {}
        for each in by_class:
            if each.metric == metric:
                rows.setdefault((each.predictions, each.refiner), []).append(each)
        if rows:
            against = by_class[0].against
            caption = (
                f"{metric} against {against}: classes whose {layout.numbers.level} interval of the difference leaves "
                "out zero."
            )
            header = (*layout.names, "higher", "lower", "undecided")
            body = tuple((*layout.cells(*key), *_sides(classes)) for key, classes in rows.items())
            tables.append(Table(f"decided-{metric}-{against}", caption, header, len(header) - 1, body))
    return tables


def _sides(classes: Sequence[Contrast]) -> tuple[str, str, str]:
    higher = [str(each.class_name) for each in classes if each.low > 0]
    lower = [str(each.class_name) for each in classes if each.high < 0]
    return _listed(higher), _listed(lower), str(len(classes) - len(higher) - len(lower))


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


def _costs(costs: Sequence[Spent], overall: Sequence[Contrast], layout: _Layout) -> Table:
    """Cost of each refiner beside its gain in the first number over the first refiner subtracted."""
    metric, against = layout.wanted.metrics[0], layout.wanted.against[0]
    gains = {(e.predictions, e.refiner): e.difference for e in overall if (e.metric, e.against) == (metric, against)}
    rows: list[tuple[TableCell, ...]] = [
        (
            *layout.cells(each.predictions, each.refiner),
            _number(each.seconds_per_image, ".3f"),
            _number(each.patches_per_image, ".0f"),
            f"{each.parameters:,}" if each.parameters else UNDEFINED,
            _number(None if each.memory_bytes is None else each.memory_bytes / 2**20, ".0f"),
            layout.score(gains.get((each.predictions, each.refiner), math.nan), metric, signed=True),
        )
        for each in costs
    ]
    caption = (
        f"Cost of refining, and the gain in {metric} over {against} {in_units([metric], gains=True)}; memory is the "
        "most that a worker grew by over an image."
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


def _worst(losses: Sequence[Change], layout: _Layout) -> Table:
    refiners = layout.wanted.between == "refiner"
    rows: list[tuple[TableCell, ...]] = [
        (
            *layout.cells(each.predictions, each.refiner),
            *((each.against,) if refiners else ()),
            each.sample,
            layout.score(each.before, each.metric),
            layout.score(each.after, each.metric),
        )
        for each in losses
    ]
    sides = ("before", "after") if refiners else ("A", "B") if layout.of_two else ("base", "value")
    header = (*layout.names, *(("against",) if refiners else ()), "image", *sides)
    metric = losses[0].metric
    caption = f"Images that lost most: their own {metric} {in_units([metric])}, {sides[0]} and {sides[1]}."
    return Table("worst", caption, header, len(header) - 2, tuple(rows))


def _notes(found: Contrasts, wanted: Wanted, images: int) -> tuple[str, ...]:
    tested = [each for each in found.overall if not math.isnan(each.p)]
    fewer = sorted({each.samples for each in found.overall if each.samples < images})
    return (
        f"p: two-sided permutation tests that exchange the measurements of both sides of an image (or of a cluster): "
        f"all exchanges where these are at most {wanted.permutations}, else so many random ones, or as many as it "
        f"takes to find {ENOUGH} with a difference as large.",
        f"p (Holm): corrected for all {len(tested)} tests of this report; below {ALPHA:g}: "
        f"{sum(each.adjusted < ALPHA for each in tested)}.",
        *(f"{_one_of(fewer)} of {images} images have both sides." for _ in fewer[:1]),
    )


def _one_of(counts: Sequence[int]) -> str:
    return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _p(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.2g}"


def _tally(tally: Tally | None) -> str:
    return UNDEFINED if tally is None else f"{tally.better} / {tally.equal} / {tally.worse}"


def _number(value: float | None, form: str) -> str:
    return UNDEFINED if value is None else f"{value:{form}}"
