from __future__ import annotations

import pytest

from boundary_bench.bench.io.paths import stays_below


@pytest.mark.parametrize("name", ["a.png", "city/a.png", "./a", "a..b/..c", "...", "", "ab:c"])
def test_below(name: str) -> None:
    assert stays_below(name)


ELSEWHERE = ["..", "../a.png", "a/../../b", "a/..", "/etc/passwd", "//host/x", "\\x", "a\\..\\b", "C:x", "C:\\x"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_elsewhere(name: str) -> None:
    assert not stays_below(name)
