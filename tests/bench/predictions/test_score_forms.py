"""Scores of classes in the forms that people keep them in; options that refusals name make them right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.probabilities import ScoreForm, read_probabilities
from boundary_bench.bench.predictions.probabilities import Probabilities
from tests.bench.label_files import MemoryDataset
from tests.bench.predictions.test_probabilities import DATASET, SIZE, A, saved

LOGITS = np.random.default_rng(1).normal(0, 9, (3, *SIZE))
SOFT = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=0)


@pytest.mark.parametrize("key", ["arr_0", "softmax", "probs", "prob", "anything"])
def test_the_only_array_needs_no_name(tmp_path: Path, key: str) -> None:
    loaded = Probabilities(saved(tmp_path / "p", SOFT, key=key), dataset=DATASET).load(A)
    np.testing.assert_allclose(loaded.probabilities, SOFT, rtol=1e-5)


def test_which_of_several_arrays(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    np.savez(tmp_path / "p" / "a.npz", meta=np.arange(3), softmax=SOFT, ids=np.zeros(SIZE, np.uint8))
    np.testing.assert_allclose(Probabilities(tmp_path / "p", dataset=DATASET).load(A).probabilities, SOFT, rtol=1e-5)
    np.savez(tmp_path / "p" / "a.npz", one=SOFT, two=SOFT[::-1])
    (problem,) = Probabilities(tmp_path / "p", dataset=DATASET).check(A, SIZE)
    assert problem.found == "arrays one, two"
    assert problem.hint == "name the one that is meant: --key NAME, in an experiment key: NAME"
    loaded = Probabilities(tmp_path / "p", dataset=DATASET, key="two").load(A)
    np.testing.assert_allclose(loaded.probabilities, SOFT[::-1], rtol=1e-5)
    np.savez(tmp_path / "p" / "a.npz", one=SOFT[::-1], prob=SOFT)
    np.testing.assert_allclose(Probabilities(tmp_path / "p", dataset=DATASET).load(A).probabilities, SOFT, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_single_arrays_of_any_float(tmp_path: Path, dtype: str) -> None:
    (tmp_path / "p").mkdir()
    np.save(tmp_path / "p" / "a.npy", SOFT.astype(dtype))
    loaded = Probabilities(tmp_path / "p", dataset=DATASET).load(A)
    assert loaded.probabilities is not None
    assert loaded.probabilities.dtype == np.float32
    np.testing.assert_allclose(loaded.probabilities, SOFT, atol=1e-3)
    np.testing.assert_array_equal(loaded.labels, SOFT.argmax(axis=0))


def test_two_files_for_a_sample(tmp_path: Path) -> None:
    np.save(saved(tmp_path / "p", SOFT) / "a.npy", SOFT)
    (problem,) = Probabilities(tmp_path / "p", dataset=DATASET).check(A, SIZE)
    assert problem.found == "a.npy, a.npz for a"


def followed(folder: Path, values: np.ndarray, word: str, **options: str) -> np.ndarray:
    """Probabilities once the option that the refusal names is given."""
    saved(folder, values)
    (problem,) = Probabilities(folder, dataset=DATASET).check(A, SIZE)
    assert word in problem.hint
    for option, value in options.items():
        assert f"--{option} {value}" in problem.hint
        assert f"{option}: {value}" in problem.hint
    loaded = Probabilities(folder, dataset=DATASET, **options).load(A)  # type: ignore[arg-type]
    np.testing.assert_array_equal(loaded.labels, SOFT.argmax(axis=0))
    assert loaded.probabilities is not None
    return loaded.probabilities


def test_options_that_refusals_name_make_it_right(tmp_path: Path) -> None:
    last = followed(tmp_path / "last", SOFT.transpose(1, 2, 0), "come first, not last", layout="hwk")
    np.testing.assert_allclose(last, SOFT, rtol=1e-5)
    scores = followed(tmp_path / "logits", LOGITS.astype(np.float32), "softmax", scores="logits")
    np.testing.assert_allclose(scores, SOFT, rtol=1e-4)
    above = followed(tmp_path / "above", LOGITS - LOGITS.min(), "logits", scores="logits")
    np.testing.assert_allclose(above, SOFT, rtol=1e-4)
    each = 1 / (1 + np.exp(-LOGITS))
    sigmoid = followed(tmp_path / "sigmoid", each, "sigmoid", scores="sigmoid")
    np.testing.assert_allclose(sigmoid, each / each.sum(axis=0), rtol=1e-5)


def test_options_that_are_wrong_are_found(tmp_path: Path) -> None:
    for values, options, hint in (
        (SOFT, {"layout": "hwk"}, "leave --layout out"),
        (SOFT, {"scores": "logits"}, "leave --scores out"),
        (np.zeros((3, *SIZE)), {"scores": "sigmoid"}, "one for the background"),
    ):
        (problem,) = Probabilities(saved(tmp_path / "p", values), dataset=DATASET, **options).check(A, SIZE)  # type: ignore[arg-type]
        assert hint in problem.hint
    with pytest.raises(InputError, match="layout: 'khw'; allowed: chw or hwk"):
        Probabilities(tmp_path / "p", dataset=DATASET, layout="khw")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="scores: 'log'; allowed: probabilities or logits or sigmoid"):
        Probabilities(tmp_path / "p", dataset=DATASET, scores="log")  # type: ignore[arg-type]


def test_logits_that_overflow_and_many_classes(tmp_path: Path) -> None:
    logits = np.random.default_rng(2).normal(0, 3000, (300, 130, 2))
    np.save(tmp_path / "a.npy", logits)
    form = ScoreForm(scores="logits")
    found = read_probabilities(tmp_path / "a.npy", classes=300, size=(130, 2), form=form)
    np.testing.assert_array_equal(found.argmax(axis=0), logits.argmax(axis=0))
    np.testing.assert_allclose(found.sum(axis=0), 1, rtol=1e-6)
    np.save(tmp_path / "a.npy", np.where(logits > 0, np.inf, logits))
    with pytest.raises(InputError, match="not finite"):
        read_probabilities(tmp_path / "a.npy", classes=300, size=(130, 2), form=form)


class Pair(MemoryDataset):
    classes = ("background", "object")  # type: ignore[assignment]


PAIR = Pair({"a": np.zeros(SIZE, np.uint8)})
SECOND = np.random.default_rng(4).random(SIZE)


@pytest.mark.parametrize("values", [SECOND, SECOND[None], SECOND[None].astype(np.float16)], ids=["hw", "1hw", "half"])
def test_one_channel_is_the_second_of_two_classes(tmp_path: Path, values: np.ndarray) -> None:
    loaded = Probabilities(saved(tmp_path / "p", values), dataset=PAIR).load(A)
    np.testing.assert_array_equal(loaded.labels, values.reshape(SIZE) > 0.5)
    np.testing.assert_allclose(loaded.probabilities, [1 - SECOND, SECOND], atol=1e-3)


def test_one_channel_in_other_forms(tmp_path: Path) -> None:
    last = Probabilities(saved(tmp_path / "p", SECOND[..., None]), dataset=PAIR, layout="hwk").load(A)
    np.testing.assert_array_equal(last.labels, SECOND > 0.5)
    logits = np.log(SECOND / (1 - SECOND))
    (problem,) = Probabilities(saved(tmp_path / "p", logits), dataset=PAIR).check(A, SIZE)
    assert "apply the sigmoid before saving, or give --scores logits" in problem.hint
    found = Probabilities(tmp_path / "p", dataset=PAIR, scores="logits").load(A)
    np.testing.assert_allclose(found.probabilities, [1 - SECOND, SECOND], rtol=1e-5)
    of_bytes = Probabilities(saved(tmp_path / "p", (SECOND * 255).astype(np.uint8)), dataset=PAIR).load(A)
    np.testing.assert_allclose(of_bytes.probabilities, [1 - SECOND, SECOND], atol=1 / 200)
    (problem,) = Probabilities(saved(tmp_path / "p", (SECOND > 0.5).astype(np.uint8)), dataset=PAIR).check(A, SIZE)
    assert "labels of 0 and 1? then leave --format out" in problem.hint


def test_more_classes_than_bytes_count(tmp_path: Path) -> None:
    class Many(MemoryDataset):
        classes = tuple(map(str, range(300)))  # type: ignore[assignment]

    values = np.full((300, *SIZE), 0.5 / 299, np.float32)
    values[299] = 0.5
    loaded = Probabilities(saved(tmp_path / "p", values), dataset=Many({"a": np.zeros(SIZE, np.uint8)})).load(A)
    assert loaded.labels.dtype == np.int32
    assert (loaded.labels == 299).all()
