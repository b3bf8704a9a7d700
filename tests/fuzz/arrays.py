"""Readers of arrays: .npz and .mat files, and the lists beside them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from boundary_bench.bench.plugins import registry
from tests.bench import edge_maps_on_disk
from tests.fuzz import mutations
from tests.fuzz.pictures import both, edges_refined_by
from tests.fuzz.target import LABELS, PROBABILITIES, SIZE, Edges, Target, memory, of_file, own_errors, saved


def probabilities_npz(folder: Path) -> Target:
    from boundary_bench.bench.predictions.probabilities import Probabilities

    eighths = np.full((3, *SIZE), 85, np.uint8)
    seeds = [saved(lambda s: np.savez(s, prob=PROBABILITIES)), saved(lambda s: np.savez_compressed(s, prob=eighths))]
    seeds += [
        saved(lambda s: np.savez(s, softmax=PROBABILITIES, meta=np.zeros(3))),
        saved(lambda s: np.save(s, PROBABILITIES)),
    ]
    dataset = memory()
    make = lambda: Probabilities(folder / "p", dataset=dataset)  # noqa: E731
    return Target(seeds, of_file(folder, "p/a.npz", dataset, make, seeds[0]), mutations.npz)


def edges_npz(folder: Path) -> Target:
    """Both readers of edges: of prediction sets, and of what refines by them."""
    from boundary_bench.bench.predictions.edges.edge_maps import SavedEdgeMaps

    seeds = [saved(lambda s: np.savez(s, edges=PROBABILITIES)), saved(lambda s: np.savez(s, edges=PROBABILITIES > 2))]
    dataset = Edges({"a": LABELS})
    make = lambda: SavedEdgeMaps(folder / "p", dataset=dataset, resize=True)  # noqa: E731
    read = of_file(folder, "p/a.npz", dataset, make, seeds[0])
    return Target(seeds, both(read, edges_refined_by(folder / "p")), mutations.npz)


def offsets(suffix: str) -> Callable[[Path], Target]:
    def target(folder: Path) -> Target:
        from scipy.io import savemat

        from boundary_bench.refiners.segfix.offset_io import KEYS, read_offsets

        path, values = folder / f"a{suffix}", {KEYS[suffix]: np.ones((*SIZE, 2), np.int8)}
        if suffix == ".npz":
            seeds = [saved(lambda s: np.savez(s, **values)), saved(lambda s: np.savez_compressed(s, **values))]
        else:
            seeds = [saved(lambda s, c=c: savemat(s, values, do_compression=c)) for c in (False, True)]

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors(ValueError):
                read_offsets(path, SIZE)

        return Target(seeds, read, mutations.npz if suffix == ".npz" else mutations.mat)

    return target


def boundaries_mat(folder: Path) -> Target:
    """Structs, cells and sparse matrices: SBD as labels and as edges of objects, and BSDS."""
    from boundary_bench.bench.datasets.bsds import Bsds
    from boundary_bench.bench.datasets.sbd import Sbd

    objects = np.pad(np.full((2, 3), 1, np.uint8), 2)
    edge_maps_on_disk.write_sbd(folder / "sbd", "a", objects, [5])
    path = edge_maps_on_disk.write_bsds(folder / "bsds", "val", "a", [objects > 0, objects > 0])
    (folder / "sbd" / "val.txt").write_text("a")
    people = Bsds(folder / "bsds", "val")
    labels, between = Sbd(folder / "sbd", "val"), Sbd(folder / "sbd", "val", "edges")
    places = [(people, path), (labels, folder / "sbd/cls/a.mat"), (between, folder / "sbd/inst/a.mat")]
    seeds = [place.read_bytes() for _, place in places]

    def read(data: bytes) -> None:
        for dataset, place in places:
            place.write_bytes(data)
            with own_errors():
                dataset.truth(dataset.samples()[0])

    return Target([*seeds, *map(uncompressed_mat, seeds)], read, mutations.mat)


def uncompressed_mat(data: bytes) -> bytes:
    from scipy.io import loadmat, savemat

    variables = {name: value for name, value in loadmat(io.BytesIO(data)).items() if not name.startswith("__")}
    return saved(lambda s: savemat(s, variables))


def sbd_list(folder: Path) -> Target:
    edge_maps_on_disk.write_sbd(folder, "a", np.ones(SIZE, np.uint8), [5])

    def read(data: bytes) -> None:
        (folder / "val.txt").write_bytes(data)
        with own_errors():
            registry.build("datasets", "sbd", {"root": folder, "split": "val"})

    return Target([b"a\n"], read, mutations.WORDS)
