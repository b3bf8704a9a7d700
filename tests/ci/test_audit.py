"""The audit of the pins, with a stand-in for the program that knows vulnerabilities."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import REPOSITORY

FOUND = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"], "description": "bad"}
CLEAN = {"name": "numpy", "version": "2.0", "vulns": []}
BAD = {"name": "pillow", "version": "1.0", "vulns": [FOUND]}
SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.fixture
def audit(tmp_path: Path) -> Any:
    """Runs a copy of the audit: printed lines and exit code, given what pip-audit prints."""
    (tmp_path / ".ci").mkdir()
    for name in ("audit", "audit_ignored.txt"):
        shutil.copy(REPOSITORY / ".ci" / name, tmp_path / ".ci" / name)
    (tmp_path / "bin").mkdir()

    def run(dependencies: Any = None, error: str = "", ignored: str = "") -> tuple[list[str], int]:
        (tmp_path / "out").write_text("" if dependencies is None else json.dumps({"dependencies": dependencies}))
        (tmp_path / "err").write_text(error)
        with (tmp_path / ".ci" / "audit_ignored.txt").open("a") as file:
            file.write(ignored)
        fake = tmp_path / "bin" / "pip-audit"
        fake.write_text(f'#!/bin/sh\ncat "{tmp_path}/out"; cat "{tmp_path}/err" >&2; exit 1\n')
        fake.chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        command = [sys.executable, str(tmp_path / ".ci" / "audit")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.stdout.splitlines(), done.returncode

    return run


def test_without_vulnerabilities_it_succeeds(audit: Any) -> None:
    assert audit([CLEAN, SKIPPED]) == (["audit: 1 of 2 pins audited, 0 vulnerabilities, 0 ignored"], 0)


def test_vulnerabilities_are_listed_and_fail(audit: Any) -> None:
    listed = "audit: pillow 1.0: PYSEC-1, fixed in 2.0"
    assert audit([CLEAN, BAD]) == ([listed, "audit: 2 of 2 pins audited, 1 vulnerabilities, 0 ignored"], 1)


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_those_with_a_reason_are_ignored_under_any_of_their_names(audit: Any, name: str) -> None:
    line = "audit: 1 of 1 pins audited, 0 vulnerabilities, 1 ignored"
    assert audit([BAD], ignored=f"{name} the fix needs another Python\n") == ([line], 0)


def test_a_service_that_knows_nothing_is_said_to(audit: Any) -> None:
    assert audit([SKIPPED])[0] == ["audit: the advisory service knows no pin, 0 vulnerabilities, 0 ignored"]


def test_without_a_service_it_says_so_and_succeeds(audit: Any) -> None:
    lines, code = audit(error="requests.exceptions.ConnectionError: api.osv.dev")
    assert (lines, code) == (["audit: no advisory service can be reached; nothing was audited"], 0)


def test_any_other_failure_is_one(audit: Any) -> None:
    assert audit(error="ValueError: constraints.txt has a line that is no requirement") == ([], 1)
