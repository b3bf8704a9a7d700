"""Files of samples in a folder: by their path below it, or by their name alone in whatever folder."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

IMAGE_SUFFIX = "_leftImg8bit"
"""What may stand behind the id, as in files that the authors of SegFix made for Cityscapes."""


class SampleFiles:
    """Files with one of these endings below a folder, at any depth; those whose name begins with a dot are not seen.

    Args:
        folder: where they lie.
        suffixes: such as `.npz`.
    """

    def __init__(self, folder: Path, suffixes: Collection[str]) -> None:
        self._by_path: dict[str, list[Path]] = {}
        self._by_name: dict[str, list[Path]] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in suffixes and not path.name.startswith("."):
                name = path.stem.removesuffix(IMAGE_SUFFIX)
                key = path.with_name(name).relative_to(folder).as_posix()
                self._by_path.setdefault(key, []).append(path)
                self._by_name.setdefault(name, []).append(path)

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def of(self, sample_id: str) -> list[Path]:
        """The files of a sample: by path where its id is one, else by name; none, or several, where it isn't one's."""
        return (self._by_path if "/" in sample_id else self._by_name).get(sample_id, [])
