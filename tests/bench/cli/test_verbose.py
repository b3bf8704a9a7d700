"""`--verbose` lists every problem, of any command and wherever it stands."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from boundary_bench.bench.cli import main


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Five predictions with an id that there is not."""
    for folder, value in (("data/valannot", 0), ("mine", 100)):
        (tmp_path / folder).mkdir(parents=True)
        for name in "abcde":
            cv2.imwrite(str(tmp_path / folder / f"{name}.png"), np.full((8, 8), value, np.uint8))
    where = {"--dataset": "camvid", "--root": tmp_path / "data", "--split": "val", "--predictions": tmp_path / "mine"}
    return [str(part) for option in where.items() for part in option]


@pytest.mark.parametrize("verb", ["evaluate", "check"])
def test_one_cause_is_one_message_unless_all_are_wanted(
    verb: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*given: str) -> list[str]:
        with pytest.raises(SystemExit) as stop:
            main(given)
        assert stop.value.code == 2
        return [line for line in capsys.readouterr().err.splitlines() if "ids 100" in line or "--verbose" in line]

    line, hint = said(verb, *arguments)
    assert line.startswith("error: 5 files in ")
    assert line.endswith("; e.g. a.png, b.png, c.png")
    assert hint == "note: --verbose lists all 5 problems one by one"
    for given in ((verb, "--verbose", *arguments), (verb, *arguments, "--verbose"), ("--verbose", verb, *arguments)):
        assert [line.split(":")[1].rsplit("/", 1)[1] for line in said(*given)] == [f"{name}.png" for name in "abcde"]
