from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest

from boundary_bench.refiners.steal.files import EdgeFolder, read_edges, write_npz, write_pngs

SIZE = (5, 7)


def drawn(classes: int = 3) -> np.ndarray:
    return np.random.default_rng(0).random((classes, *SIZE)).astype(np.float32)


@pytest.mark.parametrize("city", ["", "ulm/"])
def test_archives_come_back_in_half_precision(tmp_path, city):
    write_npz(tmp_path / f"{city}a.npz", drawn())
    found = read_edges(EdgeFolder(tmp_path).paths("a"), SIZE)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, drawn().astype(np.float16))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.npz"]


@pytest.mark.parametrize("city", ["", "ulm/"])
def test_pictures_come_back_in_255ths_cut_off(tmp_path, city):
    edges = drawn(12)
    edges[0, 0, :2] = 1, 0
    write_pngs(tmp_path, f"{city}a", edges)
    found = read_edges(EdgeFolder(tmp_path).paths("a"), SIZE)
    np.testing.assert_array_equal(np.rint(255 * found), np.floor(255 * edges.astype(np.float64)))
    assert found.shape == edges.shape
    assert found[0, 0, 0] == 1


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    for number in range(1, 12):
        (tmp_path / f"class_{number}").mkdir()
        cv2.imwrite(str(tmp_path / f"class_{number}" / "a_leftImg8bit.png"), np.full(SIZE, number, np.uint8))
    found = read_edges(EdgeFolder(tmp_path).paths("a"), SIZE)
    np.testing.assert_allclose(found[:, 0, 0], np.arange(1, 12) / 255, rtol=1e-6)


def test_archives_in_255ths(tmp_path):
    np.savez(tmp_path / "a.npz", edges=np.full((2, *SIZE), 51, np.uint8))
    assert read_edges(EdgeFolder(tmp_path).paths("a"), SIZE)[1, 2, 3] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"edge": drawn()}, "a.npz: holds edge; allowed: an array named 'edges'"),
        ({"edges": drawn()[0]}, r"a.npz: edges are float32 \(5, 7\); allowed: floating or uint8 \(K, H, W\)"),
        ({"edges": drawn().astype(int)}, r"a.npz: edges are int64"),
        ({"edges": 2 * drawn() + 0.1}, r"a.npz: edges lie in \[0.1\d+, 2.0\d+\]; allowed: 0 to 1"),
        ({"edges": np.full((1, *SIZE), np.nan)}, r"a.npz: edges lie in \[nan, nan\]"),
        ({"edges": drawn()[:, :4]}, r"a.npz: edges have size \(4, 7\); allowed: \(5, 7\), as the image"),
    ],
)
def test_archives_of_another_kind_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_edges(EdgeFolder(tmp_path).paths("a"), SIZE)


def test_damaged_files_are_refused(tmp_path):
    for suffix, folder in ((".npz", tmp_path / "n"), (".png", tmp_path / "p" / "class_1")):
        folder.mkdir(parents=True)
        for content in (b"", b"nonsense"):
            (folder / f"a{suffix}").write_bytes(content)
            with pytest.raises(ValueError, match=rf"a{suffix}: cannot be read as"):
                read_edges((folder / f"a{suffix}",), SIZE)
    cv2.imwrite(str(tmp_path / "colour.png"), np.zeros((*SIZE, 3), np.uint8))
    with pytest.raises(ValueError, match=r"colour.png: holds uint8 \(5, 7, 3\); allowed: 8-bit grey"):
        read_edges((tmp_path / "colour.png",), SIZE)


def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros(SIZE, np.uint8))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = (4).to_bytes(4) + (20).to_bytes(4)
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match=r"a.png: cannot be read as an image \(a PNG file with a damaged header\)"):
        read_edges((tmp_path / "a.png",), SIZE)
    for width, height, message in ((30_000, 20_000, "more than .* can hold"), (4, 20, r"edges have size \(20, 4\)")):
        data[16:24] = width.to_bytes(4) + height.to_bytes(4)
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
        (tmp_path / "a.png").write_bytes(data)
        with pytest.raises(ValueError, match=rf"a.png: .*{message}"):
            read_edges((tmp_path / "a.png",), SIZE)


def test_folders_that_hold_no_edges_are_refused(tmp_path):
    with pytest.raises(ValueError, match="which is no folder"):
        EdgeFolder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no .npz files, here or in a folder below"):
        EdgeFolder(tmp_path)
    write_pngs(tmp_path, "a", drawn())
    (tmp_path / "class_003" / "a.png").unlink()
    with pytest.raises(ValueError, match=r"class_003: no .png files"):
        EdgeFolder(tmp_path)
    (tmp_path / "class_002" / "a.png").unlink()
    (tmp_path / "class_002").rmdir()
    with pytest.raises(ValueError, match=r"has classes \[1, 3\]; allowed: each from 1 on"):
        EdgeFolder(tmp_path)


def test_one_file_for_each_sample_and_class(tmp_path):
    write_pngs(tmp_path, "a", drawn())
    write_pngs(tmp_path, "b", drawn())
    write_pngs(tmp_path, "ulm/a", drawn()[:2])
    (tmp_path / "class_002" / "b.png").unlink()
    folder = EdgeFolder(tmp_path)
    with pytest.raises(ValueError, match=r"2 files of class 1 for a; allowed: one a.png, here or in a folder below"):
        folder.paths("a")
    with pytest.raises(ValueError, match="0 files of class 2 for b"):
        folder.paths("b")
