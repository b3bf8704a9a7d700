"""Readers of named layouts: pictures in channels or colours, tables of classes, lists of samples."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from boundary_bench.bench.plugins import registry
from tests.bench.datasets.layouts.trees import Tree, camvid_original, gta5, mapillary, synthia
from tests.fuzz import mutations
from tests.fuzz.mutations import Mutation
from tests.fuzz.target import Target, own_errors


def of_layout(write: Callable[[Path], Tree], file: str, mutation: Mutation) -> Callable[[Path], Target]:
    """A target: one file of a layout."""

    def target(folder: Path) -> Target:
        tree = write(folder)
        path = folder / file

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                dataset = registry.find("datasets", tree.name)(tree.root, tree.split)
                dataset.truth(dataset.samples()[0])

        return Target([path.read_bytes()], read, mutation)

    return target


CONFIG = {"labels": [{"name": f"thing {i}", "color": [i, 0, 255], "evaluate": i < 9} for i in range(10)]}


def mapillary_config(folder: Path) -> Target:
    whole = of_layout(mapillary, "config.json", mutations.json_tree)(folder)
    return Target([json.dumps(CONFIG).encode()], whole.read, whole.mutation)


synthia_png = of_layout(synthia, "GT/LABELS/0000000.png", mutations.png)
camvid_colours = of_layout(camvid_original, "LabeledApproved_full/0001TP_006690_L.png", mutations.png)
colour_table = of_layout(camvid_original, "label_colors.txt", mutations.WORDS)
split_list = of_layout(gta5, "val.txt", mutations.WORDS)
