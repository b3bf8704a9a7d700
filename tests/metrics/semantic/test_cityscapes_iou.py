import cv2
import numpy as np
import pytest
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as script
from cityscapesscripts.helpers.labels import labels as LABELS

from boundary_bench.metrics.semantic.cityscapes_iou import CATEGORIES, CATEGORY_OF, COUNTABLE, CityscapesIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap

EVALUATED = [label for label in LABELS if not label.ignoreInEval]
TRAIN_IDS = np.full(34, 255, np.uint8)
TRAIN_IDS[[label.id for label in EVALUATED]] = [label.trainId for label in EVALUATED]
COUNTED = np.array([label.id for label in LABELS if label.hasInstances and label.id >= 0])
# What a model trained on the evaluated classes can predict, and labels that are void.
PREDICTABLE = np.array([label.id for label in LABELS if label.id >= 0 and label.id not in (29, 30)])


def scene(rng, size):
    """Label ids and instance ids of objects and groups, parts of which may lie over one another."""
    height, width = size
    drawn = np.zeros(size, np.int32)
    for number in range(rng.integers(1, 40)):
        label = rng.integers(0, 34) if rng.random() < 0.4 else rng.choice(COUNTED)
        single = label in COUNTED and rng.random() < 0.8
        y, x, h, w = rng.integers(height), rng.integers(width), rng.integers(1, height), rng.integers(1, width)
        drawn[y : y + h // 2 + 1, x : x + w // 2 + 1] = label * 1000 + number if single else label
    return np.where(drawn >= 1000, drawn // 1000, drawn).astype(np.uint8), drawn


def guess(rng, labels):
    """The truth moved, with noise of any label."""
    moved = np.roll(labels, rng.integers(-3, 4, 2), (0, 1))
    found = np.where(rng.random(labels.shape) < rng.random() / 2, rng.choice(PREDICTABLE, labels.shape), moved)
    return np.where(np.isin(found, [29, 30]), 26, found).astype(np.uint8)


def official(folder, images):
    files = []
    for number, (labels, drawn, predicted) in enumerate(images):
        names = [folder / f"{number:04d}_{kind}.png" for kind in ("labelIds", "instanceIds", "pred")]
        for name, array in zip(names, (labels, drawn.astype(np.uint16), predicted), strict=True):
            assert cv2.imwrite(str(name), array)
        files.append((str(names[2]), str(names[0])))
    # Set anew, for other tests may have set them otherwise.
    script.args.quiet, script.args.JSONOutput, script.args.evalInstLevelScore = True, False, True
    return script.evaluateImgLists(*map(list, zip(*files, strict=True)), script.args)


def measured(metric, images):
    for labels, drawn, predicted in images:
        objects = np.where(drawn >= 1000, drawn, 0).astype(np.int32)
        truth = SemanticMap(TRAIN_IDS[labels], instances=objects)
        yield metric.measure(prediction=SemanticMap(TRAIN_IDS[predicted]), truth=truth)


@pytest.mark.parametrize("seed", range(6))
def test_equal_to_the_official_script(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(np, "in1d", np.isin, raising=False)  # gone from NumPy, which the script does not know
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(rng.integers(1, 12)):
        labels, drawn = scene(rng, tuple(rng.integers(20, 90, 2)))
        images.append((labels, drawn, guess(rng, labels)))
    expected, metric = official(tmp_path, images), CityscapesIoU(19)
    found = metric.summarise(list(measured(metric, images)))
    for key, name in (("classScores", "class_IoU"), ("classInstScores", "iIoU")):
        np.testing.assert_array_equal(found.per_class[name], [expected[key][label.name] for label in EVALUATED])
    for key, name in (("categoryScores", "category_IoU"), ("categoryInstScores", "category_iIoU")):
        np.testing.assert_array_equal(found.per_class[name], [expected[key][label.category] for label in EVALUATED])
    averages = (
        "averageScoreClasses",
        "averageScoreInstClasses",
        "averageScoreCategories",
        "averageScoreInstCategories",
    )
    assert [float(found.values[name]) for name in ("class_IoU", "iIoU", "category_IoU", "category_iIoU")] == [
        expected[name] for name in averages
    ]


def test_tables_are_those_of_the_official_script():
    assert [CATEGORIES[place] for place in CATEGORY_OF] == [label.category for label in EVALUATED]
    assert COUNTABLE.tolist() == [label.hasInstances for label in EVALUATED]


def test_by_hand():
    # A car of 2 px that is found, one of 6 px of which half is missed; the mean car has 12794.02 px.
    labels = np.array([[13, 13, 0, 13, 13, 13, 13, 13, 13]], np.uint8)
    objects = np.array([[26001, 26001, 0, 26002, 26002, 26002, 26002, 26002, 26002]], np.int32)
    predicted = np.array([[13, 13, 13, 13, 13, 13, 0, 0, 14]], np.uint8)
    metric = CityscapesIoU(19)
    one = metric.measure(prediction=SemanticMap(predicted), truth=SemanticMap(labels, instances=objects))
    summary, area = metric.summarise([one]), 12794.0202738185
    assert summary.per_class["class_IoU"][13] == 5 / 9
    assert summary.per_class["iIoU"][13] == pytest.approx(1.5 * area / (2 * area + 1))
    # A truck is a vehicle too.
    assert summary.per_class["category_IoU"][13] == 6 / 9
    assert summary.per_class["category_iIoU"][13] == pytest.approx((area + 4 / 6 * area) / (2 * area + 1))
    assert (summary.scored["iIoU"], summary.undefined["iIoU"]) == (2, 6)


def test_weights_count_objects_as_often():
    rng, metric = np.random.default_rng(3), CityscapesIoU(19)
    images = [(labels, drawn, guess(rng, labels)) for labels, drawn in (scene(rng, (40, 50)) for _ in range(3))]
    one, two, three = measured(metric, images)
    weighted = metric.summarise([one, two, three], np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, repeated in enumerate(([one, three, three], [one, two, three])):
        plain = metric.summarise(repeated)
        for name, value in plain.per_class.items():
            np.testing.assert_allclose(weighted.per_class[name][row], value, rtol=1e-12)
            np.testing.assert_allclose(weighted.values[name][row], plain.values[name], rtol=1e-12)


def test_without_instances_only_what_needs_them_is_undefined():
    metric, labels = CityscapesIoU(19), SemanticMap(np.array([[13, 13, 0]], np.uint8))
    told_apart = SemanticMap(labels.labels, instances=np.array([[1, 1, 0]], np.int32))
    images = [metric.measure(prediction=labels, truth=truth) for truth in (labels, told_apart)]
    for values in (metric.summarise(images).values, metric.summarise(images[:1]).values):
        assert (values["class_IoU"], values["category_IoU"]) == (1, 1)
        assert np.isnan([values["iIoU"], values["category_iIoU"]]).all()


def test_nothing_to_score_is_undefined():
    metric, nothing = (
        CityscapesIoU(19),
        SemanticMap(np.full((1, 3), 255, np.uint8), instances=np.ones((1, 3), np.int32)),
    )
    one = metric.measure(prediction=SemanticMap(np.array([[0, 13, 11]], np.uint8)), truth=nothing)
    assert np.isnan(list(metric.summarise([one]).values.values())).all()


def test_what_is_refused():
    with pytest.raises(ValueError, match="classes is 4; allowed: 19"):
        CityscapesIoU(4)
    truth = SemanticMap(np.array([[13, 11]], np.uint8), instances=np.array([[7, 7]], np.int32))
    with pytest.raises(ValueError, match=r"instances \[7\] have pixels of two labels"):
        CityscapesIoU(19).measure(prediction=truth, truth=truth)
