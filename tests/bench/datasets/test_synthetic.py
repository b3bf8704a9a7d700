from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.camera import Camera
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.raster import instance_map, labels_of, paint
from boundary_bench.bench.datasets.street_scene.scene import Light, Material, Scene, Surface, Thing
from boundary_bench.bench.datasets.street_scene.shapes import across
from boundary_bench.bench.datasets.synthetic import VERSION, Synthetic, _render
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.plugins.validation import check_run

VOID = 255


@pytest.fixture(scope="module")
def scenes() -> list[tuple[NDArray[np.uint8], NDArray[np.int32]]]:
    """Image and instance map of the first 40 train samples."""
    dataset = Synthetic("train", images=40)
    return [(dataset.image(sample), dataset.instances(sample)) for sample in dataset.samples()]


def test_has_the_attributes_of_a_dataset() -> None:
    dataset = Synthetic("val")
    assert (dataset.name, dataset.split, dataset.task) == ("synthetic", "val", "semantic")
    assert len(dataset.classes) == len(dataset.colours) == 19
    assert dataset.classes[6] == "traffic light"
    assert dataset.colours[13].tolist() == [0, 0, 142]
    assert dict(dataset.label_ids) == {}
    assert check_run(dataset, []).problems == []
    assert [len(Synthetic(split).samples()) for split in ("train", "val", "test")] == [600, 24, 24]


def test_the_same_sample_twice_is_the_same() -> None:
    dataset = Synthetic("val")
    sample = dataset.samples()[3]
    image, labels = dataset.image(sample).copy(), dataset.truth(sample).labels.copy()
    _render.cache_clear()
    again = Synthetic("val", images=4)
    assert np.array_equal(again.image(sample), image)
    assert np.array_equal(again.truth(sample).labels, labels)
    assert again.digest(sample) == dataset.digest(sample)


def test_shapes_and_sizes() -> None:
    dataset = Synthetic("test", images=1, height_px=96, width_px=200)
    sample = dataset.samples()[0]
    assert dataset.size(sample) == (96, 200)
    assert dataset.image(sample).shape == (96, 200, 3)
    assert dataset.image(sample).dtype == np.uint8
    assert dataset.truth(sample).size == (96, 200)
    assert dataset.truth(sample).labels.dtype == np.uint8
    assert dataset.truth(sample).probabilities is None


def test_splits_share_no_scene_and_no_id() -> None:
    seen: dict[bytes, str] = {}
    for split in ("train", "val", "test"):
        dataset = Synthetic(split, images=8, height_px=64, width_px=128)
        for sample in dataset.samples():
            key = dataset.truth(sample).labels.tobytes()
            assert key not in seen, f"{sample.id} shows the scene of {seen.get(key)}"
            seen[key] = sample.id
    assert len(set(seen.values())) == 24


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    assert list(Synthetic("val", images=30).samples())[:5] == list(Synthetic("val", images=5).samples())


def test_digests_differ_by_sample_and_size() -> None:
    first, second = Synthetic("val").samples()[:2]
    digests = {
        Synthetic("val").digest(first),
        Synthetic("val").digest(second),
        Synthetic("val", width_px=256).digest(first),
    }
    assert len(digests) == 3


