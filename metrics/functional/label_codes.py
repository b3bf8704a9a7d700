"""Label maps as codes, the form that compiled kernels take: unsigned, and as narrow as the number of classes allows.

The code of a class is its id, and what is no class is the highest code of the type: 255 in uint8 for up to 255
classes, 65535 in uint16 for up to 65,534.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import MOST_CLASSES, MOST_NARROW_CLASSES, Labels, void_of

Codes = NDArray[Any]
"""(H, W), uint8 or uint16."""


def no_class(codes: Codes) -> int:
    """The code of what is no class."""
    return int(np.iinfo(codes.dtype).max)


def label_codes(labels: Labels, *, classes: int) -> Codes:
    """Codes of a label map, with everything that is no class made one code.

    Args:
        labels: uint8 or int32 (H, W), each with its own void.
        classes: number of classes K.

    Returns:
        (H, W), uint8 or uint16 by K; the map itself where it is of that form already.

    Raises:
        ValueError: K < 1 or K > 65,534.
    """
    codes = loose_codes(labels, classes=classes)
    void = no_class(codes)
    # Adding 1 turns void into 0, so one maximum tells whether any code is neither class nor void.
    if classes == void or int((codes + codes.dtype.type(1)).max()) <= classes:
        return codes
    table = np.full(void + 1, void, codes.dtype)
    table[:classes] = np.arange(classes)
    return table[codes]


def loose_codes(labels: Labels, *, classes: int) -> Codes:
    """As `label_codes`, but with codes from K on that stand for no class either: enough for counts of classes."""
    if not 1 <= classes <= MOST_CLASSES:
        raise ValueError(f"classes is {classes}; allowed: 1 to {MOST_CLASSES}")
    dtype: Any = np.uint8 if classes <= MOST_NARROW_CLASSES else np.uint16
    if labels.dtype == dtype:
        return labels
    if labels.dtype == np.uint8:
        codes = labels.astype(dtype)
        codes[labels == void_of(labels)] = no_class(codes)
        return codes
    # Read without a sign, negative ids are the largest ones.
    return np.minimum(labels.view(np.uint32), np.iinfo(dtype).max).astype(dtype)


def void_where_true_void(prediction: Codes, truth: Codes) -> Codes:
    """The codes of the prediction, of no class where the truth is of none."""
    # All bits or none: faster than a selection.
    mask: Codes = np.negative((truth == no_class(truth)).view(np.uint8).astype(truth.dtype, copy=False))
    return prediction | mask
