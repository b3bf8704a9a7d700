"""What is said of layouts that lack something, or hold another kind of ids."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.datasets.layouts import trees
from tests.bench.datasets.layouts.scored import built
from tests.bench.datasets.layouts.trees import TREES, Tree, drawn, write_grey, write_photo


def refusal(tree: Tree, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        built(tree, **changes)
    return str(caught.value)


def findings(tree: Tree, **changes: Any) -> list[str]:
    return [str(problem) for problem in check_run(built(tree, **changes), []).problems]


@pytest.mark.parametrize("write", TREES)
def test_a_root_that_is_not_there_or_is_another(write: Callable[[Path], Tree], tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    said = refusal(tree, root=tmp_path / "nowhere")
    assert said.startswith(f"{tmp_path / 'nowhere'}: no such folder; allowed: the root of a dataset: ")
    (tmp_path / "other" / "something").mkdir(parents=True)
    said = refusal(tree, root=tmp_path / "other")
    assert "no such folder" in said or "which names the classes" in said
    assert "{id}" in said
    assert "something" in said or tree.name == "mapillary"


@pytest.mark.parametrize("write", [trees.ade20k, trees.gta5, trees.bdd100k, trees.kitti, trees.voc, trees.acdc])
def test_a_root_one_folder_too_high_or_too_low(write: Callable[[Path], Tree], tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    hint = f"did you mean the root {tree.root}?"
    assert hint in refusal(tree, root=tmp_path)
    below = next(path for path in sorted(tree.root.iterdir()) if path.is_dir())
    assert hint in refusal(tree, root=below)


@pytest.mark.parametrize("write", [write for write in TREES if write.__name__ != "synthia"])
def test_a_split_that_is_nearly_there(write: Callable[[Path], Tree], tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    assert f"did you mean {tree.split!r}?" in refusal(tree, split=f"{tree.split}s")


@pytest.mark.parametrize("write", TREES)
def test_no_label_files(write: Callable[[Path], Tree], tmp_path: Path) -> None:
    tree = write(tmp_path / "data")
    wanted = {sample.id: built(tree)._entries[sample.id].truth for sample in built(tree).samples()}
    for folder in {path.parent for path in wanted.values()}:
        for path in folder.iterdir():
            path.unlink()
        (folder / "readme.txt").write_text("moved")
    if tree.name in ("acdc", "dark_zurich"):  # as their test splits
        assert not any(built(tree).has_truth(sample) for sample in built(tree).samples())
        shutil.rmtree(tree.root / "rgb_anon")
    said = refusal(tree)
    assert "no label files" in said
    assert "{id}" in said


def test_lists(tmp_path: Path) -> None:
    tree = trees.voc(tmp_path)
    lists = tmp_path / "ImageSets" / "Segmentation"
    (lists / "val.txt").write_text("2007_000033\n2007_000027\n2007_000999\n")
    assert "no label file for 2 of 3 ids of val.txt: 2007_000027, 2007_000999" in refusal(tree)
    (lists / "test.txt").write_text("2007_000027\n")
    test = built(tree, split="test")
    assert [test.has_truth(sample) for sample in test.samples()] == [False]
    (lists / "val.txt").write_text("\n")
    assert "val.txt: no ids" in refusal(tree)


def test_more_labels_of_voc(tmp_path: Path) -> None:
    tree = trees.voc(tmp_path)
    (tmp_path / "ImageSets" / "Segmentation" / "trainaug.txt").write_text(
        "/JPEGImages/2007_000033.jpg /SegmentationClassAug/2007_000033.png\n"
    )
    assert "SegmentationClassAug: no such folder" in refusal(tree, split="trainaug")
    write_grey(tmp_path / "SegmentationClassAug" / "2007_000033.png", drawn(5, [4]))
    more = built(tree, split="trainaug")
    (sample,) = more.samples()
    assert np.unique(more.truth(sample).labels).tolist() == [4]


def test_images_without_a_label_file_are_noted(tmp_path: Path) -> None:
    for number, write in enumerate((trees.ade20k, trees.coco_stuff, trees.bdd100k, trees.kitti, trees.acdc)):
        tree = write(tmp_path / str(number))
        dataset = built(tree)
        sample = next(sample for sample in dataset.samples())
        dataset._entries[sample.id].truth.unlink()
        assert any("1 images have no label file" in note for note in built(tree).notes())


def test_training_ids_in_the_place_of_ade20k_ids(tmp_path: Path) -> None:
    tree = trees.ade20k(tmp_path)
    moved = np.where(drawn(1, range(3)) == 0, 255, drawn(1, range(150)))
    write_grey(tmp_path / "annotations" / "validation" / "ADE_val_00000001.png", moved)
    (said,) = findings(tree)
    assert "these look like training ids 0..149 with 255 for void" in said


def test_training_ids_in_the_place_of_pixel_maps(tmp_path: Path) -> None:
    tree = trees.coco_stuff(tmp_path)
    write_grey(tmp_path / "annotations" / "val2017" / "000000000139.png", drawn(1, [*range(171), 255, 11, 25]))
    (said,) = findings(tree)
    assert "training ids are read from {id}_labelTrainIds.png" in said


def test_pixel_maps_go_before_converted_files(tmp_path: Path) -> None:
    tree = trees.coco_stuff(tmp_path)
    write_grey(tmp_path / "annotations" / "val2017" / "000000000139_labelTrainIds.png", drawn(1, [7]))
    dataset = built(tree)
    assert len(dataset.samples()) == 3
    assert len(np.unique(dataset.truth(dataset.samples()[1]).labels)) > 1


def test_training_ids_in_the_place_of_label_ids(tmp_path: Path) -> None:
    tree = trees.kitti(tmp_path / "kitti")
    for path in (tmp_path / "kitti" / "training" / "semantic").iterdir():
        write_grey(path, drawn(2, [*range(19), 255]))
    (said,) = findings(tree)
    assert "ids 0..18 and 255 only, as of training ids; allowed: label ids 0..33" in said
    for path in (tmp_path / "kitti" / "training" / "semantic").iterdir():
        write_grey(path, drawn(2, range(19)))
    assert any("these may be training ids" in note for note in check_run(built(tree), []).notes)
    tree = trees.gta5(tmp_path / "gta5")
    write_grey(tmp_path / "gta5" / "labels" / "00002.png", drawn(2, [*range(19), 255]))
    (said,) = findings(tree)
    assert "these look like training ids, which are read from {id}_labelTrainIds.png" in said


def test_label_ids_in_the_place_of_training_ids(tmp_path: Path) -> None:
    tree = trees.bdd100k(tmp_path)
    write_grey(tmp_path / "labels" / "sem_seg" / "masks" / "val" / "7d2f7975-e0c1c5a7.png", drawn(2, range(34)))
    (said,) = findings(tree)
    assert "these look like Cityscapes' label ids" in said


def test_synthia_files_of_another_kind(tmp_path: Path) -> None:
    tree = trees.synthia(tmp_path)
    path = tmp_path / "GT" / "LABELS" / "0000000.png"
    write_grey(path, drawn(2, range(16)))
    assert "a 8-bit grey picture" in findings(tree)[0]
    path.write_bytes(path.read_bytes()[:40])
    assert "truncated" in findings(tree)[0]
    path.write_text("")
    assert "0000000.png" in findings(tree)[0]


def test_synthia_converted(tmp_path: Path) -> None:
    tree = trees.synthia(tmp_path)
    for path in list((tmp_path / "GT" / "LABELS").iterdir()):
        path.unlink()
    write_grey(tmp_path / "GT" / "LABELS" / "0000000_labelTrainIds.png", drawn(2, [*range(19), 255]))
    (sample,) = built(tree).samples()
    found = np.unique(built(tree).truth(sample).labels).tolist()
    assert found == [*(i for i in range(19) if i not in (9, 14, 16)), 255]


def test_mapillary_needs_its_config(tmp_path: Path) -> None:
    tree = trees.mapillary(tmp_path)
    assert "two versions" not in refusal(tree, version="v2.0")
    assert "no config_v2.0.json, which names the classes" in refusal(tree, version=2.0)
    assert "did you mean 'v1.2'?" in refusal(tree, version="v1.1")
    (tmp_path / "config.json").write_text(json.dumps({"labels": [{"name": "a", "color": [1, 2, 3]}]}))
    assert "`evaluate`" in refusal(tree)
    (tmp_path / "config.json").write_text("{}")
    assert "no `labels`" in refusal(tree)
    (tmp_path / "config.json").unlink()
    assert "no config_v1.2.json or config.json or config_v2.0.json" in refusal(tree)


def test_mapillary_versions(tmp_path: Path) -> None:
    tree = trees.mapillary_two_versions(tmp_path)
    assert "--dataset-param version=v1.2" in refusal(tree, version=None)
    assert len(built(tree, version=2.0).classes) == 10
    write_grey(tmp_path / "validation" / "v1.2" / "labels" / "one.png", drawn(1, range(4)))
    assert len(built(tree, version=1.2).classes) == 4


def test_acdc_conditions(tmp_path: Path) -> None:
    tree = trees.acdc(tmp_path)
    assert any("no files of rain, snow in val" in note for note in built(tree).notes())
    night = built(tree, condition="night")
    assert len(night.samples()) == 4
    assert night.notes() == []
    assert "did you mean 'night'?" in refusal(tree, condition="nigth")
    assert {(sample.group, sample.cluster) for sample in built(tree).samples()} >= {("fog", "GOPR0476_frame/00")}


def test_sequences_are_clusters_where_they_are_many(tmp_path: Path) -> None:
    for drive in range(5):
        for frame in range(2):
            name = f"GOPR000{drive}_frame_{frame:06d}"
            write_grey(tmp_path / "gt" / "rain" / "val" / f"GOPR000{drive}" / f"{name}_gt_labelIds.png", drawn(1, [7]))
    tree = Tree("acdc", tmp_path, "val", {}, {}, 19)
    assert {sample.cluster for sample in built(tree).samples()} == {f"rain/GOPR000{i}" for i in range(5)}
    assert {sample.cluster for sample in built(trees.dark_zurich(tmp_path / "dark")).samples()} == {
        "GOPR0356_frame/00",
        "GOPR0356_frame/01",
    }


def test_stems_that_repeat_take_their_folder(tmp_path: Path) -> None:
    for condition in ("fog", "rain"):
        write_grey(tmp_path / "gt" / condition / "val" / "GOPR0001" / "a_gt_labelIds.png", drawn(1, [7]))
    tree = Tree("acdc", tmp_path, "val", {}, {}, 19)
    assert [sample.id for sample in built(tree).samples()] == ["fog/GOPR0001/a", "rain/GOPR0001/a"]


def test_two_images_for_a_sample(tmp_path: Path) -> None:
    tree = trees.kitti(tmp_path)
    write_photo(tmp_path / "training" / "image_2" / "000000_10.jpg")
    assert "a second image of that name beside 000000_10.jpg" in refusal(tree)


def test_camvid_colours(tmp_path: Path) -> None:
    tree = trees.camvid_original(tmp_path)
    (tmp_path / "val.txt").write_text("0016E5_00390_L.png\n0001TP_006690.png\n")
    assert [sample.id for sample in built(tree, split="val").samples()] == ["0001TP_006690", "0016E5_00390"]
    (tmp_path / "label_colors.txt").unlink()
    assert len(built(tree).classes) == 32
    path = tmp_path / "LabeledApproved_full" / "0001TP_006690_L.png"
    rgb = np.array(Image.open(path))
    rgb[2, 5] = (1, 2, 3)
    Image.fromarray(rgb).save(path)
    (said,) = findings(tree)
    assert said.startswith(f"{path}: colour (1, 2, 3) at row 2, column 5 (from 0), 1 px")
    (tmp_path / "label_colors.txt").write_text("1 2 3 One\n1 2 3 Two\n")
    assert "names or colours that repeat" in refusal(tree)
    (tmp_path / "label_colors.txt").write_text("1 2 One\n")
    assert "the line '1 2 One'" in refusal(tree)
