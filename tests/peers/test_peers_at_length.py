"""All worlds and every tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.agreement import PEERS, WORLDS, assert_agreement


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", PEERS)
def test_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    assert_agreement(name, WORLDS, tmp_path)
