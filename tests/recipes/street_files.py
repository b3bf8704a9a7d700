"""Small frames in the exact layout of Cityscapes, and what other tools and the papers' authors would have beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy.io import savemat

from boundary_bench.bench.datasets.cityscapes import CLASSES, LABEL_IDS
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.refiners.segfix.offsets import offsets_of_labels
from tests.bench.cli.street import write
from tests.paths import REPOSITORY

CITIES = {"frankfurt": 267, "lindau": 59, "munster": 174}
"""As many frames of each as the val split has."""
SIZE = (72, 128)
DRAWN = (104, 176)
"""Scenes from which frames are cut, several from each: drawing them takes longest."""
CUTS = [(y, x) for y in (4, 16, 28) for x in (4, 24, 44)]

VOID = 255
RAW = np.zeros(256, np.uint16)
for raw_id, train_id in LABEL_IDS.items():
    if train_id >= 0:
        RAW[train_id] = raw_id


@dataclass(frozen=True, eq=False)
class Frame:
    """ids: class * 1000 + count for things, the class for the rest, training ids, 255 void."""

    city: str
    name: str
    image: NDArray[np.uint8]
    ids: NDArray[np.int32]

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """Training ids."""
        return np.where(self.ids >= 1000, self.ids // 1000, self.ids).astype(np.uint8)

    @property
    def raw_ids(self) -> NDArray[np.uint16]:
        """As `instanceIds` files have them."""
        own = RAW[self.labels]
        return np.where(self.ids >= 1000, own * 1000 + self.ids % 1000, own).astype(np.uint16)

    def moved(self, px: int) -> NDArray[np.int32]:
        """What a model sees that is off by so many pixels, without void."""
        moved = np.roll(self.ids, px, axis=1)
        return np.where(moved == VOID, 0, moved)


def frames(count: int = sum(CITIES.values())) -> Iterator[Frame]:
    """The cities in turn, so that a part has all of them."""
    scenes = Synthetic("val", images=-(-count // len(CUTS)), height_px=DRAWN[0], width_px=DRAWN[1])
    towns = [town for town, of in CITIES.items() for _ in range(of)][:: sum(CITIES.values()) // count][:count]
    for place, town in enumerate(towns):
        sample = scenes.samples()[place // len(CUTS)]
        top, left = CUTS[place % len(CUTS)]
        window = np.s_[top : top + SIZE[0], left : left + SIZE[1]]
        yield Frame(town, f"{town}_{place:06d}_000019", scenes.image(sample)[window], scenes.instances(sample)[window])


def write_truth(root: Path, frame: Frame) -> None:
    stem = root / "gtFine" / "val" / frame.city / f"{frame.name}_gtFine"
    write(Path(f"{stem}_labelIds.png"), RAW[frame.labels].astype(np.uint8))
    write(Path(f"{stem}_instanceIds.png"), frame.raw_ids)
    write(root / "leftImg8bit" / "val" / frame.city / f"{frame.name}_leftImg8bit.png", frame.image[..., ::-1])


def write_label_map(folder: Path, frame: Frame, px: int) -> None:
    """Raw ids, as mmsegmentation formats them."""
    found = frame.moved(px)
    labels = np.where(found >= 1000, found // 1000, found)
    write(folder / f"{frame.name}_leftImg8bit.png", RAW[labels].astype(np.uint8))


def write_probabilities(folder: Path, frame: Frame, px: int) -> None:
    found = frame.moved(px)
    labels = np.where(found >= 1000, found // 1000, found)
    shares = 0.8 * (np.arange(len(CLASSES))[:, None, None] == labels) + 0.2 / len(CLASSES)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{frame.name}_leftImg8bit.npz", prob=shares.astype(np.float16))


def write_objects(folder: Path, frame: Frame, px: int) -> None:
    """A text file and masks, as detectron2 and mmdetection write them."""
    found, lines = frame.moved(px), []
    for place, number in enumerate(np.unique(found[found >= 1000]).tolist()):
        name = f"{frame.name}_leftImg8bit_{place}_{CLASSES[number // 1000].replace(' ', '')}.png"
        write(folder / name, (found == number).astype(np.uint8) * np.uint8(255))
        lines.append(f"{name} {RAW[number // 1000]} {0.95 - 0.01 * (place % 20):.2f}\n")
    (folder / f"{frame.name}_leftImg8bit_pred.txt").write_text("".join(lines))


def panoptic_entry(folder: Path, frame: Frame, px: int) -> dict:
    """One entry of panopticapi's list; writes its PNG."""
    moved = frame.moved(px)
    found = moved + 1 + 999 * (moved >= 1000)  # 0 would be void
    blue_green_red = np.stack([found // 65536, found // 256 % 256, found % 256], axis=-1).astype(np.uint8)
    write(folder / f"{frame.name}.png", blue_green_red)
    segments = [
        {"id": number, "category_id": int(RAW[moved[found == number][0] // (1000 if number >= 1000 else 1)])}
        for number in np.unique(found).tolist()
    ]
    return {"image_id": frame.name, "file_name": f"{frame.name}.png", "segments_info": segments}


def write_offset_file(folder: Path, frame: Frame) -> None:
    """True offsets as the authors' files have predicted ones: int32, key `mat`, named after the image."""
    folder.mkdir(parents=True, exist_ok=True)
    offsets = offsets_of_labels(frame.labels, directions=8, width_px=5.0, targets="released")
    savemat(folder / f"{frame.name}_leftImg8bit.mat", {"mat": offsets.astype(np.int32)}, do_compression=True)


def write_checkpoints(folder: Path) -> None:
    """Small networks in the forms in which SegFix's and BPR's authors released large ones."""
    folder.mkdir()
    segfix = load_file(REPOSITORY / "refiners" / "segfix" / "weights" / "synthetic.safetensors")
    weights = {f"module.{name}": tensor.float() for name, tensor in segfix.items()}
    torch.save({"config_dict": {"network": "segfix"}, "state_dict": weights}, folder / "segfix.pth")
    bpr = load_file(REPOSITORY / "refiners" / "bpr" / "weights" / "synthetic.safetensors")
    mmcv = {"meta": {"CLASSES": ("bg", "fg")}, "state_dict": {name: tensor.float() for name, tensor in bpr.items()}}
    for name in ("bpr", "bpr_cvpr_2021", "bpr_semantic", "bpr_panoptic"):
        torch.save(mmcv, folder / f"{name}.pth")


def write_everything(folder: Path) -> Sequence[Frame]:
    """The folder of the page; returns its frames."""
    models, segments, written = folder / "models", [], list(frames())
    for frame in written:
        write_truth(folder / "cityscapes", frame)
        for model, px in (("deeplabv3", 3), ("hrnet_w48", 2), ("gated_scnn", 1)):
            write_label_map(models / model, frame, px)
        write_probabilities(models / "deeplabv3_prob", frame, 3)
        write_objects(models / "mask_rcnn.results", frame, 2)
        segments.append(panoptic_entry(models / "upsnet", frame, 2))
        write_offset_file(folder / "offsets" / "semantic", frame)
    (folder / "offsets" / "instance").symlink_to(folder / "offsets" / "semantic")
    (models / "hrnet_w18s").symlink_to(models / "deeplabv3")
    (models / "upsnet.json").write_text(json.dumps({"annotations": segments}))
    write_checkpoints(folder / "checkpoints")
    return written
