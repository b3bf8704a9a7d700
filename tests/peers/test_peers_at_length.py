"""All worlds and every tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers import test_panoptic_peers as panoptic
from tests.peers.agreement import PEERS, WORLDS, assert_agreement


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", PEERS)
def test_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    assert_agreement(name, WORLDS, tmp_path)


@pytest.mark.parametrize("name", panoptic.NAMES)
def test_panoptic_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    for number in panoptic.ALL:
        panoptic.assert_equal(name, number, tmp_path)
