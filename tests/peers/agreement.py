"""Which tool gives which of our numbers, how exactly, and on which version of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.peers import tools
from tests.peers.worlds import as_lvis, renumbered, world

WORLDS = range(200)

World = tuple[tools.Document, tools.Results]


def as_coco(number: int) -> World:
    """Ids of annotations from 1 on, as pycocotools and its like need them."""
    document, results = world(number)
    return renumbered(document), results


def as_lvis_has_it(number: int) -> World:
    return as_lvis(*as_coco(number))


@dataclass(frozen=True)
class Peer:
    """A tool for some of our numbers. Away: by how much a number may differ, 0 is to the last bit."""

    tool: tools.Tool
    settings: dict[str, Any] = field(default_factory=dict)
    world: Callable[[int], World] = as_coco
    away: float = 0.0


BOUNDARY, LVIS, LVIS_BOUNDARY = {"iou": "boundary"}, {"lvis": True}, {"iou": "boundary", "lvis": True}

PEERS = {
    "mask AP, pycocotools": Peer(tools.pycocotools),
    "mask AP, faster-coco-eval": Peer(tools.faster_mask, away=1e-12),
    "mask AP, vernier": Peer(tools.vernier_mask),
    "mask AP, hotcoco": Peer(tools.hotcoco_mask),
    "mask AP of an object with id 0, vernier": Peer(tools.vernier_mask, world=world),
    "mask AP of an object with id 0, hotcoco": Peer(tools.hotcoco_mask, world=world),
    "boundary AP, its plain definition": Peer(tools.plain_boundary, BOUNDARY),
    "boundary AP, faster-coco-eval": Peer(tools.faster_boundary, BOUNDARY, away=1e-12),
    "boundary AP, vernier": Peer(tools.vernier_boundary, BOUNDARY),
    "LVIS AP, lvis-api": Peer(tools.lvis_api, LVIS),
    "LVIS AP, vernier": Peer(tools.vernier_lvis, LVIS, as_lvis_has_it),
    "LVIS AP, hotcoco": Peer(tools.hotcoco_lvis, LVIS, as_lvis_has_it),
    "boundary AP of LVIS, vernier": Peer(tools.vernier_lvis_boundary, LVIS_BOUNDARY, as_lvis_has_it),
}


def assert_agreement(name: str, numbers: range, folder: Path) -> None:
    peer, compared = PEERS[name], 0
    for number in numbers:
        document, results = peer.world(number)
        if not results or not document["annotations"]:
            continue  # Most tools stop at an empty list.
        mine = tools.ours(document, results, folder, **peer.settings)
        theirs = peer.tool(document, results)
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=peer.away, err_msg=f"{name}: world {number}")
        compared += 1
    assert compared > 0.8 * len(numbers)
