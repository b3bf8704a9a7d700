"""Saved binary masks: hard or soft, named as they like, coded as their set is."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.datasets.own.mask_folder import MaskFolder
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.bench.predictions.binary_masks import BinaryMasks
from tests.bench.datasets.test_binary_folder import DISC, SOFT
from tests.bench.datasets.test_folder import maps


@pytest.fixture
def data(tmp_path: Path) -> MaskFolder:
    return MaskFolder(maps(tmp_path / "gt", {"r/a": DISC, "r/b": DISC}))


def test_hard_masks_are_hard_and_soft_ones_keep_their_levels(tmp_path: Path, data: MaskFolder) -> None:
    first, second = data.samples()
    hard = BinaryMasks(maps(tmp_path / "p", {"r/a": DISC, "r/b": DISC}), dataset=data)
    assert not hard.has_probabilities
    assert hard.load(first).probabilities is None
    soft = BinaryMasks(maps(tmp_path / "s", {"r/a": SOFT, "r/b": DISC}), dataset=data)
    assert soft.has_probabilities
    for sample, stored in ((first, SOFT), (second, DISC)):
        found = soft.load(sample)
        np.testing.assert_array_equal(found.probabilities, stored)
        np.testing.assert_array_equal(found.mask, stored >= 128)
    assert pickle.loads(pickle.dumps(soft)).load(first).levels.tolist() == SOFT.tolist()


def test_thresholds_and_arrays_by_name(tmp_path: Path, data: MaskFolder) -> None:
    (tmp_path / "p/r").mkdir(parents=True)
    for name in "ab":
        np.savez(tmp_path / f"p/r/{name}_out.npz", prob=SOFT / 255, image=np.zeros((48, 64)))
    found = BinaryMasks(tmp_path / "p", dataset=data, key="prob", threshold="0.7")
    mask = found.load(data.samples()[0])
    np.testing.assert_array_equal(mask.mask, SOFT / 255 >= 0.7)
    assert mask.probabilities is not None
    assert mask.probabilities.dtype == np.float32
    assert found.describe() == {"format": "binary_masks", "threshold": "0.7", "key": "prob"}
    assert found.stored_form(data.samples()[0]) == (Path("r/a_out.npy"), 255)
    with pytest.raises(InputError, match=r"allowed: a number in 0\.\.1"):
        BinaryMasks(tmp_path / "p", dataset=data, threshold="most")


def test_dark_masks_and_levels_never_reached_are_told_with_a_count(tmp_path: Path, data: MaskFolder) -> None:
    mixed = BinaryMasks(maps(tmp_path / "m", {"r/a": DISC // 255, "r/b": DISC}), dataset=data)
    assert check_run(data, [mixed]).ok
    assert "1 of 2 masks hold 0 and 1 alone, nearly black here: r/a" in mixed.notes()
    assert not mixed.load(data.samples()[0]).mask.any()
    ids = BinaryMasks(maps(tmp_path / "i", dict.fromkeys(["r/a", "r/b"], DISC // 255 * 22)), dataset=data)
    assert check_run(data, [ids]).ok
    notes = "\n".join(ids.notes())
    assert "no level above 22 in any mask; the threshold is 0.5" in notes
    assert "--threshold '>0'" in notes
    assert "2 of 2 masks hold but a few numbers, such as 0, 22 in r/a" in notes
    above = BinaryMasks(tmp_path / "i", dataset=data, threshold=">0")
    np.testing.assert_array_equal(above.load(data.samples()[0]).mask, DISC > 0)


def test_other_sizes_and_missing_masks(tmp_path: Path, data: MaskFolder) -> None:
    half = BinaryMasks(maps(tmp_path / "h", {"r/a": DISC[::2, ::2], "r/b": DISC.T}), dataset=data)
    found = [half.check(sample, (48, 64))[0] for sample in data.samples()]
    assert "nothing is resized silently" in found[0].hint
    assert found[1].hint == "height and width are swapped"
    one = BinaryMasks(maps(tmp_path / "one", {"r/a": DISC}), dataset=data)
    assert not check_run(data, [one]).ok
    report = check_run(data, [one], missing="empty")
    assert report.ok
    assert any("1 of 2 predictions missing: r/b; they are scored as empty masks" in note for note in report.notes)


def test_what_the_set_says_is_part_of_the_digest(tmp_path: Path, data: MaskFolder) -> None:
    first = data.samples()[0]
    ones = BinaryMasks(maps(tmp_path / "p", {"r/a": DISC // 255}), dataset=data).digest(first)
    both = BinaryMasks(maps(tmp_path / "p", {"r/b": DISC}), dataset=data).digest(first)
    assert ones != both
