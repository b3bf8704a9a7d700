"""Frames of a video, which are not independent of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def stretches(stems: Iterable[str], frames: int) -> dict[str, str]:
    """Stem of each frame -> its stretch of video, e.g. `Seq05VD/03`, for use as its cluster.

    The sequence is what comes before the last `_` (`0016E5_00390`, `Seq05VD_f00390`). Each is cut into stretches of
    equal length, as near to `frames` as whole numbers allow, so that none is a remainder of few frames.
    """
    sequences = defaultdict(list)
    for stem in sorted(stems):
        sequences[stem.rpartition("_")[0] or stem].append(stem)
    clusters = {}
    for sequence, members in sequences.items():
        parts = max(1, round(len(members) / frames))
        for position, stem in enumerate(members):
            clusters[stem] = f"{sequence}/{position * parts // len(members):02d}"
    return clusters
