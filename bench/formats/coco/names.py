"""Names of image files as annotations write them, with either slash, and the sample ids made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from boundary_bench.bench.io.paths import stays_below


def posix(file_name: str) -> PurePosixPath:
    """The path that a file name means; backslashes separate folders where Windows wrote it."""
    return PurePosixPath(file_name.replace("\\", "/"))


def group_of(file_name: str) -> str:
    """Folder of a file; "" where it has none, or leads out of the folder of the images."""
    return "/".join(posix(file_name).parts[:-1]) if stays_below(file_name) else ""


def sample_ids(images: Sequence[tuple[int | str, str]]) -> list[str]:
    """A sample id for the id and file name of each image: the stem of its file.

    It is the image id where that is a name, or where two stems are the same.
    """
    ids, stems = [each for each, _ in images], [posix(name).stem for _, name in images]
    if ids and all(isinstance(each, str) and not set(each) & set("/\\") for each in ids):
        return [str(each) for each in ids]
    repeated = max(Counter(stems).values(), default=0) > 1
    # A stem that is another image's number would not do either, so it is all of one kind or all of the other.
    return [str(each).replace("/", "_") for each in ids] if repeated or "" in stems else stems
