"""Void as drawn maps of tests have it."""

from __future__ import annotations

VOID = 255
"""In uint8 maps."""
WIDE_VOID = -1
"""In int32 maps."""
