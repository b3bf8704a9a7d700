"""Tables of a leaderboard, and the same as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.bootstrap import OF_DIFFERENCES
from boundary_bench.bench.analysis.leaderboard import Board, Standing, relabelled
from boundary_bench.bench.analysis.numbers import Method
from boundary_bench.bench.analysis.units import UNDEFINED, Unit, in_units, unit_of
from boundary_bench.bench.io.json_file import dumps
from boundary_bench.bench.report.notes import definition_notes, images, without_notes
from boundary_bench.bench.report.tables import Report, Score, Table, TableCell, method_names

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results


def leaderboard_report(boards: Sequence[Board], runs: Mapping[str, Results], *, digits: int = 2) -> Report:
    """A table for each metric: mean rank, and in every column the gain and its rank."""
    heading = f"Leaderboard: {len(boards[0].columns)} prediction sets from {len(runs)} runs"
    bracketed = ", with intervals in brackets" if _drawn(runs)["interval"] != "none" else ""
    tables = tuple(_table(board, digits, bracketed) for board in boards)
    definitions = definition_notes({board.metric: board.definition for board in boards}, [b.metric for b in boards])
    return Report(heading, tables, _notes(boards, runs), definitions)


def leaderboard_records(boards: Sequence[Board]) -> list[dict[str, Any]]:
    """One row for each metric, refiner and column: as stored, None where undefined or not ranked."""
    return [
        {
            "metric": board.metric,
            "column": column.title,
            "samples": column.samples,
            "clusters": column.clusters,
            "refiner": standing.refiner,
            "oracle": standing.oracle,
            "gain": place.gain.value,
            "low": place.gain.low,
            "high": place.gain.high,
            "no_interval": place.gain.without or None,
            "rank": place.rank,
            "mean_rank": standing.mean_rank,
        }
        for board in boards
        for standing in board.standings
        for column, place in zip(board.columns, standing.places, strict=True)
    ]


def leaderboard_csv(boards: Sequence[Board]) -> str:
    """The rows of `leaderboard_records`, empty where undefined."""
    import pandas as pd

    # As objects: a count beside one that is undefined stays a whole number.
    return str(pd.DataFrame(leaderboard_records(boards), dtype=object).to_csv(index=False, lineterminator="\n"))


def leaderboard_json(boards: Sequence[Board]) -> str:
    """The rows with the metrics' definitions, null where undefined."""
    definitions = {board.metric: board.definition for board in boards}
    return dumps({"schema": 1, "definitions": definitions, "rows": leaderboard_records(boards)})


def _drawn(runs: Mapping[str, Results]) -> Mapping[str, Any]:
    """Settings of the intervals, which all runs share."""
    drawn: Mapping[str, Any] = next(iter(runs.values())).provenance["bootstrap"]
    return drawn


def _table(board: Board, digits: int, bracketed: str) -> Table:
    header = ["refiner", "mean rank"]
    for column in board.columns:
        header += [column.title, "rank"]
    rows = tuple(_row(standing, digits, unit_of(board.metric)) for standing in board.standings)
    caption = (
        f"Gains in {board.metric} over the unrefined predictions {in_units([board.metric], gains=True)}{bracketed}."
    )
    return Table(f"leaderboard-{board.metric}", caption, tuple(header), 1, rows)


def _row(standing: Standing, digits: int, unit: Unit) -> tuple[TableCell, ...]:
    _, name = method_names(Method("", standing.refiner, standing.oracle))
    cells: list[TableCell] = [name, _rank(standing.mean_rank)]
    for place in standing.places:
        cells += [Score(place.gain, digits, signed=True, unit=unit), _rank(place.rank)]
    return tuple(cells)


def _rank(rank: float | None) -> str:
    return UNDEFINED if rank is None else f"{rank:.3g}"


def _notes(boards: Sequence[Board], runs: Mapping[str, Results]) -> tuple[str, ...]:
    drawn = _drawn(runs)
    units = (
        f"{column.title}: {images(column.samples)}" + (f" in {column.clusters} clusters" if column.clusters else "")
        for column in boards[0].columns
    )
    notes = [
        f"{'; '.join(units)}.",
        f"Intervals: {100 * drawn['level']:g} %, {OF_DIFFERENCES[drawn['interval']]}.",
        "Ranks: among the refiners that every column has, without oracles; 1 is the best.",
    ]
    gains = (place.gain for board in boards for standing in board.standings for place in standing.places)
    notes += without_notes(gains)
    if any(standing.oracle for standing in boards[0].standings):
        notes.append("†: uses the ground truth; it bounds what refinement could reach and is not ranked.")
    if different := relabelled(runs):
        notes.append(f"Not set up alike in all runs: {', '.join(different)}.")
    if len({results.provenance.get("code") for results in runs.values()}) > 1:
        notes.append("The runs were made by different versions of this software.")
    return tuple(notes)
