"""The detectron2 evaluators, called as its inference loop documents it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pycocotools import mask as coco_mask

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.interop.detectron2 import InstanceEvaluator, SemSegEvaluator
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from tests.bench.interop import two_processes
from tests.bench.interop.region import region
from tests.void import VOID

SIZE, CLASSES, IMAGES = (10, 12), 3, 3


def inference_on_dataset(model, loader, evaluator):
    """In the order that detectron2 gives: reset, then for each batch process, at last evaluate."""
    evaluator.reset()
    for inputs in loader:
        evaluator.process(inputs, model(inputs))
    return evaluator.evaluate()


def label_maps(number):
    """(prediction, truth)."""
    rng = np.random.default_rng(number)
    truth = np.kron(rng.integers(0, CLASSES, (2, 3)), np.ones((5, 4), np.uint8)).astype(np.uint8)
    prediction = np.roll(truth, 1, axis=1)
    truth[0, :4] = VOID
    return prediction, truth


def semantic_records(folder):
    """As a test mapper leaves them; and with what a `DatasetCatalog` has besides."""
    given, known = [], []
    for number in range(IMAGES):
        file = folder / f"{number}.png"
        write_label_image(file, label_maps(number)[1])
        given.append({"file_name": f"{number}.jpg", "height": SIZE[0], "width": SIZE[1], "image": torch.zeros(3, 2, 2)})
        known.append({**given[-1], "sem_seg_file_name": str(file)})
    return given, known


def semantic_model(inputs):
    def scores(given):
        prediction = label_maps(int(given["file_name"][0]))[0].astype(np.int64)
        return torch.nn.functional.one_hot(torch.tensor(prediction), CLASSES).permute(2, 0, 1) * 3.5 - 2

    return [{"sem_seg": scores(given)} for given in inputs]


def test_label_maps(tmp_path):
    given, known = semantic_records(tmp_path)
    found = inference_on_dataset(semantic_model, [given[:2], given[2:]], SemSegEvaluator(known, CLASSES))
    assert list(found) == ["sem_seg"]
    for metric in (MeanIoU(CLASSES), BoundaryF(CLASSES)):
        maps = [[SemanticMap(labels) for labels in label_maps(number)] for number in range(IMAGES)]
        values = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in maps]).values
        for name, value in values.items():
            assert found["sem_seg"][name] == pytest.approx(100 * value)
    again = SemSegEvaluator(known, CLASSES, ["mean_iou"])
    for _ in range(2):  # reset forgets
        assert inference_on_dataset(semantic_model, [given], again)["sem_seg"]["mIoU"] == found["sem_seg"]["mIoU"]


@pytest.mark.parametrize("ignored", [0, 3, None])
@pytest.mark.parametrize("classes", [4, 300])
def test_any_number_of_classes_and_an_ignored_one(tmp_path, classes, ignored):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, (30, 40)).astype(np.int32)
    truth[:8] = 0
    prediction = np.where(rng.random(truth.shape) < 0.7, truth, rng.integers(0, classes, truth.shape))
    file = tmp_path / "truth.png"
    write_label_image(file, truth)
    evaluator = SemSegEvaluator(
        [{"file_name": "a", "sem_seg_file_name": str(file)}], classes, ["region"], ignore_label=ignored
    )
    scores = torch.nn.functional.one_hot(torch.tensor(prediction), classes).permute(2, 0, 1)
    evaluator.process([{"file_name": "a"}], [{"sem_seg": scores.float()}])
    found = evaluator.evaluate()["sem_seg"]
    mean, accuracy = region(prediction, truth, classes, ignored)
    assert found["mIoU"] == pytest.approx(mean)
    assert found["pixel_accuracy"] == pytest.approx(accuracy)


def objects(number):
    """(predicted masks, their classes and scores, true masks, their classes)."""
    rng = np.random.default_rng(number)
    true = np.zeros((3, *SIZE), np.bool_)
    for mask in true:
        top, left = rng.integers(0, 5, 2)
        mask[top : top + 5, left : left + 6] = True
    predicted = np.where(np.arange(3)[:, None, None] == 0, true, np.roll(true, 1, axis=2))
    return predicted, np.array([0, 1, 1]), rng.random(3), true, np.array([0, 1, 2])


def instance_records():
    given = [{"file_name": f"{n}.jpg", "height": SIZE[0], "width": SIZE[1], "image_id": n} for n in range(IMAGES)]
    known = []
    for number, record in enumerate(given):
        *_, masks, classes = objects(number)
        coded = Masks.from_dense(SIZE, masks)
        annotations = [
            {"category_id": int(c), "segmentation": coded.coco(i), "iscrowd": int(i == 2), "bbox": [0, 0, 1, 1]}
            for i, c in enumerate(classes)
        ]
        top, left, bottom, right = (int(side) for side in coded.boxes[0])
        annotations[0]["segmentation"] = [[left, top, right, top, right, bottom, left, bottom]]
        known.append({**record, "annotations": annotations})
    return given, known


def instance_model(inputs):
    def answer(given):
        masks, classes, scores, _, _ = objects(given["image_id"])
        return SimpleNamespace(
            pred_masks=torch.tensor(masks), pred_classes=torch.tensor(classes), scores=torch.tensor(scores).float()
        )

    return [{"instances": answer(given)} for given in inputs]


def test_objects():
    given, known = instance_records()
    found = inference_on_dataset(instance_model, [given], InstanceEvaluator(known, CLASSES))["instances"]
    for metric in (AveragePrecision(CLASSES), AveragePrecision(CLASSES, iou="boundary")):
        measured = []
        for number in range(IMAGES):
            masks, classes, scores, true, true_classes = objects(number)
            measured.append(
                metric.measure(
                    prediction=InstanceSet(Masks.from_dense(SIZE, masks), classes, scores.astype(np.float32)),
                    truth=InstanceSet(Masks.from_dense(SIZE, true), true_classes, crowd=np.array([False, False, True])),
                )
            )
        for name, value in metric.summarise(measured).values.items():
            assert found[name] == pytest.approx(100 * float(value), nan_ok=True), name
    assert 0 < found["boundary_AP"] < found["AP"]


def test_an_image_without_objects():
    given, known = instance_records()
    known[0]["annotations"] = []

    def blind(inputs):
        answers = instance_model(inputs)
        for answer in answers[1:]:
            nothing = answer["instances"]
            nothing.pred_masks, nothing.pred_classes, nothing.scores = torch.zeros(0, *SIZE) > 0, *torch.zeros(2, 0)
        return answers

    assert inference_on_dataset(blind, [given], InstanceEvaluator(known, CLASSES))["instances"]["AP"] == 0


def together(rank):
    given, known = instance_records()
    own = given[:1] if rank == 0 else given[1:]
    return inference_on_dataset(instance_model, [own], InstanceEvaluator(known, CLASSES, ["average_precision"]))


def test_two_processes_find_what_one_finds_and_the_first_says_it(tmp_path):
    given, known = instance_records()
    alone = inference_on_dataset(instance_model, [given], InstanceEvaluator(known, CLASSES, ["average_precision"]))
    first, second = two_processes.results(together, tmp_path)
    assert first["instances"] == pytest.approx(alone["instances"], nan_ok=True)
    assert second is None


def refused(evaluator, answers, match, error=ValueError, file_name="0.jpg"):
    with pytest.raises(error, match=match):
        evaluator.process([{"file_name": file_name}], answers)


def test_what_is_refused_of_label_maps(tmp_path):
    given, known = semantic_records(tmp_path)
    evaluator = SemSegEvaluator(known, CLASSES)
    good = semantic_model(given[:1])
    refused(evaluator, good, "file_name is 9.jpg; allowed: one of the 3 records'", file_name="9.jpg")
    refused(evaluator, [{"instances": 0}], r"an output has \['instances'\]; allowed: outputs with 'sem_seg'")
    refused(evaluator, [{"sem_seg": torch.zeros(2, *SIZE)}], r"sem_seg is \(2, 10, 12\); allowed: \(3, H, W\)")
    refused(evaluator, [{"sem_seg": torch.zeros(3, 4, 4)}], r"prediction is \(4, 4\), the truth \(10, 12\)")
    refused(SemSegEvaluator(known, CLASSES, ignore_label=0), good, "png hold 255; allowed: 0 to 2, and 0 for void")
    (tmp_path / "0.png").unlink()
    refused(evaluator, good, "0.png: no such file", InputError)
    with pytest.raises(InputError, match="a metric of instance maps"):
        SemSegEvaluator(known, CLASSES, ["average_precision"])
    with pytest.raises(ValueError, match="no images were measured"):
        evaluator.evaluate()


def test_what_is_refused_of_objects():
    given, known = instance_records()
    (good,) = instance_model(given[:1])
    evaluator = InstanceEvaluator(known, CLASSES)
    for masks, match in [
        (torch.full((3, *SIZE), 0.3), "0.jpg: mask 0 is float32 with values 0.3; allowed: bool, or 0 and 1 alone"),
        (torch.ones(3, 4, 4) > 0, r"0.jpg: mask 0 is \(4, 4\); allowed: \(10, 12\), the image's \(resize it"),
        (
            torch.ones(3, 1, 28, 28) > 0,
            r"pred_masks are \(3, 1, 28, 28\); allowed: \(N, 10, 12\) \(detector_postprocess",
        ),
    ]:
        other = SimpleNamespace(**{**vars(good["instances"]), "pred_masks": masks})
        refused(evaluator, [{"instances": other}], match)
    boxes = SimpleNamespace(pred_boxes=torch.zeros(3, 4), pred_classes=torch.zeros(3), scores=torch.zeros(3))
    refused(evaluator, [{"instances": boxes}], "instances without pred_masks; allowed: .*; boxes are no masks")
    known[0]["annotations"][1]["segmentation"] = [[1, 2, 3]]
    refused(evaluator, [good], "0.jpg: annotation 2: a polygon that is no list of finite x, y pairs", InputError)
    del known[0]["annotations"][1]["segmentation"]
    refused(evaluator, [good], "0.jpg: annotation 2: no segmentation; allowed: polygons", InputError)
    with pytest.raises(InputError, match="of their changes"):
        InstanceEvaluator(known, CLASSES, ["iou_change"])


def coded(mask, counts):
    code = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    lengths = Masks.from_dense(SIZE, [mask]).runs(0)
    forms = {"bytes": code["counts"], "text": code["counts"].decode(), "lengths": lengths.tolist(), "array": lengths}
    return {"size": SIZE if counts == "array" else list(SIZE), "counts": forms[counts]}


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("form", [lambda masks: masks, lambda masks: masks.float(), lambda masks: masks.byte()])
@pytest.mark.parametrize("counts", ["bytes", "text", "lengths", "array", "polygons", "arrays of polygons"])
def test_the_truth_in_any_form_is_found_by_itself(counts, form, crowd):
    true = objects(0)[3][:2]
    boxes = Masks.from_dense(SIZE, true).boxes.tolist()
    corners = [[left, top, right, top, right, bottom, left, bottom] for top, left, bottom, right in boxes]
    annotations = [
        {"category_id": place, "iscrowd": 0, "bbox": [0, 0, 3, 3], "bbox_mode": 0, "segmentation": shape}
        for place, shape in enumerate(
            [[np.array(one) if "arrays" in counts else one] for one in corners]
            if "polygons" in counts
            else [coded(mask, counts) for mask in true]
        )
    ]
    if crowd:
        annotations.append({**annotations[0], "iscrowd": 1, "segmentation": coded(~true[0], "lengths")})
    record = {"file_name": "a.jpg", "height": SIZE[0], "width": SIZE[1], "annotations": annotations}
    evaluator = InstanceEvaluator([record], CLASSES)
    answer = SimpleNamespace(
        pred_masks=form(torch.tensor(true)), pred_classes=torch.arange(2), scores=torch.tensor([0.9, 0.8])
    )
    evaluator.process([{"file_name": "a.jpg"}], [{"instances": answer}])
    found = evaluator.evaluate()["instances"]
    assert (found["AP"], found["boundary_AP"]) == pytest.approx((100, 100), rel=1e-12)
