"""BSDS500: annotators, splits, and what can be wrong with the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from boundary_bench.bench.datasets.bsds import Bsds
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.edge_maps_on_disk import cells, write_bsds
from tests.paths import data_dir

PEOPLE = [np.eye(6, 9, k, dtype=bool) for k in range(3)]


def test_annotators_stay_apart(tmp_path: Path) -> None:
    write_bsds(tmp_path, "val", "100007", PEOPLE)
    dataset = Bsds(tmp_path, "val")
    (sample,) = dataset.samples()
    truth = dataset.truth(sample)
    assert (dataset.task, dataset.classes, dataset.split) == ("edges", ("boundary",), "val")
    np.testing.assert_array_equal(truth.maps, np.array(PEOPLE)[:, None])
    assert truth.maps.dtype == np.bool_
    assert dataset.size(sample) == (6, 9)
    assert check_run(dataset, []).problems == []
    before = dataset.digest(sample)
    (tmp_path / "images" / "val").mkdir(parents=True)
    assert len(check_run(dataset, [], images=True).problems) == 1
    Image.new("RGB", (9, 6)).save(tmp_path / "images" / "val" / "100007.jpg")
    assert check_run(dataset, [], images=True).problems == []
    assert dataset.digest(sample) != before


def test_folders_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Bsds(tmp_path, "val")
    path = write_bsds(tmp_path, "val", "100007", PEOPLE)
    with pytest.raises(InputError, match=r"no .mat file; .*splits there: val"):
        Bsds(tmp_path)
    with pytest.raises(InputError, match="did you mean 'val'"):
        Bsds(tmp_path, "vall")
    path.write_bytes(path.read_bytes()[:300])
    (problem,) = check_run(Bsds(tmp_path, "val"), []).problems
    assert problem.found.startswith("a file that cannot be read")
    dataset = Bsds(tmp_path, "val")
    path.unlink()
    assert check_run(dataset, []).problems[0].found == "no such file or directory"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.zeros((4, 4)), "no cell array"),
        (cells([]), "no annotator"),
        (cells([{"Segmentation": 1}]), "a struct of Segmentation"),
        (cells([{"Boundaries": PEOPLE[0]}, {"Boundaries": np.zeros((9, 6))}]), "a matrix of 9x6"),
        (cells([np.zeros((4, 4))]), "no struct"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, value: np.ndarray, found: str) -> None:
    path = write_bsds(tmp_path, "val", "100007", PEOPLE)
    savemat(path, {"groundTruth": value})
    (problem,) = check_run(Bsds(tmp_path, "val"), []).problems
    assert problem.found == found
    assert problem.where == f"{path}: groundTruth"


def test_real_files() -> None:
    dataset = Bsds(data_dir("bsds_sample"))
    assert len(dataset.samples()) == 10
    assert check_run(dataset, [], images=True).problems == []
    truth = dataset.truth(dataset.samples()[0])
    assert truth.maps.shape == (5, 1, 321, 481)
