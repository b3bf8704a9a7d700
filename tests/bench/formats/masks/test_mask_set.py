"""How the masks of one set are coded: decided over all of them, whatever order they are read in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.masks import mask_set
from boundary_bench.bench.formats.masks.mask_set import MaskSet
from boundary_bench.bench.formats.masks.threshold import threshold

CUT = threshold("0.5")


def row(*levels: int, dtype: type = np.uint8) -> NDArray[np.integer]:
    return np.array([levels], dtype)


def written(folder: Path, masks: Mapping[str, NDArray[np.integer]]) -> list[Path]:
    paths = [folder / f"{name}.png" for name in sorted(masks)]
    for path in paths:
        assert cv2.imwrite(str(path), masks[path.stem])
    return paths


def objects(masks: MaskSet, paths: list[Path]) -> list[list[int]]:
    return [masks.read(path).mask.mask[0].astype(int).tolist() for path in paths]


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ((row(0, 0), row(0, 1), row(1, 0)), [[0, 0], [0, 1], [1, 0]]),
        ((row(0, 1), row(0, 255)), [[0, 0], [0, 1]]),
        ((row(0, 255), row(0, 1)), [[0, 1], [0, 0]]),
        ((row(0, 1), row(2, 0)), [[0, 0], [0, 0]]),
        ((row(0, 1, dtype=np.uint16), row(1, 0, dtype=np.uint16)), [[0, 1], [1, 0]]),
        ((row(0, 1, dtype=np.uint16), row(255, 0, dtype=np.uint16)), [[0, 0], [1, 0]]),
        ((row(0, 255, dtype=np.uint16), row(65535, 0, dtype=np.uint16)), [[0, 0], [1, 0]]),
        ((row(0, 1), row(65535, 0, dtype=np.uint16)), [[0, 1], [1, 0]]),
    ],
)
def test_the_highest_number_of_all_files_says_what_one_is(tmp_path: Path, codes: tuple, found: list) -> None:
    paths = written(tmp_path, {f"m{i}": code for i, code in enumerate(codes)})
    assert objects(MaskSet(paths, CUT), paths) == found
    assert objects(MaskSet(paths, CUT), paths[::-1]) == found[::-1]


def test_void_has_no_say(tmp_path: Path) -> None:
    paths = written(tmp_path, {"a": row(0, 1, 255), "b": row(1, 0, 0)})
    assert objects(MaskSet(paths, CUT, ignore=[255]), paths) == [[0, 1, 0], [1, 0, 0]]
    void = MaskSet(paths, CUT, ignore=[255]).read(paths[0]).mask.void
    assert void is not None
    assert void.tolist() == [[False, False, True]]


def test_unreadable_files_have_no_say(tmp_path: Path) -> None:
    paths = written(tmp_path, {"b": row(0, 1)})
    (tmp_path / "a.png").write_text("no mask")
    assert objects(MaskSet([tmp_path / "a.png", *paths], CUT), paths) == [[0, 1]]


def test_a_late_file_that_contradicts_the_first_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_set, "LOOKED_THROUGH", 2)
    paths = written(tmp_path, {"a": row(0, 1), "b": row(0, 1), "c": row(0, 255)})
    assert objects(MaskSet(paths, CUT), paths[:2]) == [[0, 1], [0, 1]]
    with pytest.raises(InputError, match="numbers up to 255; the first masks of the folder have 0 and 1 alone"):
        MaskSet(paths, CUT).read(paths[2])


def test_what_the_set_says_is_part_of_each_digest(tmp_path: Path) -> None:
    ones = written(tmp_path, {"a": row(0, 1)})
    both = written(tmp_path, {"a": row(0, 1), "b": row(0, 255)})
    assert MaskSet(ones, CUT).digest != MaskSet(both, CUT).digest


def test_a_set_is_soft_by_its_first_files_and_written_as_it_came(tmp_path: Path) -> None:
    ones = written(tmp_path, {"a": row(0, 0), "b": row(0, 1)})
    assert (MaskSet(ones, CUT).is_soft, MaskSet(ones, CUT).object_number) == (False, 1)
    soft = written(tmp_path, {"c": row(0, 255), "d": row(0, 77)})
    assert (MaskSet(soft, CUT).is_soft, MaskSet(soft, CUT).object_number) == (True, 255)
