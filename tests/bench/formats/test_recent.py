"""Small label maps are read once."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.formats.labels import recent
from boundary_bench.bench.formats.labels.label_files import read_labels
from boundary_bench.bench.formats.labels.label_image import write_label_image


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_label_image(path, np.zeros((2, 3), np.uint8))
    first = read_labels(path)
    assert read_labels(path) is first
    assert not first.flags.writeable
    write_label_image(path, np.ones((2, 3), np.uint8))
    os.utime(path, ns=(1, 1))
    assert read_labels(path).tolist() == [[1, 1, 1]] * 2
    path.unlink()
    with pytest.raises(Exception, match="no such file"):
        read_labels(path)


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_BYTES", 8)
    monkeypatch.setattr(recent, "LARGEST_BYTES", 6)
    kept, read = recent.RecentLabels(), []
    for name, size in (("a", 4), ("b", 4), ("c", 4), ("large", 7), ("b", 4), ("a", 4), ("large", 7)):
        if not (tmp_path / name).exists():
            (tmp_path / name).touch()
        kept.get(tmp_path / name, None, lambda name=name, size=size: read.append(name) or np.zeros((1, size), np.uint8))
    assert read == ["a", "b", "c", "large", "a", "large"]
