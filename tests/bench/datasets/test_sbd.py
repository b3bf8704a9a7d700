"""SBD: both files of an image, the three kinds of truth, and what can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from scipy.sparse import csc_matrix

from boundary_bench.bench.config.defaults import default_metrics
from boundary_bench.bench.datasets.sbd import CLASSES, Sbd
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.functional.geometry import semantic_edges, thin
from boundary_bench.metrics.structures.segmentation import EdgeMaps
from tests.bench.edge_maps_on_disk import cells, first_row, write_sbd

BIRD, PERSON = 3, 15
# Two birds that touch, and a person who touches the second.
INSTANCES = np.zeros((12, 20), np.uint8)
INSTANCES[2:9, 2:7], INSTANCES[2:9, 7:12], INSTANCES[5:11, 12:17] = 1, 2, 3
CATEGORIES = [BIRD, BIRD, PERSON]
LABELS = np.array([0, *CATEGORIES], np.uint8)[INSTANCES]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_sbd(tmp_path, "2008_000002", INSTANCES, CATEGORIES)
    (tmp_path / "val.txt").write_text("2008_000002\n")
    return tmp_path


def truth_of(root: Path, **parameters: Any) -> Any:
    dataset = Sbd(root, "val", **parameters)
    (sample,) = dataset.samples()
    return dataset.truth(sample)


def test_label_maps(root: Path) -> None:
    dataset = Sbd(root, "val")
    (sample,) = dataset.samples()
    np.testing.assert_array_equal(dataset.truth(sample).labels, LABELS)
    assert (dataset.task, len(dataset.classes), dataset.classes[BIRD]) == ("semantic", 21, "bird")
    assert dataset.colours[[0, 1, BIRD, PERSON, 20]].tolist() == [
        [0, 0, 0], [128, 0, 0], [128, 128, 0], [192, 128, 128], [0, 64, 128],
    ]  # fmt: skip
    assert dataset.size(sample) == (12, 20)
    assert check_run(dataset, []).problems == []
    assert {spec.name for spec in default_metrics(dataset)} == {
        "mean_iou",
        "boundary_f",
        "boundary_iou",
        "error_distance",
    }


def test_stored_boundaries_of_objects_are_joined_by_class(root: Path) -> None:
    truth = truth_of(root, task="edges", thin_truth=False)
    assert isinstance(truth, EdgeMaps)
    assert truth.maps.shape == (1, 20, 12, 20)
    expected = np.zeros((20, 12, 20), bool)
    expected[BIRD - 1] = first_row(INSTANCES == 1) | first_row(INSTANCES == 2)
    expected[PERSON - 1] = first_row(INSTANCES == 3)
    np.testing.assert_array_equal(truth.maps[0], expected)
    by_class = truth_of(root, task="edges", thin_truth=False, instance_sensitive=False)
    np.testing.assert_array_equal(by_class.maps[0, PERSON - 1], first_row(LABELS == PERSON))


@pytest.mark.parametrize("told_apart", [True, False])
@pytest.mark.parametrize("thinned", [True, False])
def test_drawn_edges_are_those_of_each_class_against_all_others(root: Path, told_apart: bool, thinned: bool) -> None:
    """As SEAL draws them: a class by itself, its objects numbered, all else one."""
    drawn = truth_of(root, task="edges", radius_px=2, thin_truth=thinned, instance_sensitive=told_apart)
    for k in range(1, 21):
        alone = np.where(np.equal(LABELS, k), INSTANCES if told_apart else 1, 0).astype(np.uint8)
        expected = semantic_edges(alone, classes=4, radius_px=2).any(axis=0)
        np.testing.assert_array_equal(drawn.maps[0, k - 1], thin(expected) if thinned else expected)


def test_edges_are_measured_as_the_field_does(root: Path) -> None:
    (spec,) = default_metrics(Sbd(root, "val", "edges"))
    assert spec.name == "semantic_edges"
    assert spec.parameters == {"max_distance_ratio": 0.0075, "margins_px": [5, 5, 5, 5]}
    assert Sbd(root, "val", "edges").truth_settings["edges"] == "as stored"
    assert Sbd(root, "val", "edges", radius_px=2).truth_settings["edges"] == "drawn"


def test_the_folder_of_the_release_and_images(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    release = tmp_path_factory.mktemp("benchmark_RELEASE")
    (release / "dataset").symlink_to(root)
    dataset = Sbd(release, "val", "edges")
    (sample,) = dataset.samples()
    before = dataset.digest(sample)
    assert len(check_run(dataset, [], images=True).problems) == 1
    (root / "img").mkdir()
    Image.new("RGB", (20, 12), (9, 9, 9)).save(root / "img" / "2008_000002.jpg")
    assert check_run(dataset, [], images=True).problems == []
    assert dataset.digest(sample) != before


def rewrite(root: Path, kind: str, **fields: Any) -> None:
    struct: dict[str, Any] = {"Segmentation": INSTANCES, "Boundaries": cells([LABELS == 1] * 3), "Categories": [3] * 3}
    if kind == "cls":
        struct = {"Segmentation": LABELS, "Boundaries": cells([LABELS == 1] * 20)}
    struct = {key: value for key, value in (struct | fields).items() if value is not None}
    savemat(root / kind / "2008_000002.mat", {f"GT{kind}": struct})


def damaged(mask: np.ndarray) -> csc_matrix:
    """With a row far below the last."""
    matrix = csc_matrix(mask)
    matrix.indices[-1] = 10**6
    return matrix


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (
            "cls",
            {"Segmentation": LABELS + np.uint8(20)},
            r"Segmentation with \[23, 35\]; allowed: 0 to 20",
        ),
        ("cls", {"Segmentation": None}, "a struct of Boundaries; allowed: one struct with the field Segm"),
        ("cls", {"Segmentation": "a word"}, "no matrix"),
        ("inst", {"Categories": [3, 21, 3]}, "Categories that are no classes; allowed: 1 to 20"),
        ("inst", {"Categories": [3, 3]}, r"Segmentation with \[3\]; allowed: 0 to 2"),
        ("inst", {"Boundaries": cells([LABELS == 1])}, "Boundaries of 1; allowed: 3"),
        ("inst", {"Boundaries": cells([np.zeros((2, 2))] * 3)}, "a matrix of 2x2; allowed: 12x20"),
        ("inst", {"Boundaries": 7}, "no cell array"),
        (
            "inst",
            {"Boundaries": cells([damaged(LABELS == BIRD)] * 3)},
            "a sparse matrix with values outside of it",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(root: Path, kind: str, fields: dict[str, Any], message: str) -> None:
    rewrite(root, kind)
    task: Any = "semantic" if kind == "cls" else "edges"
    assert check_run(Sbd(root, "val", task), []).problems == [], "what is rewritten is in order"
    rewrite(root, kind, **fields)
    (problem,) = check_run(Sbd(root, "val", task), []).problems
    with pytest.raises(InputError, match=message):
        raise InputError(problem)


def test_void_is_allowed_in_label_maps(root: Path) -> None:
    labels = LABELS.copy()
    labels[0, 0] = 255
    rewrite(root, "cls", Segmentation=labels)
    np.testing.assert_array_equal(truth_of(root).labels, labels)


def test_files_that_are_not_whole(root: Path) -> None:
    path = root / "cls" / "2008_000002.mat"
    data = path.read_bytes()
    for cut in (b"", b"no MATLAB file at all", data[: len(data) // 2], data[:200] + b"\0" * 50 + data[250:]):
        path.write_bytes(cut)
        (problem,) = check_run(Sbd(root, "val"), []).problems
        assert str(path) in problem.where
        assert "file that cannot be read" in problem.found or "variables" in problem.found
    savemat(path, {"GTinst": {"Segmentation": LABELS}})
    (problem,) = check_run(Sbd(root, "val"), []).problems
    assert problem.found == "variables GTinst"


def test_lists(root: Path) -> None:
    with pytest.raises(InputError, match=r"vla.txt: no such file; .*did you mean 'val'"):
        Sbd(root, "vla")
    (root / "two.txt").write_text("2008_000002\n2008_000003\n2008_000004")
    with pytest.raises(InputError, match="no file for 2 of 3 ids: 2008_000003, 2008_000004"):
        Sbd(root, "two")
    (root / "two.txt").write_text("2008_000002\n../inst/2008_000002\n")
    with pytest.raises(InputError, match=r"ids that lead elsewhere: \.\./inst/2008_000002"):
        Sbd(root, "two")
    (root / "two.txt").write_text("2008_000002\n2008_000002\n")
    with pytest.raises(InputError, match="more than once: 2008_000002"):
        Sbd(root, "two")
    with pytest.raises(InputError, match="no folder cls or inst"):
        Sbd(root / "cls", "val")
    with pytest.raises(InputError, match="task of sbd: 'instance'; allowed: semantic or edges"):
        Sbd(root, "val", "instance")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="radius_px: 0"):
        Sbd(root, "val", "edges", radius_px=0)


def test_the_classes_are_those_of_pascal_voc() -> None:
    assert len(set(CLASSES)) == 21
    assert [*CLASSES[1:]] == sorted(CLASSES[1:])
