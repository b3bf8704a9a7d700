"""Small files that state, or unpack to, more than memory holds: refused while little has been taken."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from boundary_bench.bench.datasets.bsds import Bsds
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_files import read_labels
from boundary_bench.bench.formats.labels.label_image import read_label_image
from boundary_bench.bench.formats.mat_file import MatFile
from boundary_bench.bench.formats.probabilities import ScoreForm, read_probabilities
from boundary_bench.bench.formats.raster.id_image import read_id_image
from boundary_bench.bench.formats.raster.image import read_image
from boundary_bench.bench.formats.raster.pixel_limit import VARIABLE
from boundary_bench.bench.predictions.edges.edge_files import read_edge_array, read_edge_png
from boundary_bench.refiners.files import matlab
from boundary_bench.refiners.networks.checkpoint import load, save
from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled
from boundary_bench.refiners.segfix.offset_io import read_offsets
from boundary_bench.refiners.steal.files import read_edges
from tests.bench.label_files import chunk, png
from tests.memory import peak_mb
from tests.refiners import mat_files
from tests.refiners.mat_files import CELL, FLOAT64, INT32, SPARSE

SIZE = (6, 8)
ENOUGH_MB = 20
BOMB_BYTES = 2**26


def refused(error: type[Exception], read: Callable[[], object], message: str) -> None:
    """Asserts that reading raises, and that little memory was taken until it did."""

    def work() -> None:
        with pytest.raises(error, match=message):
            read()

    assert peak_mb(work) < ENOUGH_MB


def npz(path: Path, key: str, shape: tuple[int, ...], dtype: str = "<f4", zeros: int = 0) -> Path:
    """An archive of one array whose header states a shape, whatever follows."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(f"{key}.npy", "w") as member:
        member.write(header.getvalue())
        for _ in range(zeros // 2**20):
            member.write(bytes(2**20))
    return path


READERS: dict[str, tuple[type[Exception], str, Callable[[Path], Any]]] = {
    "probabilities": (
        InputError,
        "prob",
        lambda path: read_probabilities(path, classes=3, size=SIZE, form=ScoreForm("prob")),
    ),
    "labels": (InputError, "labels", lambda path: read_labels(path, "labels")),
    "edges": (InputError, "edges", lambda path: read_edge_array(path, classes=3)),
    "edges to refine by": (ValueError, "edges", lambda path: read_edges((path,), SIZE)),
    "offsets": (ValueError, "offsets", lambda path: read_offsets(path, SIZE)),
    "offsets of any size": (ValueError, "offsets", read_offsets),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shape", [(3, 60_000, 60_000), (60_000, 60_000, 2), (2**40,), (3, 6, 2**50)])
def test_headers_that_state_huge_arrays(tmp_path: Path, reader: str, shape: tuple[int, ...]) -> None:
    error, key, read = READERS[reader]
    path = npz(tmp_path / "a.npz", key, shape)
    refused(error, lambda: read(path), "shape|size|px|edges are")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("dtype", ["<U90000000", "|V900000000"])
def test_headers_that_state_huge_values(tmp_path: Path, reader: str, dtype: str) -> None:
    error, key, read = READERS[reader]
    path = npz(tmp_path / "a.npz", key, (*SIZE, 2) if key == "offsets" else (3, *SIZE), dtype)
    refused(error, lambda: read(path), r"dtype|offsets are|edges are|of shape")


@pytest.mark.parametrize("reader", READERS)
def test_members_that_unpack_to_more_than_they_state(tmp_path: Path, reader: str) -> None:
    error, key, read = READERS[reader]
    shape = {"offsets": (*SIZE, 2), "labels": SIZE}.get(key, (3, *SIZE))
    path = npz(tmp_path / "a.npz", key, shape, "<i4" if key == "labels" else "<f4", zeros=BOMB_BYTES)
    assert path.stat().st_size < BOMB_BYTES / 500
    refused(error, lambda: read(path), "more than its")


@pytest.mark.parametrize("reader", READERS)
def test_headers_without_end(tmp_path: Path, reader: str) -> None:
    error, key, read = READERS[reader]
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{key}.npy", b"\x93NUMPY\2\0" + (BOMB_BYTES - 12).to_bytes(4, "little") + b" " * BOMB_BYTES)
    refused(error, lambda: read(tmp_path / "a.npz"), "version")


def test_variables_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "MAX_BYTES", 2**20)
    zeros = mat_files.matrix(9, (1, BOMB_BYTES), mat_files.element(2, bytes(BOMB_BYTES)), name=b"mat")
    path = tmp_path / "a.mat"
    path.write_bytes(mat_files.file_of(mat_files.packed(zeros)))
    assert path.stat().st_size < 2**20
    refused(ValueError, lambda: read_offsets(path, SIZE), "above 1048576 bytes when it is unpacked")
    path.write_bytes(mat_files.file_of(zeros))
    refused(ValueError, lambda: read_offsets(path, SIZE), r"a file of 67\d+ bytes; allowed: at most 1048576")


def test_cells_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "MAX_VALUES", 1000)
    empty = mat_files.element(14, b"")
    inner = mat_files.matrix(CELL, (1, 999), empty * 999)
    wide = mat_files.matrix(CELL, (1, 1001), empty * 1001, name=b"a")
    for variable in (wide, mat_files.matrix(CELL, (2, 1), inner * 2, name=b"a")):
        (tmp_path / "a.mat").write_bytes(mat_files.file_of(mat_files.packed(variable)))
        refused(InputError, lambda: MatFile(tmp_path / "a.mat", "a"), "more than 1000 cells and fields")


