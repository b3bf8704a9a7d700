"""Puts the page together: sections, templates, styles and script, all in one file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from boundary_bench.bench.analysis.compared import PERMUTATIONS, Contrasts, Wanted
from boundary_bench.bench.analysis.contrasts import changes, contrasts, named
from boundary_bench.bench.analysis.costs import Spent, spent
from boundary_bench.bench.analysis.numbers import BASELINE, Numbers
from boundary_bench.bench.analysis.rows import RunRows, rows_of_run
from boundary_bench.bench.analysis.scores import PairedScores
from boundary_bench.bench.plugins.protocols import Progress
from boundary_bench.bench.report.contrasts import contrast_report
from boundary_bench.bench.report.formats import csv, latex
from boundary_bench.bench.report.page.bibliography import bibtex
from boundary_bench.bench.report.page.cards import cards, ids_by_metric
from boundary_bench.bench.report.page.choice import choose
from boundary_bench.bench.report.page.downloads import download
from boundary_bench.bench.report.page.gains import forests, heat_maps
from boundary_bench.bench.report.page.gallery import Gallery, gallery
from boundary_bench.bench.report.page.inputs import UnavailableError, reopen
from boundary_bench.bench.report.page.origin import origin
from boundary_bench.bench.report.page.plots import line_plots
from boundary_bench.bench.report.page.summary import summary
from boundary_bench.bench.report.page.tables import PageTable, page_table
from boundary_bench.bench.report.tables import Report, Table, comparison
from boundary_bench.bench.results.store import Store
from boundary_bench.bench.results.table import Results

BYTES = 15_000_000
"""The page stays below."""
MARKUP_BYTES = 4_000
"""Of one image of the gallery, beside its pictures."""


@dataclass(frozen=True, eq=False)
class Run:
    """A stored run with the comparisons that the page shows."""

    folder: Path
    manifest: Mapping[str, Any]
    results: Results
    scores: PairedScores
    wanted: Wanted
    found: Contrasts
    costs: Sequence[Spent]

    @classmethod
    def open(cls, folder: Path, against: str | None = None, permutations: int = PERMUTATIONS) -> Run:
        """Read a run and compare its refiners with one of them, by default the identity; see `Wanted`.

        Raises:
            InputError: no run, or no such refiner in it.
        """
        results = Results.load(folder)
        store = Store.open(folder)
        scores = PairedScores(rows_of_run(store, results.dataset))
        labels = named(scores.rows, [against or _baseline(scores.rows)])
        metrics = Numbers(results).choose_metrics(None)
        wanted = Wanted(labels, metrics, results.dataset["classes"], permutations)
        costs = spent(scores.rows, results.provenance.get("parameters", {}))
        return cls(folder, store.manifest(), results, scores, wanted, contrasts(scores, wanted), costs)


def page(
    run: Run, *, images: int = 60, experiment: Path | None = None, digits: int = 1, progress: Progress | None = None
) -> str:
    """The whole page; the same run and inputs give the same text.

    Args:
        run: an opened one.
        images: how many the gallery has at most.
        experiment: the file that the run was made of, where its folder alone does not lead to the inputs.
        digits: decimals of per cent.
        progress: called with how many images of the gallery are done.

    Raises:
        InputError: the given experiment cannot be used.
    """
    context = _sections(run, digits)
    empty = _render({**context, "gallery": Gallery(reason="none")})
    room = BYTES - len(empty.encode()) - images * MARKUP_BYTES
    return _render({**context, "gallery": _gallery(run, images, experiment, room, progress or _silent)})


def _baseline(rows: RunRows) -> str:
    labels = [cell.refiner for cell in rows.cells]
    return BASELINE if BASELINE in labels else labels[0]


def _sections(run: Run, digits: int) -> dict[str, Any]:
    results, numbers = run.results, Numbers(run.results)
    against = run.wanted.against[0]
    compared = comparison(results, digits=digits)
    contrasted = contrast_report(results, run.found, run.costs, run.wanted) if run.found.overall else None
    entries = bibtex(results.provenance, results.dataset["name"])
    found = cards(results.definitions, [*numbers.metrics, *numbers.class_metrics])
    ids = ids_by_metric(found)
    return {
        "summary": summary(results, numbers, run.found.overall, against if contrasted else None),
        "against": against,
        "score_tables": _tables(compared, ids, entries, lambda name: not name.startswith("classes-")),
        "class_tables": _tables(compared, ids, entries, lambda name: name.startswith("classes-")),
        "contrast_tables": _tables(contrasted, ids, entries, lambda name: name != "recoveries") if contrasted else (),
        "heat_maps": tuple(
            page_table(table, compared, ids, entries, looks=looks) for table, looks in heat_maps(numbers, digits + 1)
        ),
        "plots": line_plots(results, numbers),
        "forests": forests(numbers),
        "downloads": (
            download("LaTeX", "comparison", latex(compared)),
            download("CSV", "comparison", csv(results)),
            download("BibTeX", "references", entries),
        ),
        "cards": found,
        "notes": tuple(dict.fromkeys((*compared.notes, *(contrasted.notes if contrasted else ())))),
        "origin": origin(results),
        "with_intervals": f" with {numbers.level} intervals" if numbers.bracketed else "",
    }


def _tables(report: Report, ids: Mapping[str, str], entries: str, wanted: Any) -> tuple[PageTable, ...]:
    tables: Sequence[Table] = report.tables
    return tuple(page_table(table, report, ids, entries) for table in tables if wanted(table.name))


def _gallery(run: Run, images: int, experiment: Path | None, room: int, progress: Progress) -> Gallery:
    every = changes(run.scores, replace(run.wanted, metrics=run.wanted.metrics[:1]))
    oracles = {method.refiner for method in Numbers(run.results).methods if method.oracle}
    choices = choose(every, oracles, images)
    if not choices:
        return Gallery(reason="no images were asked for" if every else "no refiner has changed anything")
    try:
        planned = reopen(run.folder, run.manifest, experiment)
        return gallery(planned, run.scores.rows, choices, max(room, 0), progress)
    except UnavailableError as error:
        return Gallery(reason=str(error))


def _render(context: Mapping[str, Any]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("boundary_bench.bench.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_resource(f"page.{suffix}") for suffix in ("css", "js"))
    hashes = {"style_hash": _hash(style), "script_hash": _hash(script)}
    return environment.get_template("page.html.j2").render(**context, style=style, script=script, **hashes)


def _resource(name: str) -> str:
    return (files("boundary_bench.bench.report.page") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names a text that may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _silent(done: int, total: int) -> None:
    pass
