"""Procedural street scenes with Cityscapes' classes: needs no download, and the truth is exact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.appearance import shade
from boundary_bench.bench.datasets.street_scene.camera import Camera
from boundary_bench.bench.datasets.street_scene.labels import COLOURS, FIRST_THING, NAMES, VOID
from boundary_bench.bench.datasets.street_scene.layout import street
from boundary_bench.bench.datasets.street_scene.palette import BONNET
from boundary_bench.bench.datasets.street_scene.raster import instance_map, labels_of, paint
from boundary_bench.bench.datasets.street_scene.scene import Surface
from boundary_bench.bench.datasets.street_scene.sensor import expose
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.cityscapes_ids import PER_LABEL, instances_from_ids, segments_from_ids
from boundary_bench.bench.plugins.protocols import Image, Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

VERSION: Final = 1
"""Of the generator; goes into every digest, and changes whenever any pixel does."""
IMAGES: Final = {"train": 600, "val": 24, "test": 24}
FRAME_PX: Final = 2
"""Void rim at the left, right and lower border, as rectification leaves in real data; black in the image."""


class Synthetic:
    """Street scenes drawn from a seed.

    Every scene is a street of its own, so no two splits share one and images are independent of each other.

    Args:
        split: "train", "val" or "test".
        task: the kind of truth: "semantic", "instance" (the 8 countable classes, 0..7) or "panoptic" (all 19).
        images: how many; None takes 600, 24 and 24.
        height_px: image height, at least 64.
        width_px: image width, at least 64.

    Raises:
        InputError: another split or task, no image or a smaller size.
    """

    name: str = "synthetic"
    label_ids: Mapping[int, int] = {}

    def __init__(
        self,
        split: str = "val",
        *,
        task: Literal["semantic", "instance", "panoptic"] = "semantic",
        images: int | None = None,
        height_px: int = 256,
        width_px: int = 512,
    ) -> None:
        problems = []
        if split not in IMAGES:
            problems.append(Problem("split of synthetic", repr(split), " or ".join(IMAGES)))
        if task not in ("semantic", "instance", "panoptic"):
            problems.append(Problem("task of synthetic", repr(task), "semantic, instance or panoptic"))
        if images is not None and images < 1:
            problems.append(Problem("images of synthetic", str(images), "1 or more"))
        if min(height_px, width_px) < 64:
            problems.append(Problem("size of synthetic", f"{height_px} x {width_px} px", "64 px or more"))
        if problems:
            raise InputError(problems)
        self.split = split
        self.task: Task = task
        first = FIRST_THING if task == "instance" else 0
        self.classes: Sequence[str] = NAMES[first:]
        self.colours: NDArray[np.uint8] = np.array(COLOURS[first:], dtype=np.uint8)
        self.things = (
            frozenset[int]() if task == "semantic" else frozenset(range(FIRST_THING - first, len(self.classes)))
        )
        self._images = IMAGES[split] if images is None else images
        self._size = (height_px, width_px)

    def samples(self) -> Sequence[Sample]:
        """All samples of the split; a longer list begins with the shorter one."""
        return [Sample(f"{self.split}_{index:04d}") for index in range(self._images)]

    def size(self, sample: Sample) -> tuple[int, int]:  # noqa: ARG002 (all samples have one size)
        """(H, W) in pixels."""
        return self._size

    def image(self, sample: Sample) -> Image:
        """The rendered image, RGB uint8 (H, W, 3), read-only."""
        return _render(sample.id, *self._size)[0]

    def truth(self, sample: Sample) -> Any:
        """`SemanticMap` (uint8 labels 0..18), `InstanceSet` or `PanopticMap`; void are own bonnet and frame.

        Ids of objects are those of `instances`; ids of segments have the class + 1 in them, since 0 is void.
        """
        ids = self.instances(sample)
        if self.task == "semantic":
            return SemanticMap(labels_of(ids))
        if self.task == "instance":
            classes = {label: label - FIRST_THING for label in range(FIRST_THING, len(NAMES))}
            return instances_from_ids(ids, classes, (VOID,))
        numbered = ids + np.where(ids < PER_LABEL, 1, PER_LABEL).astype(np.int32)
        return segments_from_ids(numbered, {label + 1: label for label in range(len(NAMES))}, ())

    def instances(self, sample: Sample) -> NDArray[np.int32]:
        """int32 (H, W), read-only: class * 1000 + count for things, the class id for the rest, 255 for void."""
        return _render(sample.id, *self._size)[1]

    def digest(self, sample: Sample) -> str:
        """Digest of what the scene is drawn from: generator version, sample and size."""
        return hashlib.sha256(f"synthetic {VERSION} {sample.id} {self._size}".encode()).hexdigest()


@lru_cache(maxsize=2)
def _render(sample_id: str, height_px: int, width_px: int) -> tuple[Image, NDArray[np.int32]]:
    """Image and instance map; the cache keeps a scene for those who ask for its image and then for its truth."""
    seed = int.from_bytes(hashlib.sha256(f"street {sample_id}".encode()).digest()[:16], "big")
    geometry, look, noise = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    scene = street(geometry)
    camera = _camera(height_px, width_px, geometry)
    painting = paint(scene, camera, [_bonnet(camera, geometry)])
    light = shade(painting, scene, camera, look)
    instances = instance_map(painting)
    for rim in (np.s_[:, :FRAME_PX], np.s_[:, -FRAME_PX:], np.s_[-FRAME_PX:]):
        instances[rim] = VOID
        light[rim] = 0.0
    image = expose(light, noise)
    image.setflags(write=False)
    instances.setflags(write=False)
    return image, instances


def _camera(height_px: int, width_px: int, rng: np.random.Generator) -> Camera:
    return Camera(
        height_px=height_px,
        width_px=width_px,
        focal_px=width_px * rng.uniform(0.72, 0.95),
        horizon_px=height_px * rng.uniform(0.40, 0.47),
        height_m=rng.uniform(1.25, 1.5),
        yaw_rad=rng.normal(0.0, 0.05),
        roll_rad=rng.normal(0.0, 0.008),
    )


def _bonnet(camera: Camera, rng: np.random.Generator) -> Surface:
    """The own car at the lower border; void."""
    distance, reach = 2.0, 2.0 / camera.focal_px
    angle = np.linspace(0.0, np.pi, 40)
    x = rng.normal(0.0, 0.03) + 0.52 * camera.width_px * reach * np.cos(angle)
    top = rng.uniform(0.05, 0.09) * camera.height_px
    low = camera.height_m - (camera.height_px - camera.horizon_px) * reach
    y = low + top * reach * np.sin(angle) ** 0.7
    cos, sin = np.cos(camera.yaw_rad), np.sin(camera.yaw_rad)
    return Surface(VOID, BONNET, [np.stack([x * cos + distance * sin, y, distance * cos - x * sin], axis=1)])
