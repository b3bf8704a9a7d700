"""Paths that files name: annotations and lists come from others, and must not lead out of the folder they are for."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath


def stays_below(name: str) -> bool:
    """Whether a relative path leads to something below the folder it starts from, on any system: it is not absolute
    and no part of it is `..`.
    """
    windows = PureWindowsPath(name)
    rooted = windows.drive or windows.root or PurePosixPath(name).is_absolute()
    return not rooted and ".." not in windows.parts
