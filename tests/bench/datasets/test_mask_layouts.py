"""Layouts of binary masks in their own form: scored as plain NumPy does, their samples, and what is said of faults."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.mask_layouts import cascade_psp, davis585
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.catalogue import DATASETS
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.binary.mask_iou import MaskIoU
from tests.bench.cli.street import call
from tests.bench.datasets import mask_trees as trees
from tests.bench.datasets.mask_trees import MASK_TREES, SIZE, Mask, MaskTree, Write, drawn, write, write_photo

every_layout = pytest.mark.parametrize("build", MASK_TREES)
COARSE = (trees.big, trees.voc_relabelled, trees.davis585)
with_coarse_masks = pytest.mark.parametrize("build", COARSE)


def built(tree: MaskTree, **changes: Any) -> Any:
    given = {"root": tree.root, "split": tree.split, **tree.parameters, **changes}
    return registry.build("datasets", tree.name, given)


def refusal(tree: MaskTree, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        built(tree, **changes)
    return str(caught.value)


def saved(dataset: Any, path: Path, **options: Any) -> Any:
    return registry.build("predictions", "binary_masks", {"path": path, "dataset": dataset, **options})


def iou(truths: dict[str, Mask], guesses: dict[str, Mask]) -> tuple[float, float]:
    """Over all pixels, and the mean of the images'."""
    both = np.array([(mask & guesses[name]).sum() for name, mask in truths.items()])
    either = np.array([(mask | guesses[name]).sum() for name, mask in truths.items()])
    return both.sum() / either.sum(), float(np.mean(both / either))


def ours(dataset: Any, predictions: Any) -> tuple[float, float]:
    metric = MaskIoU()
    pairs = [(predictions.load(sample), dataset.truth(sample)) for sample in dataset.samples()]
    values = metric.summarise([metric.measure(prediction=found, truth=truth) for found, truth in pairs]).values
    return float(values["IoU"]), float(values["image_IoU"])


def test_each_layout_has_a_tree() -> None:
    named = {name for name, place in DATASETS.items() if ".mask_layouts." in place}
    assert len(named) == 15
    assert {build.__name__ for build in MASK_TREES} >= named


@every_layout
def test_usual_metrics_measure_masks(build: Write, tmp_path: Path) -> None:
    for name in built(build(tmp_path)).metrics:
        assert "binary" in registry.find("metrics", name).tasks


@every_layout
def test_iou(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path / "data")
    guesses = {name: mask ^ (drawn(i + 50) & drawn(i + 60)) for i, (name, mask) in enumerate(tree.truths.items())}
    for name, mask in guesses.items():
        write(tmp_path / "guess" / f"{name}.png", mask)
    dataset = built(tree)
    found = ours(dataset, saved(dataset, tmp_path / "guess"))
    assert found == pytest.approx(iou(tree.truths, guesses), abs=1e-12)
    assert 0.2 < found[0] < 0.95