def test_sparse_matrices_that_are_huge_once_they_are_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "200000000")
    parts = [mat_files.numbers(INT32, "i", *values) for values in ((0,), (0, 1))]
    huge = mat_files.matrix(SPARSE, (2**31 - 1, 1), *parts, mat_files.numbers(FLOAT64, "d", 1))
    field = mat_files.numbers(INT32, "i", 16) + mat_files.element(1, b"Boundaries".ljust(16, b"\0"))
    person = mat_files.matrix(2, (1, 1), field, huge)
    path = tmp_path / "groundTruth" / "a.mat"
    path.parent.mkdir()
    path.write_bytes(mat_files.file_of(mat_files.matrix(CELL, (1, 1), person, name=b"groundTruth")))
    dataset = Bsds(tmp_path)
    refused(InputError, lambda: dataset.truth(dataset.samples()[0]), "a matrix of 2147483647x1; allowed: at most 200 m")


@pytest.mark.parametrize("length", [2**40, 2**63, 2**64 - 1])
def test_checkpoints_whose_header_lies(tmp_path: Path, length: int) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"{}")
    refused(ValueError, lambda: load(path, "bpr"), "is truncated or damaged")
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    refused(ValueError, lambda: load(path, "bpr"), "is truncated or damaged")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        *((each, "architecture cannot be built") for each in (10**30, -1, 2.5, "x", [1])),
        (10**9, r"is missing; and \d+ more; allowed: the entries of"),
    ],
)
def test_architectures_that_cannot_be(tmp_path: Path, classes: Any, message: str) -> None:
    from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS

    path = tmp_path / "net.safetensors"
    save(path, {}, {"kind": "steal", "architecture": {"name": "casenet_small", "classes": classes}})
    with pytest.raises(ValueError, match=rf"net.safetensors: .*{message}"):
        STEAL_CHECKPOINTS.load(path)


def test_views_that_are_larger_than_their_file(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1, dtype=torch.float16).expand(2**34)}, tmp_path / "net.pth")
    refused(ValueError, lambda: load_pickled(tmp_path / "net.pth"), "tensors of 34359738368 bytes in a file of")


def test_weights_that_are_used_twice_are_no_bomb(tmp_path: Path) -> None:
    tied = torch.ones(100, 100)
    torch.save({"a": tied, "b": tied, "c": tied.T}, tmp_path / "net.pth")
    assert len(load_pickled(tmp_path / "net.pth")) == 3


def test_checkpoints_that_are_compressed(tmp_path: Path) -> None:
    whole, path = io.BytesIO(), tmp_path / "net.pth"
    torch.save({"a": torch.zeros(BOMB_BYTES // 4)}, whole)
    with zipfile.ZipFile(whole) as stored, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in stored.namelist():
            packed.writestr(name, stored.read(name))
    del whole
    assert path.stat().st_size < BOMB_BYTES / 500
    refused(ValueError, lambda: load_pickled(path), "damaged or no checkpoint")


def big_png(side: int, colour_type: int) -> bytes:
    """A picture of a few bytes whose header states a size, with checksums that are right."""
    header = side.to_bytes(4) * 2 + bytes([8, colour_type, 0, 0, 0])
    chunks = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("read", "colour_type"),
    [(read_label_image, 0), (read_label_image, 3), (read_edge_png, 0), (read_id_image, 2), (read_image, 6)],
)
def test_pictures_that_are_larger_than_their_data(
    tmp_path: Path, read: Callable[[Path], Any], colour_type: int
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(big_png(14_000, colour_type))  # below the limit of pixels
    refused(InputError, lambda: read(path), "a PNG header with 14000x14000 px, more than .* bytes of picture data can")


def test_pictures_of_one_colour_are_no_bombs(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(np.zeros((3000, 3000), np.uint8), bits=8))
    assert (tmp_path / "a.png").stat().st_size < 3000 * 3000 / 1000
    assert read_label_image(tmp_path / "a.png").shape == (3000, 3000)
