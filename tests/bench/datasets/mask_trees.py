"""Each layout of binary masks in the form that its authors or its users have it, with random masks and odd files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
SIZE = (12, 16)


@dataclass
class MaskTree:
    """A split on disk.

    Attributes:
        truths: sample id -> where the object is, (H, W).
        photos: files of images.
        metrics: names of the dataset's own metrics.
        clusters, groups: of the samples, where they have one.
        coarse: sample id -> coarse mask beside the truth.
        parameters: of the layout besides root and split.
        note: words of the note that it gives.
    """

    name: str
    root: Path
    split: str
    metrics: tuple[str, ...]
    truths: dict[str, Mask] = field(default_factory=dict)
    masks: list[Path] = field(default_factory=list)
    photos: list[Path] = field(default_factory=list)
    clusters: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    coarse: dict[str, Mask] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def add(self, name: str, mask: str, photo: str) -> None:
        """A sample with files of these names below the root."""
        self.truths[name] = drawn(len(self.truths) + 1)
        self.masks.append(write(self.root / mask, self.truths[name]))
        self.photos.append(write_photo(self.root / photo))


SALIENCY = ("f_measure", "weighted_f", "mean_absolute_error", "s_measure", "e_measure")
SALIENT = (*SALIENCY, "mask_iou", "boundary_accuracy")
OUTLINES = ("mask_iou", "mask_boundary_iou", "boundary_accuracy")
LESIONS = ("mask_iou", "surface_distance")


def drawn(seed: int) -> Mask:
    """Blocks of the object."""
    small = np.random.default_rng(seed).random((6, 8)) < 0.5
    return np.kron(small, np.ones((2, 2))).astype(bool)


def write(path: Path, mask: Mask) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(path)
    return path


def write_photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*SIZE, 3), 90, np.uint8))
    return path


def _of(
    name: str, root: Path, split: str, metrics: tuple[str, ...], ids: Iterable[str], mask: str, photo: str
) -> MaskTree:
    """Samples whose files have names of one form."""
    tree = MaskTree(name, root, split, metrics)
    for each in ids:
        tree.add(each, mask.format(each), photo.format(each))
    return tree


def big(root: Path) -> MaskTree:
    tree = MaskTree("big", root, "test", ("mask_iou", "boundary_accuracy", "mask_boundary_iou"))
    for i, name in enumerate(("9_aeroplane_21", "10_bird")):
        tree.add(name, f"test/{name}_gt.png", f"test/{name}_im.jpg")
        tree.coarse[name] = drawn(70 + i)
        write(root / "test" / f"{name}_seg.png", tree.coarse[name])
    write(root / "val" / "9_boat_gt.png", drawn(9))
    (root / "test" / ".DS_Store").write_text("")
    return tree


def voc_relabelled(root: Path) -> MaskTree:
    tree = MaskTree("voc_relabelled", root, "all", ("mask_iou", "boundary_accuracy", "mask_boundary_iou"))
    for i, name in enumerate(("2007_000033_01", "2007_000033_15", "2008_000123_02")):
        tree.add(name, f"{name}_gt.png", f"{name}_im.png")
        tree.clusters[name] = name[:11]
        tree.coarse[name] = drawn(70 + i)
        write(root / f"{name}_seg.png", tree.coarse[name])
    return tree


def dis5k(root: Path) -> MaskTree:
    tree = MaskTree("dis5k", root, "DIS-VD", (*SALIENCY, "human_correction_effort", "mask_iou"))
    for name in ("1#Accessories#1#Bag#2292738108_d5", "10#Kitchenware#2#Fork#9"):
        tree.add(name, f"DIS-VD/gt/{name}.png", f"DIS-VD/im/{name}.jpg")
    write(root / "DIS-TR" / "gt" / "1#x.png", drawn(9))
    write(root / "DIS-TR" / "coarse" / "1#x.png", drawn(10))
    return tree


def dis5k_tests(root: Path) -> MaskTree:
    tree = MaskTree("dis5k", root, "DIS-TE", (*SALIENCY, "human_correction_effort", "mask_iou"))
    for number in (4, 2, 3, 1):
        name = f"{9 - number}#Kitchenware#{number}"
        tree.add(name, f"DIS-TE{number}/gt/{name}.png", f"DIS-TE{number}/im/{name}.jpg")
        tree.groups[name] = f"DIS-TE{number}"
    return tree


def hrsod(root: Path) -> MaskTree:
    tree = _of("hrsod", root, "test", SALIENT, ("10001_a", "20_b"), "HRSOD_test_mask/{}.png", "HRSOD_test/{}.jpg")
    write(root / "HRSOD_train_mask" / "7.png", drawn(9))
    return tree


def hrsod_of_hq_sam(root: Path) -> MaskTree:
    tree = MaskTree("hrsod", root, "all", SALIENT)
    for name in ("10001_a", "20_b"):
        tree.add(name, f"masks_max255/{name}.png", f"images/{name}.jpg")
        write(root / "masks" / f"{name}.png", drawn(40))  # numbers of objects
    return tree


def coift(root: Path) -> MaskTree:
    tree = _of("coift", root, "all", OUTLINES, ("birds_001", "insects_12"), "masks/{}.png", "images/{}.jpg")
    (root / "list").mkdir()
    (root / "list" / "test.txt").write_text("birds_001\ninsects_12\n")
    return tree


def thin_object(root: Path) -> MaskTree:
    tree = _of("thin_object", root, "val", OUTLINES, ("00012", "01000"), "masks/{}.png", "images/{}.jpg")
    write(root / "masks" / "00013.png", drawn(9))
    write(root / "coarse" / "00012.png", drawn(9))
    (root / "list").mkdir()
    (root / "list" / "val.txt").write_text("01000.png\n00012.png\n")
    (root / "list" / "train.txt").write_text("00013.png\n")
    return tree


def thin_object_of_hq_sam(root: Path) -> MaskTree:
    tree = _of("thin_object", root, "test", OUTLINES, ("00012", "01000"), "masks_test/{}.png", "images_test/{}.jpg")
    write(root / "masks_train" / "00013.png", drawn(9))
    return tree


def ecssd(root: Path) -> MaskTree:
    return _of("ecssd", root, "all", SALIENT, ("0001", "0010"), "ground_truth_mask/{}.png", "images/{}.jpg")


def ecssd_in_one_folder(root: Path) -> MaskTree:
    tree = _of("ecssd", root, "all", SALIENT, ("0001", "0010"), "{}.png", "{}.jpg")
    (root / "Thumbs.db").write_text("")
    return tree


def duts(root: Path) -> MaskTree:
    return _of(
        "duts",
        root,
        "DUTS-TE",
        SALIENT,
        ("ILSVRC2012_test_00000003", "sun_aaaengahfaqbdmtf"),
        "DUTS-TE/DUTS-TE-Mask/{}.png",
        "DUTS-TE/DUTS-TE-Image/{}.jpg",
    )


def duts_in_one_folder(root: Path) -> MaskTree:
    tree = _of(
        "duts", root, "DUTS-TR", SALIENT, ("ILSVRC2012_test_00000003", "n01_2"), "DUTS-TR/{}.png", "DUTS-TR/{}.jpg"
    )
    write(root / "DUTS-TE" / "n.png", drawn(9))
    return tree


def msra10k(root: Path) -> MaskTree:
    tree = _of("msra10k", root, "all", SALIENT, ("100002", "97"), "Imgs/{}.png", "Imgs/{}.jpg")
    (root / "Readme.txt").write_text("")
    return tree


def fss(root: Path) -> MaskTree:
    return _of("fss", root, "all", OUTLINES, ("ab_wheel/1", "ab_wheel/10", "zucchini/1"), "{}.png", "{}.jpg")


def fss_of_hq_sam(root: Path) -> MaskTree:
    return _of("fss", root, "all", OUTLINES, ("1", "10"), "{}.png", "{}.jpg")


def davis585(root: Path) -> MaskTree:
    tree = MaskTree("davis585", root, "all", ("j_and_f", "mask_iou", "boundary_accuracy"))
    for i, name in enumerate(("bear/object1_00009", "bear/object2_00009", "bmx-trees/object1_00019")):
        sequence, _, file = name.partition("/")
        tree.add(name, f"{name}.png", f"{sequence}/{file[-5:]}.jpg")
        tree.clusters[name] = sequence
        tree.coarse[name] = drawn(70 + i)
        write(root / sequence / f"init_sp_{file}.png", tree.coarse[name])
        write(root / sequence / f"init_stm_{file}.png", drawn(90 + i))
    return tree


def cod10k(root: Path) -> MaskTree:
    tree = MaskTree("cod10k", root, "test", SALIENCY, note="1 images without a camouflaged object are left out")
    for name in ("COD10K-CAM-1-Aquatic-1-BatFish-2", "COD10K-CAM-5-Other-69-Other-5066"):
        tree.add(name, f"Test/GT_Object/{name}.png", f"Test/Image/{name}.jpg")
        write(root / "Test" / "GT_Edge" / f"{name}.png", drawn(9))
        write(root / "Test" / "GT_Instance" / f"{name}.png", drawn(9))
    write(root / "Test" / "GT_Object" / "COD10K-NonCAM-1-Amphibian-3.png", np.zeros(SIZE, bool))
    write_photo(root / "Test" / "Image" / "COD10K-NonCAM-1-Amphibian-3.jpg")
    (root / "Test" / "CAM_Instance_Test.json").write_text("{}")
    return tree


def cod10k_of_sinet(root: Path) -> MaskTree:
    tree = _of(
        "cod10k",
        root,
        "train",
        SALIENCY,
        ("COD10K-CAM-1-Aquatic-1-BatFish-2", "COD10K-CAM-5-Other-69-Other-5066"),
        "TrainDataset/GT/{}.png",
        "TrainDataset/Imgs/{}.jpg",
    )
    write(root / "TrainDataset" / "GT" / "camourflage_00001.png", drawn(9))
    return tree


def camo(root: Path) -> MaskTree:
    tree = _of(
        "camo", root, "test", SALIENCY, ("camourflage_00012", "camourflage_01250"), "GT/{}.png", "Images/Test/{}.jpg"
    )
    write(root / "GT" / "camourflage_00001.png", drawn(9))
    write_photo(root / "Images" / "Train" / "camourflage_00001.jpg")
    return tree


def camo_of_sinet(root: Path) -> MaskTree:
    tree = _of(
        "camo",
        root,
        "test",
        SALIENCY,
        ("camourflage_00012", "camourflage_01250"),
        "TestDataset/CAMO/GT/{}.png",
        "TestDataset/CAMO/Imgs/{}.jpg",
    )
    write(root / "TestDataset" / "COD10K" / "GT" / "COD10K-CAM-1.png", drawn(9))
    return tree


def _isic(root: Path, masks: str, images: str, ending: str) -> MaskTree:
    names = ("ISIC_0000000", "ISIC_0012255")
    tree = _of("isic", root, "test", LESIONS, names, f"{masks}/{{}}_{ending}.png", f"{images}/{{}}.jpg")
    (root / images / "ATTRIBUTION.txt").write_text("")
    return tree


def isic_2016(root: Path) -> MaskTree:
    folder = "ISBI2016_ISIC_Part1_Test"
    return _isic(root, f"{folder}_GroundTruth", f"{folder}_Data", "Segmentation")


def isic_2017(root: Path) -> MaskTree:
    tree = _isic(root, "ISIC-2017_Test_v2_Part1_GroundTruth", "ISIC-2017_Test_v2_Data", "segmentation")
    write(root / "ISIC-2017_Test_v2_Data" / "ISIC_0000000_superpixels.png", drawn(9))
    write(root / "ISIC-2017_Training_Part1_GroundTruth" / "ISIC_0000009_segmentation.png", drawn(9))
    return tree


def isic(root: Path) -> MaskTree:
    return _isic(root, "ISIC2018_Task1_Test_GroundTruth", "ISIC2018_Task1-2_Test_Input", "segmentation")


def kvasir(root: Path) -> MaskTree:
    tree = MaskTree("kvasir", root, "all", LESIONS, note="compression leaves greys")
    for name in ("cju0qkwl35piu0993l0dewei2", "cju0s690hkp960855tjuaqvv0"):
        tree.add(name, f"masks/{name}.jpg", f"images/{name}.jpg")
    (root / "kavsir_bboxes.json").write_text("{}")
    return tree


Write = Callable[[Path], MaskTree]
MASK_TREES: Iterable[Write] = (
    big,
    voc_relabelled,
    dis5k,
    dis5k_tests,
    hrsod,
    hrsod_of_hq_sam,
    coift,
    thin_object,
    thin_object_of_hq_sam,
    ecssd,
    ecssd_in_one_folder,
    duts,
    duts_in_one_folder,
    msra10k,
    fss,
    fss_of_hq_sam,
    davis585,
    cod10k,
    cod10k_of_sinet,
    camo,
    camo_of_sinet,
    isic_2016,
    isic_2017,
    isic,
    kvasir,
)
