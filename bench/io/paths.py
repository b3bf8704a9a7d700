"""Paths given in files: annotations and lists come from others, and must not lead out of their folder."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath


def stays_below(name: str) -> bool:
    """Whether a path stays below the folder it is relative to, on any system: not absolute, and no part is `..`."""
    windows = PureWindowsPath(name)
    rooted = windows.drive or windows.root or PurePosixPath(name).is_absolute()
    return not rooted and ".." not in windows.parts
