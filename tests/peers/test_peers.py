"""Some worlds by day; all of them in `test_peers_at_length`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.agreement import PEERS, assert_agreement
from tests.peers.worlds import Kind

SOME = range(25)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", PEERS)
def test_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    assert_agreement(name, SOME, tmp_path)


def test_some_worlds_are_of_every_kind() -> None:
    kinds = [Kind(number) for number in SOME]
    for what in ("many_categories", "many_detections", "large", "polygons", "id_zero", "square"):
        assert sum(getattr(kind, what) for kind in kinds) >= 3, what
