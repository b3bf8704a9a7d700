"""Panoptic quality by other tools and by its plain definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.peers import panoptic_tools as tools
from tests.peers.panoptic_worlds import panoptic_world

SOME, ALL = range(25), range(200)


def assert_equal(name: str, number: int, folder: Path) -> None:
    square = name == "boundary PQ, vernier"  # On others it errs: see test_differences.
    pairs = panoptic_world(number, square)
    mine = tools.ours(pairs, name.startswith("boundary"))
    theirs = {
        "PQ, plain definition": lambda: tools.plain(pairs, False),
        "PQ, vernier": lambda: tools.vernier(pairs, False),
        "PQ, hotcoco": lambda: tools.hotcoco(pairs, folder),
        "boundary PQ, plain definition": lambda: tools.plain(pairs, True),
        "boundary PQ, vernier": lambda: tools.vernier(pairs, True),
    }[name]()
    # Sums of IoU in another order.
    np.testing.assert_allclose(np.nan_to_num(mine), np.nan_to_num(theirs), rtol=0, atol=1e-12, err_msg=str(number))


NAMES = ("PQ, plain definition", "PQ, vernier", "PQ, hotcoco", "boundary PQ, plain definition", "boundary PQ, vernier")


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    for number in SOME:
        assert_equal(name, number, tmp_path)
