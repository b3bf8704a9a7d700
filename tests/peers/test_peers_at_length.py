"""All worlds and every tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers import test_many_categories as many
from tests.peers import test_panoptic_peers as panoptic
from tests.peers import tools
from tests.peers.agreement import PEERS, WORLDS, assert_agreement


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", PEERS)
def test_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    assert_agreement(name, WORLDS, tmp_path)


@pytest.mark.parametrize("name", panoptic.NAMES)
def test_panoptic_numbers_of_other_tools(name: str, tmp_path: Path) -> None:
    for number in panoptic.ALL:
        panoptic.assert_equal(name, number, tmp_path)


def test_v3det_s_number_of_categories_by_pycocotools(tmp_path: Path) -> None:
    # Its tables take 2.5 GB.
    many.assert_equal_bits(many.V3DET, tools.pycocotools, False, tmp_path)