@every_layout
def test_samples(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    dataset = built(tree)
    samples = dataset.samples()
    assert [sample.id for sample in samples] == sorted(tree.truths)
    assert {sample.id: sample.cluster for sample in samples if sample.cluster} == tree.clusters
    assert {sample.id: sample.group for sample in samples if sample.group} == tree.groups
    assert (dataset.name, dataset.split, dataset.task) == (tree.name, tree.split, "binary")
    assert tuple(dataset.metrics) == tree.metrics
    assert check_run(dataset, [], images=True).problems == []
    for sample in samples:
        np.testing.assert_array_equal(dataset.truth(sample).mask, tree.truths[sample.id])
        assert dataset.image(sample).shape == (*SIZE, 3)
    notes = dataset.notes()
    assert len(notes) == bool(tree.note)
    assert tree.note in "".join(notes)


@pytest.mark.parametrize("build", [build for build in MASK_TREES if build != trees.camo])
def test_images_may_be_absent(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    for photo in {*tree.photos}:
        photo.unlink()
    dataset = built(tree)
    assert [sample.id for sample in dataset.samples()] == sorted(tree.truths)
    assert check_run(dataset, []).problems == []
    assert not any(dataset.has_image(sample) for sample in dataset.samples())
    with pytest.raises(InputError, match="no image"):
        dataset.image(dataset.samples()[0])


@every_layout
def test_images_of_another_kind(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    for photo in {*tree.photos}:
        photo.rename(photo.with_suffix(".JPEG"))
    dataset = built(tree)
    assert all(dataset.has_image(sample) for sample in dataset.samples())


@pytest.mark.parametrize("build", [build for build in MASK_TREES if build not in (trees.davis585, trees.dis5k_tests)])
def test_an_image_without_a_mask(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    tree.masks[-1].unlink()
    if build == trees.thin_object:
        assert "no label file for 1 of 2 ids of val.txt: 01000" in refusal(tree)
        return
    dataset = built(tree)
    assert len(dataset.samples()) == len(tree.truths) - 1
    assert any("1 images have no mask and are not used" in note for note in dataset.notes())


@every_layout
def test_no_masks_at_all(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path / "data")
    for path in tree.masks:
        path.unlink()
        (path.parent / "readme.txt").write_text("moved")
    said = refusal(tree)
    if build == trees.thin_object:
        assert "no label file for 2 of 2 ids of val.txt" in said
        return
    assert re.search(r": no (masks|such folder)(; allowed| for the)", said)
    assert re.search(r"\{(id|sequence|class)\}", said)
    others = (trees.big, trees.dis5k, trees.hrsod, trees.duts_in_one_folder, trees.isic_2017)
    assert ("(splits there: " in said) == (build in (*others, trees.thin_object_of_hq_sam))
    assert re.search(r"\((splits there: |it holds |.*did you mean)|no masks for the 2 images", said)


@every_layout
def test_another_root(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path / "data")
    said = refusal(tree, root=tmp_path / "nowhere")
    assert said.startswith(f"{tmp_path / 'nowhere'}: no such folder; allowed: the root of a dataset: ")
    (tmp_path / "other" / "something").mkdir(parents=True)
    said = refusal(tree, root=tmp_path / "other")
    assert "no masks; allowed: " in said or "no such folder; allowed: " in said
    assert "something" in said


@every_layout
def test_another_split(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    said = refusal(tree, split=f"{tree.split}s")
    assert f"did you mean {tree.split!r}?" in said or tree.split == "DIS-TE"
    said = refusal(tree, split="2017")
    assert tree.split in said or tree.split == "DIS-TE"


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    tree = trees.dis5k(tmp_path / "dis5k")
    assert "splits there: DIS-TR, DIS-VD)" in refusal(tree, split="DIS-TE1")
    assert "no such folder" in refusal(tree, split="DIS-TE")
    assert "splits there: test)" in refusal(trees.isic_2016(tmp_path / "isic"), split="train")
    assert "splits there: test, train)" in refusal(_both_of_hq_sam(tmp_path / "thin"), split="val")


def _both_of_hq_sam(root: Path) -> MaskTree:
    tree = trees.thin_object_of_hq_sam(root)
    assert [sample.id for sample in built(tree, split="train").samples()] == ["00013"]
    return tree


def test_a_root_one_folder_too_high_or_too_low(tmp_path: Path) -> None:
    for build in (trees.dis5k, trees.hrsod, trees.coift, trees.ecssd, trees.duts, trees.kvasir, trees.isic):
        tree = build(tmp_path / build.__name__ / "data")
        said = refusal(tree, root=tree.root.parent)
        assert f"did you mean the root {tree.root}?" in said or "it holds data" in said, said


@pytest.fixture
def one_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cascade_psp, davis585):
        monkeypatch.setattr(module, "METRICS", ("mask_iou",))


@with_coarse_masks
@pytest.mark.usefixtures("one_metric")
def test_coarse_masks_beside_the_truth(build: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = build(tmp_path / "data")
    options = ("--dataset", tree.name, "--root", tree.root, "--split", tree.split, "--predictions", tree.root)
    assert call("evaluate", *options, "--workers", 1, "--json", "-") == 0
    shown = capsys.readouterr()
    pooled, mean = iou(tree.truths, tree.coarse)
    values = json.loads(shown.out)["metrics"]
    found = [values[name]["value"] for name in ("IoU", "image_IoU")]
    assert found == pytest.approx([pooled, mean], abs=1e-12)
    assert "coarse masks of the dataset" in shown.err
    assert "belong to no sample" not in shown.err


@with_coarse_masks
@pytest.mark.usefixtures("one_metric")
def test_coarse_masks_refined(build: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = build(tmp_path / "data")
    options = ("--dataset", tree.name, "--root", tree.root, "--split", tree.split, "--predictions", tree.root)
    assert call("refine", *options, "--refiner", "identity", "--out", tmp_path / "fine", "--workers", 1) == 0
    capsys.readouterr()
    dataset = built(tree)
    assert ours(dataset, saved(dataset, tmp_path / "fine")) == pytest.approx(iou(tree.truths, tree.coarse), abs=1e-12)


def test_coarse_masks_of_the_split_in_its_own_folder(tmp_path: Path) -> None:
    tree = trees.big(tmp_path)
    dataset = built(tree)
    assert dataset.coarse_name(tmp_path / "test") == "{id}_seg.png"
    assert dataset.coarse_name(tmp_path) == "test/{id}_seg.png"
    assert dataset.coarse_name(tmp_path / "val") == ""
    assert ours(dataset, saved(dataset, tmp_path / "test")) == pytest.approx(iou(tree.truths, tree.coarse))


def test_coarse_masks_that_are_not_there(tmp_path: Path) -> None:
    tree = trees.big(tmp_path)
    for path in tmp_path.rglob("*_seg.png"):
        path.unlink()
    dataset = built(tree)
    said = " ".join(map(str, check_run(dataset, [saved(dataset, tmp_path)]).problems))
    assert "2 of 2 predictions missing" in said
    assert "no file name matches a sample; there are test/10_bird_gt.png" in said


def test_other_coarse_masks_by_their_name(tmp_path: Path) -> None:
    tree = trees.davis585(tmp_path)
    dataset = built(tree)
    others = {name: drawn(90 + i) for i, name in enumerate(tree.truths)}
    found = ours(dataset, saved(dataset, tmp_path, file_name="init_stm_{id}.png"))
    assert found == pytest.approx(iou(tree.truths, others), abs=1e-12)


@pytest.mark.parametrize(
    "build", [build for build in MASK_TREES if build.__name__ not in ("big", "voc_relabelled", "davis585")]
)
def test_the_truth_is_no_prediction(build: Write, tmp_path: Path) -> None:
    tree = build(tmp_path)
    dataset = built(tree)
    for folder in {tree.root, tree.masks[0].parent, tree.photos[0].parent}:
        with pytest.raises(InputError, match=r"the files of \w+ itself; allowed: a folder of predictions"):
            saved(dataset, folder)


def test_lists(tmp_path: Path) -> None:
    tree = trees.thin_object(tmp_path / "thin")
    assert [sample.id for sample in built(tree, split="all").samples()] == ["00012", "00013", "01000"]
    tree = trees.kvasir(tmp_path / "kvasir")
    (tree.root / "train.txt").write_text("cju0s690hkp960855tjuaqvv0.jpg\n")
    assert [sample.id for sample in built(tree, split="train").samples()] == ["cju0s690hkp960855tjuaqvv0"]
    assert "a split is a text file of ids in" in refusal(tree, split="zzz")


def test_years_of_isic(tmp_path: Path) -> None:
    tree = trees.isic(tmp_path)
    assert built(tree).truth_settings == {"year": 2018}
    trees.isic_2017(tmp_path)
    assert "the challenges of 2017 and 2018; allowed: one of them (say which by year, as year=2018)" in refusal(tree)
    assert built(tree, year=2017).truth_settings == {"year": 2017}
    assert "year of isic: 2019; allowed: 2016, 2017, 2018" in refusal(tree, year=2019)
    assert "split of isic: 'val'; allowed: test" in refusal(trees.isic_2016(tmp_path / "2016"), split="val")


def test_splits_of_camo_are_those_of_its_images(tmp_path: Path) -> None:
    tree = trees.camo(tmp_path)
    assert len(built(tree, split="all").samples()) == 3
    assert [sample.id for sample in built(tree, split="train").samples()] == ["camourflage_00001"]
    shutil.rmtree(tmp_path / "Images")
    assert "no images, which say what belongs to the split" in refusal(tree)
    assert len(built(tree, split="all").samples()) == 3


def test_masks_of_128_are_not_the_object_of_big(tmp_path: Path) -> None:
    tree = trees.big(tmp_path)
    grey = np.full(SIZE, 128, np.uint8)
    grey[0] = 129
    Image.fromarray(grey).save(tree.masks[0])
    dataset = built(tree)
    (sample,) = (each for each in dataset.samples() if each.id == "9_aeroplane_21")
    assert dataset.truth(sample).mask.sum() == SIZE[1]
    assert dataset.truth_settings["threshold"] == ">128"


def test_two_files_for_one_sample(tmp_path: Path) -> None:
    tree = trees.coift(tmp_path)
    write_photo(tmp_path / "images" / "birds_001.bmp")
    assert "a second image of that name beside birds_001.bmp" in refusal(tree)
    write(tmp_path / "masks" / "birds_001.tif", drawn(1))
    assert "a second mask of that name" in refusal(tree)
