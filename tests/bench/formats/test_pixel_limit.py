"""The limit of pixels: by memory, or by the environment."""

from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.raster import pixel_limit
from boundary_bench.bench.formats.raster.pixel_limit import MOST_DECODED, VARIABLE, most_pixels, too_large


@pytest.mark.parametrize(("gigabytes", "pixels"), [(8, 200_000_000), (4, 100_000_000), (1000, MOST_DECODED)])
def test_memory_decides(monkeypatch: pytest.MonkeyPatch, gigabytes: int, pixels: int) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=gigabytes * 10**9))
    pixel_limit._fitting.cache_clear()
    assert most_pixels() == pixels
    pixel_limit._fitting.cache_clear()


def test_the_environment_decides_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, pixels in (("5", 5), (" 7 ", 7), ("99999999999", MOST_DECODED)):
        monkeypatch.setenv(VARIABLE, text)
        assert most_pixels() == pixels
    for text in ("-5", "many", "0", "1e9"):
        monkeypatch.setenv(VARIABLE, text)
        with pytest.raises(InputError, match=f"{VARIABLE}: '{text}'"):
            most_pixels()


def test_the_hint_helps_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "20000000")
    problem = too_large("a.png", (5000, 5000))
    assert problem is not None
    assert str(problem).startswith("a.png: 5000x5000 px; allowed: at most 20 million pixels (cut image, truth")
    monkeypatch.setenv(VARIABLE, problem.hint.split("--max-pixels ")[1].split()[0])
    assert too_large("a.png", (5000, 5000)) is None
    beyond = too_large("a.png", (40_000, 40_000))
    assert beyond is not None
    assert "--max-pixels" not in beyond.hint
