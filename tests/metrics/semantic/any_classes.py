"""Random label maps of any number of classes, and their numbers by the metrics and by plain definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.semantic.error_distance import ErrorDistance
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics.semantic import plain

CLASSES = (1, 2, 3, 5, 11, 19, 32, 33, 64, 65, 150, 254, 255, 256, 257, 300, 1000, 5000)
TOLERANCES = [0, 1, 3]
MAX_PX = 6
Pair = tuple[Labels, Labels]


def draw_pairs(rng: np.random.Generator) -> tuple[int, list[Pair]]:
    """Number of classes and one to three pairs of prediction and truth."""
    classes = int(rng.choice(CLASSES))
    return classes, [_pair(rng, classes) for _ in range(rng.integers(1, 4))]


def _pair(rng: np.random.Generator, classes: int) -> Pair:
    height, width = (int(2 ** rng.uniform(0, 6)) for _ in range(2))
    meant = rng.integers(0, classes, rng.integers(1, rng.choice([4, 40, 400])))
    truth, other = (_picture(rng, (height, width), meant, classes) for _ in range(2))
    moved = np.roll(truth, rng.integers(-2, 3, 2), (0, 1))
    prediction = np.where(rng.random(truth.shape) < rng.choice([0.0, 0.1, 1.0]), other, moved)
    return _labels(rng, prediction, classes), _labels(rng, truth, classes)


def _picture(
    rng: np.random.Generator, size: tuple[int, int], meant: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Blocks of these ids, void (-1), and ids that are no class."""
    block = int(rng.choice([1, 2, 5, 16]))
    rows, columns = (-(-side // block) for side in size)
    ids = rng.choice(meant, (rows, columns))
    share, outside = rng.choice([0.0, 0.1, 0.9, 1.0], p=[0.5, 0.3, 0.15, 0.05]), [classes, classes + 1, 254, 255, 65535]
    ids = np.where(rng.random(ids.shape) < share, rng.choice([-1, -1, -1, *outside], ids.shape), ids)
    return np.kron(ids, np.ones((block, block), np.int64))[: size[0], : size[1]]


def _labels(rng: np.random.Generator, ids: NDArray[np.int64], classes: int) -> Labels:
    if rng.random() < 0.5:
        return np.where((ids < 0) | (ids > 255), 255, ids).astype(np.uint8)
    odd = rng.choice([-1, -1, -7, 2**31 - 1, -(2**31)], ids.shape)
    return np.where((ids < 0) | (ids >= classes) & (ids > 65534), odd, ids).astype(np.int32)


def assert_agree(classes: int, pairs: list[Pair]) -> None:
    """All numbers of all metrics, as plain definitions have them."""
    maps = [(SemanticMap(prediction), SemanticMap(truth)) for prediction, truth in pairs]
    ids = [(plain.ids(prediction, classes), plain.ids(truth, classes)) for prediction, truth in pairs]
    _region(classes, maps, ids)
    _boundaries(classes, maps, ids)
    _bands(classes, maps, ids)
    _distances(classes, maps, ids)


def _region(classes, maps, ids):
    metric = MeanIoU(classes)
    measured = [metric.measure(prediction=p, truth=t) for p, t in maps]
    seen = {}
    for one, (prediction, truth) in zip(measured, ids, strict=True):
        for label in plain.occurring(prediction, truth):
            both, true, predicted = plain.overlap(prediction, truth, label)
            assert (one["both"][label], one["true"][label], one["predicted"][label]) == (both, true, predicted)
            seen.setdefault(label, []).append((both, true, predicted))
        assert one["true"].sum() == (truth != plain.NOTHING).sum()
        assert one["predicted"].sum() == ((truth != plain.NOTHING) & (prediction != plain.NOTHING)).sum()
    total = {label: np.sum(counts, axis=0) for label, counts in seen.items()}
    iou = {label: plain.ratio(b, t + p - b) for label, (b, t, p) in total.items()}
    by_image = {label: plain.mean(plain.ratio(b, t + p - b) for b, t, p in counts) for label, counts in seen.items()}
    pixels = sum(t for _, t, _ in total.values())
    expected = {
        "mIoU": plain.mean(iou.values()),
        "pixel_accuracy": plain.ratio(sum(b for b, _, _ in total.values()), pixels),
        "mean_class_accuracy": plain.mean(plain.ratio(b, t) for b, t, _ in total.values()),
        "mean_dice": plain.mean(plain.ratio(2 * b, t + p) for b, t, p in total.values()),
        "frequency_weighted_IoU": plain.ratio(sum(t * iou[k] for k, (_, t, _) in total.items() if t), pixels),
        "mIoU_without_background": plain.mean(score for label, score in iou.items() if label),
        "mIoU_over_images": plain.mean(by_image.values()),
        "image_mIoU": plain.mean(_image_miou(prediction, truth) for prediction, truth in ids),
    }
    summary = metric.summarise(measured)
    assert summary.values.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(summary.values[name], value, rtol=1e-12, err_msg=name)
    _by_class(summary.per_class["IoU"], iou)
    _by_class(summary.per_class["IoU_over_images"], by_image)
    _by_class(summary.per_class["Dice"], {k: plain.ratio(2 * b, t + p) for k, (b, t, p) in total.items()})
    _by_class(summary.per_class["class_accuracy"], {k: plain.ratio(b, t) for k, (b, t, _) in total.items()})
    scored = sum(not np.isnan(value) for value in iou.values())
    assert (summary.scored["mIoU"], summary.undefined["mIoU"]) == (scored, classes - scored)


def _image_miou(prediction, truth):
    counts = [plain.overlap(prediction, truth, label) for label in plain.occurring(prediction, truth)]
    return plain.mean(plain.ratio(b, t + p - b) for b, t, p in counts)


def _boundaries(classes, maps, ids):
    for variant in ("gscnn", "strict"):
        metric = BoundaryF(classes, tolerances_px=TOLERANCES, variant=variant)
        measured = [metric.measure(prediction=p, truth=t) for p, t in maps]
        f, images = {}, sum((truth != plain.NOTHING).any() for _, truth in ids)
        for one, (prediction, truth) in zip(measured, ids, strict=True):
            here = plain.occurring(np.where(truth == plain.NOTHING, plain.NOTHING, prediction), truth)
            assert np.flatnonzero(one["present"]).tolist() == here
            totals = np.zeros(4, np.int64)
            for label, (place, radius) in product(here, enumerate(TOLERANCES)):
                counts = plain.boundary_counts(prediction, truth, label, radius, strict=variant == "strict")
                found = one["predicted"][label], one["true"][label]
                matched = one["predicted_matched"][place, label], one["true_matched"][place, label]
                assert (*found, *matched) == counts
                totals += counts
                f.setdefault(label, {}).setdefault(radius, []).append(plain.f_measure(*counts))
            assert one["predicted_matched"].sum() == totals[2]
            assert one["true"].sum() * len(TOLERANCES) == totals[1]
        summary = metric.summarise(measured)
        for radius in TOLERANCES:
            missing = {k: images - len(each[radius]) if variant == "gscnn" else 0 for k, each in f.items()}
            by_class = {k: plain.mean([*each[radius], *[1.0] * missing[k]]) for k, each in f.items()}
            _by_class(summary.per_class[f"boundary_f@{radius}px"], by_class)
            value = summary.values[f"boundary_f@{radius}px"]
            np.testing.assert_allclose(value, plain.mean(by_class.values()), rtol=1e-12)
            assert summary.undefined[f"boundary_f@{radius}px"] == classes - len(by_class)


def _bands(classes, maps, ids):
    metric = BoundaryIoU(classes, width_px=2)
    measured = [metric.measure(prediction=p, truth=t) for p, t in maps]
    total = {}
    for one, (prediction, truth) in zip(measured, ids, strict=True):
        totals = np.zeros(3, np.int64)
        for label in plain.occurring(prediction, truth):
            counts = plain.bands(prediction, truth, label, 2)
            assert (one["both"][label], one["true"][label], one["predicted"][label]) == counts
            saturated = 0 < counts[1] == (truth == label).sum()
            assert (one["regions"][label], one["saturated"][label]) == (counts[1] > 0, saturated)
            totals += counts
            total[label] = total.get(label, 0) + np.array(counts)
        assert (one["both"].sum(), one["true"].sum(), one["predicted"].sum()) == tuple(totals)
    iou = {label: plain.ratio(b, t + p - b) for label, (b, t, p) in total.items()}
    summary = metric.summarise(measured)
    _by_class(summary.per_class["boundary_IoU"], iou)
    np.testing.assert_allclose(summary.values["boundary_mIoU"], plain.mean(iou.values()), rtol=1e-12)


def _distances(classes, maps, ids):
    metric = ErrorDistance(classes, max_px=MAX_PX)
    measured = [metric.measure(prediction=p, truth=t) for p, t in maps]
    wrong, pixels = {}, {}
    for one, (prediction, truth) in zip(measured, ids, strict=True):
        bins = plain.distance_bins(truth, MAX_PX)
        for label in plain.occurring(truth):
            there = truth == label
            expected = [
                np.bincount(bins[mask], minlength=MAX_PX + 1) for mask in (there, there & (prediction != truth))
            ]
            np.testing.assert_array_equal(one["pixels"][label], expected[0])
            np.testing.assert_array_equal(one["errors"][label], expected[1])
            pixels[label], wrong[label] = (
                of.get(label, 0) + each.sum() for of, each in zip((pixels, wrong), expected, strict=True)
            )
        assert one["pixels"].sum() == (truth != plain.NOTHING).sum()
        assert one["errors"].sum() == ((truth != plain.NOTHING) & (prediction != truth)).sum()
    summary = metric.summarise(measured)
    _by_class(summary.per_class["error_rate"], {label: plain.ratio(wrong[label], pixels[label]) for label in pixels})
    rate = plain.ratio(sum(wrong.values()), sum(pixels.values()))
    np.testing.assert_allclose(summary.values["error_rate"], rate, rtol=1e-12)


def _by_class(found, expected):
    """NaN for every class that is not there."""
    full = np.full(found.shape, np.nan)
    for label, value in expected.items():
        full[label] = value
    np.testing.assert_allclose(found, full, rtol=1e-12)
