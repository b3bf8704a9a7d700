"""SegFix from images: a network predicts the offsets of each image once, for any number of predictions."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import InstanceSet, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap
from boundary_bench.refiners.files.disk_cache import DiskCache
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import Precision, contents_digest
from boundary_bench.refiners.segfix.offset_files import shifts
from boundary_bench.refiners.segfix.offset_io import read_offsets, write_offsets
from boundary_bench.refiners.segfix.offsets import Offsets

if TYPE_CHECKING:
    from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind
    from boundary_bench.refiners.segfix.network import SegFixNetwork


class SegFix(NetworkRefiner["SegFixNetwork"]):
    """SegFix with its network (Sections 3.2 and 3.3).

    The offsets of an image are kept: those of the image seen last in memory, as many as a limit allows in a folder
    that processes may share. There they are known by the contents of image and checkpoint and by what else decides
    them; a damaged file is made anew. Along them move labels, segment ids, or each mask of a set of objects by itself
    (Section 7.4), or a binary mask; void moves like any label, and probabilities are dropped.

    Attributes:
        tasks: all kinds.
        checkpoint, device, precision: as of `NetworkRefiner`.
        shift: for maps and binary masks.
        object_shift: for sets of objects.
    """

    tasks: frozenset[Task] = ALL_KINDS
    method = "SegFix"
    shipped = Path(__file__).with_name("weights")

    def __init__(
        self,
        checkpoint: str,
        *,
        scale: int | None = None,
        until_interior: bool = False,
        crops: bool = False,
        device: str | None = None,
        precision: Precision = "float32",
        cache: str | os.PathLike[str] | None = None,
        cache_limit_gb: float = 10.0,
    ) -> None:
        """Load the network and make the folder.

        Args:
            checkpoint: a file, our own (`.safetensors`) or one that the authors released; or the name of one that
                comes with the package.
            scale, until_interior: as of `boundary_bench.refiners.segfix.offset_files.SegFixOffsets`.
            crops: predict from overlapping squares instead of the whole image.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.
            cache: folder of the predicted offsets. Default: `boundary-bench/offsets` in `$XDG_CACHE_HOME`, or in
                `~/.cache`.
            cache_limit_gb: what all offsets in that folder may take, in 10⁹ bytes; those used longest ago go first.

        Raises:
            ValueError: a limit that is not above 0; torch is absent; no such checkpoint, or one that is damaged, of
                another kind, or would run code; a folder that cannot be made; another value.
        """
        self.shift, self.object_shift = shifts(scale, until_interior)
        if not cache_limit_gb > 0:
            raise ValueError(f"cache_limit_gb is {cache_limit_gb}; allowed: above 0")
        super().__init__(checkpoint, device, precision)
        self.crops = crops
        place = _default_cache() if cache is None else Path(cache).expanduser()
        self._folder = _made(place, self._decided_by())
        self._cache = DiskCache(place, ".npz", int(cache_limit_gb * 1e9))

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind.

        Raises:
            ValueError: an image of another shape or dtype, or of another size than the prediction.
        """
        shift = self.object_shift if isinstance(prediction, InstanceSet) else self.shift
        return shift.refined(prediction, self.offsets(image))

    def offsets(self, image: NDArray[np.uint8]) -> Offsets:
        """The offsets of an image, predicted where they are not yet known.

        Args:
            image: RGB, uint8 (H, W, 3).

        Returns:
            int8 (H, W, 2), order (dy, dx), in the shortest steps of whole pixels; (0, 0) off the boundary. Not to be
            written to.

        Raises:
            ValueError: an image of another shape or dtype.
        """
        found: Offsets = self._last.of(image, lambda digest: self._kept(image, self._folder / f"{digest}.npz"))
        return found

    @staticmethod
    def checkpoints() -> CheckpointKind[SegFixNetwork]:
        """Of SegFix's networks."""
        from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS

        return SEGFIX_CHECKPOINTS

    def _kept(self, image: NDArray[np.uint8], file: Path) -> Offsets:
        if file.is_file():
            try:
                found = read_offsets(file, (image.shape[0], image.shape[1]))
                self._cache.used(file)
                return found
            except ValueError:
                pass  # damaged: replaced below
        found = self._predicted(image)
        with suppress(OSError):  # a full disk makes it slower, not wrong
            file.parent.mkdir(parents=True, exist_ok=True)  # again: a cache may be emptied at any time
            write_offsets(file, found)
            self._cache.added(file)
        return found

    def _predicted(self, image: NDArray[np.uint8]) -> Offsets:
        from boundary_bench.refiners.segfix import inference

        network = self._network
        found = inference.predict(network, image, crops=self.crops, device=self.device, precision=self.precision)
        return inference.offsets(*found, network.directions)

    def _decided_by(self) -> str:
        """Digest of everything but the image that decides offsets."""
        kind = self.device.partition(":")[0]
        settings = f"crops {self.crops}, precision {self.precision}, device {kind}"
        return contents_digest(_code_digest().encode(), self._digest.encode(), settings.encode())


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """Digest of the source of what makes offsets from an image."""
    from boundary_bench.refiners.networks import checkpoint as checkpoints
    from boundary_bench.refiners.networks import checkpoint_kind, fuse_batchnorm, pickled_checkpoint
    from boundary_bench.refiners.networks import inference as passes
    from boundary_bench.refiners.networks.backbones import blocks, hrnet, mask_input
    from boundary_bench.refiners.segfix import checkpoint, directions, inference, network

    files = (checkpoints, checkpoint_kind, pickled_checkpoint)
    shared = (*files, fuse_batchnorm, passes, blocks, hrnet, mask_input)
    modules = (*shared, checkpoint, directions, inference, network)
    return contents_digest(*(Path(str(module.__file__)).read_bytes() for module in modules))


def _default_cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return base / "boundary-bench" / "offsets"


def _made(cache: Path, name: str) -> Path:
    folder = cache / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        found = f"cache is {cache}, in which no folder can be made ({error.strerror})"
        raise ValueError(f"{found}; allowed: a folder that can be written to") from error
    return folder
