"""Edges drawn from the truth of other datasets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.config.defaults import default_format, default_metrics
from boundary_bench.bench.datasets.edges import EdgeTruth, build_dataset
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.functional.geometry import semantic_edges, thin
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.bench.label_files import MemoryDataset, write_camvid

LABELS = np.array([[0, 0, 1, 1, 1, 1, 255, 255]], np.uint8)


class Segments(MemoryDataset):
    """Class 1 is two objects."""

    task = "panoptic"
    things = frozenset({1})

    def truth(self, sample: Sample) -> Any:
        return PanopticMap(
            np.array([[5, 5, 7, 7, 300, 300, 0, 0]], np.int32), np.array([5, 7, 300], np.int32), np.array([0, 1, 1])
        )


def shown(dataset: Any) -> list[str]:
    (sample,) = dataset.samples()
    truth = dataset.truth(sample)
    assert truth.maps.dtype == np.bool_
    assert truth.maps.shape == (1, 3, 1, 8)
    return ["".join("#" if pixel else "-" for pixel in one[0]) for one in truth.maps[0]]


def test_by_hand() -> None:
    labels, segments = MemoryDataset({"a": LABELS}), Segments({"a": LABELS})
    for dataset in (labels, segments):
        assert shown(EdgeTruth(dataset, thin_truth=False)) == ["-##-----", "-##-----", "--------"]
    assert shown(EdgeTruth(segments, thin_truth=False, instance_sensitive=True))[1] == "-####---"
    assert shown(EdgeTruth(labels, thin_truth=False, sides="own")) == ["-#------", "--#-----", "--------"]
    assert shown(EdgeTruth(labels, thin_truth=False, radius_px=2)) == ["####----", "####----", "--------"]


def test_lines_are_thinned_class_by_class() -> None:
    source = Synthetic("val", images=1, height_px=64, width_px=96)
    drawn = EdgeTruth(source, radius_px=2)
    (sample,) = drawn.samples()
    wide = semantic_edges(source.truth(sample).labels, classes=19, radius_px=2)
    for one, expected in zip(drawn.truth(sample).maps[0], wide, strict=True):
        np.testing.assert_array_equal(one, thin(expected))


def test_the_rest_is_the_data_sets_own() -> None:
    source = Synthetic("val", images=2, height_px=64, width_px=96)
    drawn = EdgeTruth(source)
    sample = drawn.samples()[1]
    assert (drawn.task, drawn.name, drawn.split, drawn.classes) == ("edges", "synthetic", "val", source.classes)
    assert drawn.digest(sample) == source.digest(sample)
    assert drawn.size(sample) == (64, 96)
    np.testing.assert_array_equal(drawn.image(sample), source.image(sample))
    assert check_run(drawn, [], images=True).problems == []
    assert [spec.name for spec in default_metrics(drawn)] == ["semantic_edges"]
    assert default_format(drawn, "anywhere") == "edge_maps"


def test_data_sets_of_one_kind_and_of_several(tmp_path: Any) -> None:
    write_camvid(tmp_path)
    assert build_dataset("camvid", {"root": tmp_path, "split": "test", "task": "edges"}).task == "edges"
    assert build_dataset("camvid", {"root": tmp_path, "split": "test"}).task == "semantic"
    one = {"images": 1, "height_px": 64, "width_px": 96, "task": "edges", "thin_truth": False}
    plain = build_dataset("synthetic", one)
    told_apart = build_dataset("synthetic", {**one, "instance_sensitive": True})
    (sample,) = plain.samples()
    fewer, more = plain.truth(sample).maps, told_apart.truth(sample).maps
    assert not (fewer & ~more).any()
    things = Synthetic("val", task="panoptic", images=1).things
    added = (more & ~fewer).any(axis=(0, 2, 3))
    assert set(np.flatnonzero(added).tolist()) <= things


def test_cityscapes_by_hand(tmp_path: Any) -> None:
    ids = np.array([[7, 7, 26000, 26000, 26001, 26001, 4, 4]], np.int32)  # road, two cars, what is not scored
    for kind, image in (("labelIds", np.where(ids > 1000, 26, ids).astype(np.uint8)), ("instanceIds", ids)):
        write_label_image(tmp_path / "gtFine" / "val" / "ulm" / f"ulm_0_0_gtFine_{kind}.png", image)
    parameters = {"root": tmp_path, "split": "val", "task": "edges", "thin_truth": False}
    plain = build_dataset("cityscapes", parameters)
    told_apart = build_dataset("cityscapes", {**parameters, "instance_sensitive": True})
    (sample,) = plain.samples()
    car = plain.classes.index("car")
    assert np.flatnonzero(plain.truth(sample).maps[0, car]).tolist() == [1, 2]
    assert np.flatnonzero(told_apart.truth(sample).maps[0, car]).tolist() == [1, 2, 3, 4]
    for dataset in (plain, told_apart):
        (spec,) = default_metrics(dataset)
        assert (spec.name, spec.parameters) == ("semantic_edges", {"max_distance_ratio": 0.0035})
        assert default_format(dataset, "anywhere") == "edge_maps"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"radius": 2}, "unknown parameter 'radius'; did you mean 'radius_px'. allowed: split, .*radius_px"),
        ({"radius_px": 0.5}, "edges of synthetic: radius_px: 0.5; allowed: 1 to 16000"),
        ({"radius_px": "wide"}, "radius_px: 'wide'"),
        ({"sides": "inner"}, "sides: 'inner'; allowed: both or own"),
        ({"split": "vla"}, "split of synthetic: 'vla'"),
        ({"task": "semantic", "radius_px": 2}, "unknown parameter 'radius_px'"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_dataset("synthetic", {"task": "edges", **parameters})


def test_truth_that_has_no_such_edges_is_refused() -> None:
    with pytest.raises(InputError, match="edges of memory: semantic truth; allowed: panoptic truth"):
        EdgeTruth(MemoryDataset({"a": LABELS}), instance_sensitive=True)
    with pytest.raises(InputError, match="instance truth; allowed: semantic or panoptic truth"):
        EdgeTruth(Synthetic("val", task="instance", images=1))
