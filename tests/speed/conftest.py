"""One thread for everyone, and the speed table at the end."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import cv2
import pytest

from bench.provenance import cpu_model
from tests.speed.ratio import GROWTH, ROWS, STAGES, Growth, Row, Stages


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--speed-table", type=Path, help="write the measured ratios to this Markdown file")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--speed-table")
    if path and (ROWS or GROWTH or STAGES):
        path.write_text(_tables(), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ROWS or GROWTH or STAGES:
        terminalreporter.write_line(_tables())


def _tables() -> str:
    return _table(ROWS) + _stages_table(STAGES) + _growth_table(GROWTH)


def _table(rows: list[Row]) -> str:
    lines = [
        "# Speed",
        "",
        f"Machine: {cpu_model()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}.",
        "One process, one thread unless a line says otherwise, ours and the peer run alternately, best time of each;",
        "inputs in memory, kernels compiled beforehand. Label maps are 1024 x 2048 with 19 classes and void unless a",
        "line says otherwise.",
        "Command: `tox run -e speed -- --speed-table results/tables/speed.md`.",
        "",
        "| what | peer | ours, ms | peer, ms | times faster | goal |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.3g}" + ("" if row.ratio.ratio >= row.goal else " (missed)")
        ours, theirs = row.ratio.ours_s * 1e3, row.ratio.theirs_s * 1e3
        lines.append(f"| {row.name} | {row.peer} | {ours:.2f} | {theirs:.1f} | {row.ratio.ratio:.2f} | {goal} |")
    return "\n".join(lines) + "\n"


def _stages_table(rows: list[Stages]) -> str:
    if not rows:
        return ""
    lines = [
        "",
        "## DenseCRF by stage",
        "",
        "Gaussian 3 px, bilateral 80 px and 13; ms, wall clock. `lattices` and `unary` come once for an image, and 10",
        "iterations include them.",
        "",
        "| height x width | classes | threads | lattices | unary | one iteration | 10 iterations |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        times = " | ".join(f"{1e3 * s:.0f}" for s in (row.lattices, row.unary, row.iteration, row.ten_iterations))
        lines.append(f"| {row.size[0]} x {row.size[1]} | {row.classes} | {row.threads} | {times} |")
    return "\n".join(lines) + "\n"


def _growth_table(rows: list[Growth]) -> str:
    if not rows:
        return ""
    lines = [
        "",
        "## Growth",
        "",
        "`bench evaluate` on generated files, one process, wall clock with start-up, reading and intervals.",
        "",
        "| what | images | s | ms an image | peak memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        each = 1e3 * row.seconds / row.images
        lines.append(f"| {row.name} | {row.images} | {row.seconds:.1f} | {each:.2f} | {row.megabytes:.0f} |")
    return "\n".join(lines) + "\n"
