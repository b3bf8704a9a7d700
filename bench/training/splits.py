"""What the name of a split says about it."""

from __future__ import annotations


def is_test_split(split: str) -> bool:
    """Whether it is one that results are reported on, so that nothing may be tuned or trained on it."""
    return "test" in split.lower()
