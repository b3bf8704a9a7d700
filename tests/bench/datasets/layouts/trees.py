"""Each layout in its official form, written anew with random labels, and what its authors say about the ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.bench.datasets.layouts.camvid_original import TABLE

Ids = NDArray[np.int64]
SIZE = (12, 16)

CITYSCAPES = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
STREET = {**dict.fromkeys(range(34), -1), **{raw: train for train, raw in enumerate(CITYSCAPES)}}
TRAIN = {**{i: i for i in range(19)}, 255: -1}
SYNTHIA_16 = {
    1: 10,
    2: 2,
    3: 0,
    4: 1,
    5: 4,
    6: 8,
    7: 5,
    8: 13,
    9: 7,
    10: 11,
    11: 18,
    12: 17,
    15: 6,
    17: 12,
    19: 15,
    21: 3,
}
STUFF_HOLES = (11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90)
STUFF = {raw: train for train, raw in enumerate(raw for raw in range(182) if raw not in STUFF_HOLES)}
VISTAS = [
    {
        "name": f"thing--{i}",
        "readable": f"Thing {i}",
        "color": [i, 255 - i, 7],
        "evaluate": i not in (3, 9),
        "instances": True,
    }
    for i in range(10)
]


@dataclass
class Tree:
    """A split on disk.

    Attributes:
        truths: sample id -> ids as the files hold them, (H, W).
        train: id in files -> training id; -1 is not scored.
        classes: number of training ids.
        parameters: of the layout.
        raw: as `train`, of the dataset's label ids where these files hold training ids; None where they are those.
    """

    name: str
    root: Path
    split: str
    truths: Mapping[str, Ids]
    train: Mapping[int, int]
    classes: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[int, int] | None = None

    def train_ids(self, sample: str) -> Ids:
        """Training ids and -1, (H, W)."""
        table = np.full(256, -9)
        table[list(self.train)] = list(self.train.values())
        found: Ids = table[self.truths[sample]]
        assert found.min() >= -1
        return found


def drawn(seed: int, ids: Any) -> Ids:
    """Blocks of ids."""
    rng = np.random.default_rng(seed)
    return np.kron(rng.choice(np.array(list(ids)), (6, 8)), np.ones((2, 2), np.int64))


def write_grey(path: Path, ids: Ids) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(ids.astype(np.uint8)).save(path)


def write_palette(path: Path, ids: Ids) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(ids.astype(np.uint8)).convert("P")
    picture.putpalette([value for i in range(256) for value in (i, 255 - i, i // 2)])
    picture.save(path)


def write_photo(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE[::-1], (90, 120, 60)).save(path)


def voc(root: Path) -> Tree:
    truths = {name: drawn(i, [*range(21), 255, 255]) for i, name in enumerate(("2007_000033", "2007_000061"))}
    for name, ids in truths.items():
        write_palette(root / "SegmentationClass" / f"{name}.png", ids)
        write_photo(root / "JPEGImages" / f"{name}.jpg")
    write_photo(root / "JPEGImages" / "2007_000027.jpg")  # of another split, or without segmentation
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("".join(f"{name}\n" for name in truths))
    return Tree("voc", root, "val", truths, {**{i: i for i in range(21)}, 255: -1}, 21)


def ade20k(root: Path) -> Tree:
    truths = {f"ADE_val_{i + 1:08d}": drawn(i, range(151)) for i in range(3)}
    for name, ids in truths.items():
        write_grey(root / "annotations" / "validation" / f"{name}.png", ids)
        write_photo(root / "images" / "validation" / f"{name}.jpg")
    return Tree("ade20k", root, "validation", truths, {i: i - 1 for i in range(151)}, 150)


def coco_stuff(root: Path) -> Tree:
    truths = {f"{i * 139:012d}": drawn(i, [*STUFF, 255]) for i in range(3)}
    for name, ids in truths.items():
        write_grey(root / "annotations" / "val2017" / f"{name}.png", ids)
        write_photo(root / "images" / "val2017" / f"{name}.jpg")
    return Tree("coco_stuff", root, "val2017", truths, {**STUFF, 255: -1}, 171)


def coco_stuff_converted(root: Path) -> Tree:
    truths = {f"{i * 139:012d}": drawn(i, [*range(171), 255]) for i in range(3)}
    for name, ids in truths.items():
        write_grey(root / "annotations" / "val2017" / f"{name}_labelTrainIds.png", ids)
    train = {**{i: i for i in range(171)}, 255: -1}
    return Tree("coco_stuff", root, "val2017", truths, train, 171, raw=STUFF)


def gta5(root: Path) -> Tree:
    truths = {f"{i + 1:05d}": drawn(i, range(35)) for i in range(4)}
    for name, ids in truths.items():
        write_palette(root / "labels" / f"{name}.png", ids)
        write_photo(root / "images" / f"{name}.png")
    (root / "val.txt").write_text("00002.png\n00004.png\n")
    return Tree("gta5", root, "val", {k: truths[k] for k in ("00002", "00004")}, {**STREET, 34: -1}, 19)


def synthia(root: Path) -> Tree:
    truths = {f"{i:07d}": drawn(i, range(23)) for i in range(3)}
    (root / "GT" / "LABELS").mkdir(parents=True)
    for name, ids in truths.items():
        objects = np.full(SIZE, 300)
        channels = np.stack([np.zeros(SIZE), objects, ids], axis=-1)  # OpenCV writes blue first
        cv2.imwrite(str(root / "GT" / "LABELS" / f"{name}.png"), channels.astype(np.uint16))
        write_photo(root / "RGB" / f"{name}.png")
    return Tree("synthia", root, "all", truths, {**dict.fromkeys(range(23), -1), **SYNTHIA_16}, 19)


def bdd100k(root: Path) -> Tree:
    truths = {name: drawn(i, [*range(19), 255]) for i, name in enumerate(("7d2f7975-e0c1c5a7", "7d4a9094-0455564b"))}
    for name, ids in truths.items():
        write_grey(root / "labels" / "sem_seg" / "masks" / "val" / f"{name}.png", ids)
        write_photo(root / "images" / "10k" / "val" / f"{name}.jpg")
    return Tree("bdd100k", root, "val", truths, TRAIN, 19, raw=STREET)


def acdc(root: Path, kind: str = "labelIds") -> Tree:
    truths, ids = {}, range(34) if kind == "labelIds" else (*range(19), 255)
    for i, (condition, drive) in enumerate((("fog", "GOPR0476"), ("night", "GOPR0351"), ("night", "GP010376"))):
        for frame in (41, 97):
            name = f"{drive}_frame_{frame:06d}"
            truths[name] = drawn(10 * i + frame, ids)
            write_grey(root / "gt" / condition / "val" / drive / f"{name}_gt_{kind}.png", truths[name])
            write_photo(root / "gt" / condition / "val" / drive / f"{name}_gt_labelColor.png")
            write_photo(root / "rgb_anon" / condition / "val" / drive / f"{name}_rgb_anon.png")
            write_photo(root / "rgb_anon" / condition / "val_ref" / drive / f"{name}_rgb_ref_anon.png")
    if kind == "labelIds":
        return Tree("acdc", root, "val", truths, STREET, 19)
    return Tree("acdc", root, "val", truths, TRAIN, 19, raw=STREET)


def acdc_train_ids(root: Path) -> Tree:
    return acdc(root, "labelTrainIds")


def dark_zurich(root: Path) -> Tree:
    truths = {f"GOPR0356_frame_{30 * i:06d}": drawn(i, [*range(19), 255]) for i in range(20)}
    for name, ids in truths.items():
        write_grey(root / "gt" / "val" / "night" / "GOPR0356" / f"{name}_gt_labelTrainIds.png", ids)
        write_photo(root / "rgb_anon" / "val" / "night" / "GOPR0356" / f"{name}_rgb_anon.png")
    write_photo(root / "rgb_anon" / "train" / "night" / "GOPR0351" / "GOPR0351_frame_000001_rgb_anon.png")
    return Tree("dark_zurich", root, "val", truths, TRAIN, 19, raw=STREET)


def mapillary(root: Path) -> Tree:
    root.mkdir(exist_ok=True)
    (root / "config.json").write_text(json.dumps({"labels": VISTAS, "version": "1.1"}))
    return _vistas(root, "labels")


def mapillary_two_versions(root: Path) -> Tree:
    root.mkdir(exist_ok=True)
    (root / "config_v1.2.json").write_text(json.dumps({"labels": VISTAS[:4]}))
    (root / "config_v2.0.json").write_text(json.dumps({"labels": VISTAS}))
    tree = _vistas(root, "v2.0/labels")
    tree.parameters = {"version": "v2.0"}
    return tree


def _vistas(root: Path, labels: str) -> Tree:
    truths = {name: drawn(i, range(10)) for i, name in enumerate(("0_o8r7bKzAb7", "zZ_1xk-3fWq"))}
    for name, ids in truths.items():
        write_palette(root / "validation" / labels / f"{name}.png", ids)
        write_photo(root / "validation" / "images" / f"{name}.jpg")
    return Tree("mapillary", root, "validation", truths, {**{i: i for i in range(10)}, 3: -1, 9: -1}, 10)


def kitti(root: Path) -> Tree:
    truths = {f"{i:06d}_10": drawn(i, range(34)) for i in range(3)}
    for name, ids in truths.items():
        write_grey(root / "training" / "semantic" / f"{name}.png", ids)
        write_photo(root / "training" / "image_2" / f"{name}.png")
        write_photo(root / "testing" / "image_2" / f"{name}.png")
    return Tree("kitti", root, "training", truths, STREET, 19)


def camvid_original(root: Path) -> Tree:
    colours = np.array([colour for _, colour in TABLE], np.uint8)
    truths = {name: drawn(i, range(32)) for i, name in enumerate(("0001TP_006690", "0016E5_00390", "Seq05VD_f00000"))}
    for name, ids in truths.items():
        write_photo(root / "701_StillsRaw_full" / f"{name}.png")
        (root / "LabeledApproved_full").mkdir(exist_ok=True)
        Image.fromarray(colours[ids]).save(root / "LabeledApproved_full" / f"{name}_L.png")
    lines = (f"{r} {g} {b}\t{name}\r\n" for name, (r, g, b) in TABLE)
    (root / "label_colors.txt").write_text("".join(lines), newline="")
    return Tree("camvid_original", root, "all", truths, {**{i: i for i in range(32)}, 30: -1}, 32)


TREES: tuple[Callable[[Path], Tree], ...] = (
    voc,
    ade20k,
    coco_stuff,
    coco_stuff_converted,
    gta5,
    synthia,
    bdd100k,
    acdc,
    acdc_train_ids,
    dark_zurich,
    mapillary,
    mapillary_two_versions,
    kitti,
    camvid_original,
)
