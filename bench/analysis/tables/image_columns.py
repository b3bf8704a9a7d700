"""What the rows of one image begin with in tables that other programs read: how it is called, here and in its files."""

from __future__ import annotations

from collections.abc import Mapping

from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Sample


class ImageColumns:
    """Names of the images of a plan's dataset.

    Args:
        plan: whose samples are described.
    """

    def __init__(self, plan: Plan) -> None:
        self._dataset = of_dataset(plan.dataset)
        self._image_ids: Mapping[str, int | str] = {
            sample: image for image, sample in (self._dataset.image_ids or {}).items()
        }

    def of(self, sample: Sample) -> dict[str, int | str | None]:
        """`sample`, `image_id` (None where images have no ids) and `file_name`."""
        image_id = self._image_ids.get(sample.id)
        return {"sample": sample.id, "image_id": image_id, "file_name": self._dataset.image_name(sample)}
