"""How many examples a property is tried on: the same ones every time, or many more that are new each night."""

from __future__ import annotations

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "bench")
TIMES = {"bench": 1, "nightly": 10}
"""Profiles, and how many times as many examples they try as the tests say."""

DEFAULT = 100
"""Examples of a property that says nothing."""


def load_profile() -> None:
    """Settings for all properties. No verdict by the clock: a first call may compile, and others share the cores.

    Raises:
        ValueError: HYPOTHESIS_PROFILE names none.
    """
    if PROFILE not in TIMES:
        raise ValueError(f"HYPOTHESIS_PROFILE is {PROFILE!r}; allowed: {', '.join(TIMES)}")
    common = {"deadline": None, "database": None}
    settings.register_profile("bench", **common, derandomize=True, print_blob=False)
    # Random seeds: what fails is printed with a decorator that brings it back.
    settings.register_profile("nightly", **common, derandomize=False, print_blob=True, max_examples=examples(DEFAULT))
    settings.load_profile(PROFILE)


def examples(count: int) -> int:
    """Of a property that is tried on so many by day: more of them at night."""
    return count * TIMES[PROFILE]
