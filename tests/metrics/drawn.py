"""Label maps drawn as text: one digit a pixel, `.` is void."""

from __future__ import annotations

import numpy as np

from boundary_bench.metrics.structures.segmentation import SemanticMap


def draw(picture: str) -> SemanticMap:
    """`draw("001\\n0.1")` is a map of two rows."""
    rows = [line.strip() for line in picture.strip().splitlines()]
    values = [[255 if pixel == "." else int(pixel) for pixel in row] for row in rows]
    return SemanticMap(np.array(values, dtype=np.uint8))
