"""One thread for everyone, and the speed table at the end."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import cv2
import pytest

from boundary_bench.bench.io.environment import cpu_model
from tests.speed.ratio import ROWS, SECTIONS, Row, Section


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--speed-table", type=Path, help="write the measured ratios to this Markdown file")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--speed-table")
    if path and (ROWS or SECTIONS):
        path.write_text(_tables(session.config), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if ROWS or SECTIONS:
        terminalreporter.write_line(_tables(config))


def _tables(config: pytest.Config) -> str:
    given = " ".join(config.invocation_params.args)
    return _table(ROWS, given) + "".join(
        _section(*kept) for kept in sorted(SECTIONS.items(), key=lambda kept: kept[0].title)
    )


def _table(rows: list[Row], given: str) -> str:
    lines = [
        "# Speed",
        "",
        f"Machine: {cpu_model()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}.",
        "One process, one thread unless a line says otherwise, ours and the peer run alternately, best time of each;",
        "inputs in memory, kernels compiled beforehand. Label maps are 1024 x 2048 with 19 classes and void unless a",
        "line says otherwise.",
        f"Command: `python -m pytest {given}`.",
        "",
        "| what | peer | ours, ms | peer, ms | times faster | goal |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.3g}" + ("" if row.ratio.ratio >= row.goal else " (missed)")
        ours, theirs = row.ratio.ours_s * 1e3, row.ratio.theirs_s * 1e3
        lines.append(f"| {row.name} | {row.peer} | {ours:.2f} | {theirs:.1f} | {row.ratio.ratio:.2f} | {goal} |")
    return "\n".join(lines) + "\n"


def _section(section: Section, rows: list[tuple[str, ...]]) -> str:
    """Words in the first column, numbers in the others."""
    rule = "|---|" + "---:|" * (len(section.columns) - 1)
    lines = ["", f"## {section.title}", "", section.text, "", _line(section.columns), rule, *map(_line, rows)]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