def test_labels_are_classes_or_void(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    for _, instances in scenes:
        found = np.unique(labels_of(instances))
        assert set(found.tolist()) <= {*range(19), VOID}


def test_every_class_appears(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    images = np.zeros(19, dtype=int)
    for _, instances in scenes:
        images += np.bincount(labels_of(instances).ravel(), minlength=256)[:19] > 20
    assert images.min() >= 5, dict(zip(Synthetic.classes, images.tolist(), strict=True))


def test_frame_and_bonnet_are_void(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    for image, instances in scenes:
        labels = labels_of(instances)
        for rim in (labels[:, :2], labels[:, -2:], labels[-2:]):
            assert (rim == VOID).all()
        assert (labels[:, 3:-3] != VOID).mean() > 0.85
        assert labels[246, 256] == VOID, "the bonnet is in the middle of the lower border"
        assert image[:, 0].mean() < 12, "the frame is black but for the read noise"


def test_instances_carry_their_class(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    dataset = Synthetic("train", images=2)
    for sample in dataset.samples():
        instances, labels = dataset.instances(sample), dataset.truth(sample).labels
        counted = instances >= 1000
        assert instances.dtype == np.int32
        assert np.array_equal(labels[counted], (instances // 1000)[counted])
        assert np.array_equal(labels[~counted], instances[~counted])
    for _, instances in scenes:
        labels = labels_of(instances)
        assert np.array_equal((labels >= Label.PERSON) & (labels != VOID), instances >= 1000)
    cars = [len(np.unique(instances[instances // 1000 == Label.CAR])) for _, instances in scenes]
    assert max(cars) > 4, "several cars of a scene are told apart"


def _edge_contrast(image: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """Mean gradient magnitude on the boundaries of the labels over that more than 4 px away from them."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    gradient = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    edge = np.zeros(labels.shape, bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    away = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5) > 4
    valid = cv2.erode((labels != VOID).astype(np.uint8), np.ones((9, 9)), borderValue=0) > 0
    return float(gradient[edge & valid].mean() / gradient[away & valid].mean())


def test_photometric_edges_agree_with_labels(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    true = [_edge_contrast(image, labels_of(instances)) for image, instances in scenes[:12]]
    moved = [_edge_contrast(image, np.roll(labels_of(instances), (3, 3), (0, 1))) for image, instances in scenes[:12]]
    assert min(true) > 2.3
    assert np.mean(true) > 1.4 * np.mean(moved), "labels moved by 3 px no longer lie on the edges"


def test_there_are_thin_structures(scenes: list[tuple[NDArray[np.uint8], NDArray[np.int32]]]) -> None:
    poles = thick = 0
    for _, instances in scenes:
        mask = (instances == Label.POLE).astype(np.uint8)
        poles += int(mask.sum())
        thick += int(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)).sum())
    assert thick < 0.7 * poles, "a third of all pole pixels vanish in an opening of 5 px"
    assert poles - thick > 40 * 500


def test_generator_is_the_version_it_says() -> None:
    """Guards the digests: whoever changes what is drawn must raise VERSION and retrain the baseline."""
    labels = Synthetic("val").truth(Sample("val_0000")).labels
    counts = np.bincount(labels.ravel(), minlength=256)
    assert VERSION == 1
    assert counts[[Label.ROAD, Label.BUILDING, Label.CAR, VOID]].tolist() == pytest.approx(
        [39322, 19045, 713, 9995], rel=0.01
    )


def test_image_and_instances_are_read_only() -> None:
    dataset = Synthetic("val", height_px=64, width_px=64)
    sample = dataset.samples()[0]
    for array in (dataset.image(sample), dataset.instances(sample), dataset.truth(sample).labels):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("split", "settings", "word"),
    [
        ("validation", {}, "'validation'"),
        ("val", {"images": 0}, "images of synthetic: 0"),
        ("val", {"height_px": 32}, "32 x 512 px"),
    ],
)
def test_refuses_what_it_cannot_draw(split: str, settings: dict[str, int], word: str) -> None:
    with pytest.raises(InputError, match=word):
        Synthetic(split, **settings)


CAMERA = Camera(height_px=100, width_px=200, focal_px=100.0, horizon_px=40.0, height_m=1.0, yaw_rad=0.0, roll_rad=0.0)
LIGHT = Light((1.0, 1.0, 1.0), 0.0, (0.0, 0.0), 200.0, (1.0, 1.0, 1.0))
PLAIN = Material((0.5, 0.5, 0.5))


def _square(label: Label, z: float) -> Thing:
    """2 m wide and high, straight ahead, standing on the road."""
    return Thing([Surface(label, PLAIN, [across(z, -1.0, 1.0, 0.0, 2.0)])], z)


def test_pinhole_arithmetic() -> None:
    # At 10 m a metre is 10 px: 2 m span columns 99.5 +- 10 and rows 40 + 10 (the road) up to 40 - 10 (2 m up).
    (corners,) = CAMERA.project([across(10.0, -1.0, 1.0, 0.0, 2.0)])
    assert corners == pytest.approx(np.array([(89.5, 50.0), (109.5, 50.0), (109.5, 30.0), (89.5, 30.0)]))
    assert CAMERA.rows_to_metres(np.array([30.0, 50.0, 60.0])).tolist() == [np.inf, 10.0, 5.0]


def test_what_lies_behind_the_camera_is_cut_off() -> None:
    behind, crossing = CAMERA.project(
        [across(-3.0, -1.0, 1.0, 0.0, 1.0), np.array([(0, 0, -4.0), (1, 0, 5.0), (0, 0, 5.0)])]
    )
    assert len(behind) == 0
    # Two edges cross the near plane at 0.5 m, where the road is 100 / 0.5 = 200 px below the horizon.
    assert len(crossing) == 4
    assert crossing[:, 1].max() == pytest.approx(240.0)


def test_nearer_things_hide_farther_ones() -> None:
    sky = Surface(Label.SKY, PLAIN, [across(500.0, -2000.0, 2000.0, -2000.0, 2000.0)])
    scene = Scene([sky], [_square(Label.CAR, 10.0), _square(Label.PERSON, 20.0), _square(Label.CAR, 40.0)], LIGHT)
    instances = instance_map(paint(scene, CAMERA))
    # 20 px a side at 10 m; the filler also paints the pixels that the outline touches.
    assert 400 <= (instances == 13001).sum() <= 21 * 21
    assert (instances == 13000).sum() == 0, "the farther car is hidden"
    assert (instances == 11000).sum() == 0, "the person is hidden"
    assert instances[40, 100] == 13001
    assert instances[5, 5] == Label.SKY


def test_two_classes_of_one_thing_are_two_instances() -> None:
    bicycle = Surface(Label.BICYCLE, PLAIN, [across(10.0, -1.0, 1.0, 0.0, 1.0)])
    rider = Surface(Label.RIDER, PLAIN, [across(10.0, -0.5, 0.5, 1.0, 2.0)])
    instances = instance_map(paint(Scene([], [Thing([bicycle, rider], 10.0)], LIGHT), CAMERA, [bicycle]))
    assert {12000, 18000} <= set(np.unique(instances).tolist())
