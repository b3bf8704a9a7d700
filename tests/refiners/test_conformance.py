"""What every refiner of the catalogue promises, whatever it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from bench import catalogue
from bench.contracts import FileRefiner, OracleRefiner
from metrics.segmentation import VOID, SemanticMap
from refiners.identity import Identity
from refiners.majority_filter import MajorityFilter
from refiners.oracle import OracleOffset
from refiners.prior_shift import PriorShift
from refiners.segfix.files import write_offsets
from refiners.segfix.refiner import SegFixOffsets
from tests.strategies import CLASSES, images, label_maps, semantic_maps

SAMPLE, SIZE = "sample", (30, 26)
WEIGHTS = [1.0, 0.3, 2.0, 1.0, 5.0]
TASKS = {"semantic", "instance", "panoptic", "edges"}

# Parameters to test a catalogue entry with; several rows where they make it another refiner. `{folder}` has offsets.
VARIANTS = {
    "identity": [{}],
    "majority_filter": [{}],
    "prior_shift": [{"weights": WEIGHTS}],
    "guided_filter": [{}, {"source": "probabilities"}],
    "grabcut": [{}, {"band_px": 2, "iterations": 2}],
    "oracle_replace": [{"distance_px": 2}, {"distance_px": "inf"}],
    "oracle_offset": [{}, {"directions": 4, "until_interior": True}],
    "segfix_offsets": [{"offsets": "{folder}"}],
    "chain": [
        {"stages": [PriorShift(WEIGHTS), MajorityFilter(1)]},
        {"stages": [Identity(), OracleOffset(4), MajorityFilter(1)]},
    ],
}
FROM_PROBABILITIES = {"prior_shift", "guided_filter", "chain"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("offsets")
    offsets = np.random.default_rng(0).integers(-2, 3, (*SIZE, 2)).astype(np.int8)
    write_offsets(where / f"{SAMPLE}.npz", offsets)
    return where


def rows() -> list[object]:
    """One for each entry and variant; an entry without variants is a row too, so that it is noticed."""
    return [
        pytest.param((name, parameters), id=f"{name}-{index}")
        for name in catalogue.REFINERS
        for index, parameters in enumerate(VARIANTS.get(name, [None]))
    ]


@pytest.fixture(params=rows())
def case(request: pytest.FixtureRequest, folder: Path) -> tuple[str, object]:
    name, parameters = request.param
    return name, built(name, parameters, folder)


def built(name: str, parameters: dict[str, object] | None, folder: Path) -> object:
    if parameters is None:
        pytest.fail(f"refiner {name!r} is in the catalogue but has no row in VARIANTS of {Path(__file__).name}")
    filled = {key: folder if value == "{folder}" else value for key, value in parameters.items()}
    return catalogue.build("refiners", name, filled)


def refined(refiner, image, prediction, truth):
    bound = refiner.for_sample(SAMPLE) if isinstance(refiner, FileRefiner) else refiner
    if isinstance(bound, OracleRefiner):
        return bound.refine_with_truth(image, prediction, truth)
    return bound.refine(image, prediction)


def draw_inputs(data: DataObject) -> tuple[np.ndarray, SemanticMap, SemanticMap]:
    prediction = data.draw(semantic_maps(SIZE))
    truth = SemanticMap(data.draw(label_maps(SIZE, dtypes=(prediction.labels.dtype.type,))))
    image = data.draw(images(truth.labels))
    for array in (image, prediction.labels, prediction.probabilities, truth.labels):
        # The arrays themselves, not only the views that a map keeps: the bytes below show any write.
        array.flags.writeable = False
    return image, prediction, truth


def contents(*inputs: object) -> list[bytes]:
    arrays = [a for i in inputs for a in ((i.labels, i.probabilities) if isinstance(i, SemanticMap) else (i,))]
    return [a.tobytes() for a in arrays if a is not None]


def test_every_row_of_the_table_is_for_an_entry():
    assert set(VARIANTS) <= set(catalogue.REFINERS), "VARIANTS has rows for refiners that the catalogue lacks"


def test_tasks_are_known_ones(case):
    _, refiner = case
    assert isinstance(refiner.tasks, frozenset)
    assert "semantic" in refiner.tasks
    assert refiner.tasks <= TASKS


def test_there_is_one_way_to_refine(case):
    """The truth is handed over by type: a refiner with both methods could get it unnoticed."""
    _, refiner = case
    bound = refiner.for_sample(SAMPLE) if isinstance(refiner, FileRefiner) else refiner
    assert hasattr(bound, "refine") != hasattr(bound, "refine_with_truth")


def test_files_are_there(case):
    _, refiner = case
    if isinstance(refiner, FileRefiner):
        assert all(path.is_file() for path in refiner.files(SAMPLE))


def test_promises_on_any_input(case):
    name, refiner = case

    @settings(max_examples=12)
    @given(st.data())
    def check(data: DataObject) -> None:
        image, prediction, truth = draw_inputs(data)
        before = contents(image, prediction, truth)
        result = refined(refiner, image, prediction, truth)
        assert contents(image, prediction, truth) == before, "an input was written to"
        assert_same_kind(result, prediction)
        assert_ids(name, refiner, result, prediction, truth)
        again = refined(refiner, image, prediction, truth)
        assert contents(result) == contents(again), "a second call gave another result"

    check()


def assert_same_kind(result: SemanticMap, prediction: SemanticMap) -> None:
    assert isinstance(result, SemanticMap)
    assert result.size == prediction.size
    assert result.labels.dtype == prediction.labels.dtype
    if result.probabilities is not None:
        assert len(result.probabilities) == CLASSES


def assert_ids(name, refiner, result, prediction, truth) -> None:
    allowed = set(np.unique(prediction.labels))
    if refiner_is_oracle(refiner):
        allowed |= set(np.unique(truth.labels))
    if name in FROM_PROBABILITIES and refiner.needs_probabilities:
        allowed |= set(range(CLASSES))
    assert set(np.unique(result.labels)) <= allowed
    if keeps_void(name, refiner):
        np.testing.assert_array_equal(result.labels == VOID, prediction.labels == VOID)


def refiner_is_oracle(refiner: object) -> bool:
    return isinstance(refiner, OracleRefiner)


def keeps_void(name: str, refiner: object) -> bool:
    """What moves labels moves void like any other, and the truth may know what void hides."""
    return not refiner_is_oracle(refiner) and name != "segfix_offsets"


def test_a_single_pixel_and_a_single_row(case):
    _, refiner = case
    if isinstance(refiner, SegFixOffsets):
        return  # bound to the size of its files
    for size in [(1, 1), (1, 7), (7, 1)]:
        even = np.full((CLASSES, *size), 1 / CLASSES, np.float32)
        prediction, truth = SemanticMap(np.ones(size, np.uint8), even), SemanticMap(np.ones(size, np.uint8))
        assert refined(refiner, np.zeros((*size, 3), np.uint8), prediction, truth).size == size


def test_nothing_but_void(case):
    _, refiner = case
    even = np.full((CLASSES, *SIZE), 1 / CLASSES, np.float32)
    void = SemanticMap(np.full(SIZE, VOID, np.uint8), even)
    result = refined(refiner, np.zeros((*SIZE, 3), np.uint8), void, void)
    assert (result.labels == VOID).all()


def test_probabilities_that_are_needed_and_absent_or_of_another_view_are_refused(case):
    _, refiner = case
    labels, image = np.zeros(SIZE, np.uint8), np.zeros((*SIZE, 3), np.uint8)
    truth = SemanticMap(labels)
    if not getattr(refiner, "needs_probabilities", False):
        assert refined(refiner, image, truth, truth).size == SIZE  # labels alone are enough
        return
    with pytest.raises(ValueError, match="probabilities"):
        refined(refiner, image, truth, truth)
    for shape in [(CLASSES, SIZE[0], SIZE[1] + 1), (CLASSES, 5, 20)]:
        other = SemanticMap(labels, np.full(shape, 1 / CLASSES, np.float32))
        with pytest.raises(ValueError, match="probabilities"):
            refined(refiner, image, other, truth)


def test_a_catalogue_entry_without_a_row_fails_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(catalogue.REFINERS, "newcomer", "refiners.identity:Identity")
    (row,) = [row for row in rows() if row.id == "newcomer-0"]
    with pytest.raises(pytest.fail.Exception, match=r"'newcomer' .* no row in VARIANTS"):
        built(*row.values[0], tmp_path)
