"""`bench list`: names for scripts, and the files of each dataset's layout."""

from __future__ import annotations

import re

import pytest

from boundary_bench.bench.cli import main
from boundary_bench.bench.plugins.catalogue import DATASETS


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["list", *arguments])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_datasets_with_their_files(capsys: pytest.CaptureFixture[str]) -> None:
    text = listed(capsys, "datasets")
    assert re.findall(r"^  (\w+) ", text, re.M)[: len(DATASETS)] == list(DATASETS)
    blocks = dict(re.findall(r"^  (\w+) .*\n((?: {6}.*\n)*)", text, re.M))
    assert [name for name in DATASETS if not blocks[name]] == ["synthetic"]
    assert re.search(r"^ {6}root/JPEGImages/\S+ +may be absent", blocks["voc"], re.M)


def test_the_whole_list_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    text = listed(capsys)
    assert "JPEGImages" not in text
    assert all(re.match(r"\w+:$|  \w+( |$)", line) for line in text.splitlines())
