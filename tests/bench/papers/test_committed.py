"""The tables that lie in results/tables/papers, and what `bench paper list` says can be made."""

from __future__ import annotations

import csv
import json
import shlex

import pytest

from boundary_bench.bench.papers.availability import standing_in
from boundary_bench.bench.papers.spec import all_names, spec
from tests.paths import REPOSITORY

FOLDER = REPOSITORY / "results" / "tables" / "papers"
REAL = ("camvid", "nuclei")


def folder(name):
    return FOLDER / name.replace("/", "-")


def made_rows(name):
    """Rows of which something was measured."""
    with (folder(name) / "table.csv").open(encoding="utf-8") as file:
        keys = ("dataset", "split", "baseline", "refiner", "setting")
        return {tuple(row[key] for key in keys) for row in csv.DictReader(file) if row["ours"]}


def makeable():
    for name in all_names():
        for world, rows, _ in standing_in(spec(name)):
            if world in REAL:
                yield name, world, rows


def test_what_the_list_says_can_be_made_is_here(subtests: pytest.Subtests):
    tables = list(makeable())
    assert tables
    for name, world, rows in tables:
        with subtests.test(table=name):
            command = shlex.split(next(said(name)))
            assert command[:6] == ["bench", "paper", "run", name, "--on", world]
            assert len(made_rows(name)) == rows + (rows_of_networks(name) if "--checkpoint" in command else 0)


def test_each_was_made_from_a_committed_state_by_the_command_in_it(subtests: pytest.Subtests):
    folders = sorted(path.parent for path in FOLDER.glob("*/table.md"))
    assert folders
    for made in folders:
        with subtests.test(folder=made.name):
            (name,) = (name for name in all_names() if folder(name) == made)
            provenance = json.loads((made / "run" / "manifest.json").read_text(encoding="utf-8"))["provenance"]
            assert provenance["git"]["dirty"] is False
            assert provenance["command"] == shlex.split(next(said(name)))
            assert (made / "table.tex").exists()
            assert made_rows(name)


def said(name):
    for line in (folder(name) / "table.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("- Made by: "):
            yield line.removeprefix("- Made by: ")


def rows_of_networks(name):
    """Rows that need a network which does not come with the package, but was given."""
    given = {word.partition("=")[0] for word in shlex.split(next(said(name))) if "=" in word}
    return sum(any(stage.network in given for stage in row.stages) for row in spec(name).rows)
