"""The average of prediction sets: by hand, and with what it hands on from its members."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.bench.predictions.ensemble import Ensemble
from boundary_bench.bench.predictions.label_maps import LabelMaps
from boundary_bench.bench.predictions.probabilities import Probabilities
from tests.bench.label_files import MemoryDataset

SIZE = (2, 2)
DATASET = MemoryDataset({name: np.zeros(SIZE, np.uint8) for name in "ab"})
A, B = DATASET.samples()


def member(folder: Path, classes: tuple[float, ...], names: str = "ab") -> Probabilities:
    folder.mkdir(exist_ok=True)
    for name in names:
        np.savez(folder / f"{name}.npz", prob=np.array(classes, np.float32)[:, None, None] * np.ones(SIZE, np.float32))
    return Probabilities(folder, dataset=DATASET)


def test_the_mean_decides(tmp_path: Path) -> None:
    # Alone they say class 0 and class 2; the mean is (0.275, 0.425, 0.3).
    one, two = member(tmp_path / "m", (0.5, 0.4, 0.1)), member(tmp_path / "n", (0.05, 0.45, 0.5))
    assert (one.load(A).labels == 0).all()
    assert (two.load(A).labels == 2).all()
    ensemble = Ensemble([one, two], name="both")
    loaded = ensemble.load(A)
    assert (loaded.labels == 1).all()
    assert loaded.probabilities is not None
    np.testing.assert_allclose(loaded.probabilities[:, 0, 0], (0.275, 0.425, 0.3), rtol=1e-6)
    assert ensemble.name == "both"
    assert ensemble.describe() == {
        "format": "ensemble",
        "members": [
            {"name": "m", "format": "probabilities", "key": None, "layout": "chw", "scores": "probabilities"},
            {"name": "n", "format": "probabilities", "key": None, "layout": "chw", "scores": "probabilities"},
        ],
    }


def test_a_sample_needs_every_member(tmp_path: Path) -> None:
    ensemble = Ensemble([member(tmp_path / "m", (1, 0, 0)), member(tmp_path / "n", (0, 1, 0), names="b")])
    assert not ensemble.has(A)
    assert ensemble.has(B)
    assert not ensemble.has(Sample("c"))


def test_digests_and_problems_are_the_members(tmp_path: Path) -> None:
    one, two = member(tmp_path / "m", (1, 0, 0)), member(tmp_path / "n", (0, 1, 0))
    assert Ensemble([one, two]).digest(A) != Ensemble([two, one]).digest(A)
    before = Ensemble([one, two]).digest(A)
    member(tmp_path / "n", (0, 0, 1))
    assert Ensemble([one, two]).digest(A) != before
    (tmp_path / "m" / "a.npz").write_text("broken")
    (tmp_path / "n" / "c.npz").write_text("unused")
    ensemble = Ensemble([one, Probabilities(tmp_path / "n", dataset=DATASET)])
    (problem,) = ensemble.check(A, SIZE)
    assert problem.where == str(tmp_path / "m" / "a.npz")
    assert ensemble.notes() == ["n: 1 .npz files belong to no sample of the split, e.g. c.npz"]


def test_members_that_do_not_fit(tmp_path: Path) -> None:
    one = member(tmp_path / "m", (1, 0, 0))
    write_label_image(tmp_path / "p" / "a.png", np.zeros(SIZE, np.uint8))
    labels = LabelMaps(tmp_path / "p", dataset=DATASET)
    with pytest.raises(InputError, match="1 members"):
        Ensemble([one])
    with pytest.raises(InputError, match="p: labels only"):
        Ensemble([one, labels])
    other = MemoryDataset({"a": np.zeros((4, 4), np.uint8)})
    with pytest.raises(InputError, match="sizes"):
        Ensemble([one, Probabilities(tmp_path / "m", dataset=other)]).load(A)
