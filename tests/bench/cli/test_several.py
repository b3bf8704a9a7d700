"""Several values after one option, repeated options and commas mean the same."""

from __future__ import annotations

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from boundary_bench.bench.cli.several import SeveralValues, repeated, split

SEEN: list[object] = []


def command(
    numbers: Annotated[list[str] | None, typer.Option("--numbers", "-n", metavar="N ...")] = None,
    one: Annotated[str | None, typer.Option("--one")] = None,
    rest: Annotated[list[str] | None, typer.Argument()] = None,
) -> None:
    SEEN.append((split(numbers or ()), one, rest or []))


def seen(*arguments: str) -> tuple[list[str], str | None, list[str]]:
    app = typer.Typer()
    app.command("go", cls=SeveralValues)(command)
    app.command("other")(lambda: None)
    result = CliRunner().invoke(app, ["go", *arguments])
    assert result.exit_code == 0, result.output
    return SEEN.pop()  # type: ignore[return-value]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--numbers", "1", "10", "100"),
        ("--numbers", "1", "--numbers", "10", "--numbers", "100"),
        ("--numbers", "1,10,100"),
        ("--numbers=1", "10", "100"),
        ("--numbers", "1, 10", "100"),
        ("-n", "1", "10", "-n", "100"),
    ],
)
def test_three_ways_to_give_several_values(arguments):
    assert seen(*arguments) == (["1", "10", "100"], None, [])
    assert seen(*arguments, "--one", "2") == (["1", "10", "100"], "2", [])


def test_other_options_take_one_value_and_leave_the_rest():
    assert seen("--one", "1", "10") == ([], "1", ["10"])
    assert seen("--numbers", "1", "--one", "2", "3") == (["1"], "2", ["3"])
    assert seen("--numbers", "1", "--", "2") == (["1"], None, ["2"])


def test_what_begins_with_a_dash_is_no_value():
    assert repeated(["--numbers", "1", "-x", "2"], {"--numbers"}) == ["--numbers", "1", "-x", "2"]
    assert repeated(["--numbers", "-", "2"], {"--numbers"}) == ["--numbers", "-", "--numbers", "2"]


def test_names_with_commas_stay_whole_where_they_are_known():
    assert split(["door, double", "cat,dog"], {"door, double"}) == ["door, double", "cat", "dog"]
