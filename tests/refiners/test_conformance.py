"""What every refiner of the catalogue promises, whatever it does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.bench.plugins.protocols import FileRefiner, OracleRefiner
from boundary_bench.metrics.structures.binary_mask import BinaryMask, above_half
from boundary_bench.metrics.structures.segmentation import (
    InstanceSet,
    PanopticMap,
    Segmentation,
    SemanticMap,
    Task,
)
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.classical.grabcut import GrabCut
from boundary_bench.refiners.classical.guided_filter import GuidedFilter
from boundary_bench.refiners.classical.identity import Identity
from boundary_bench.refiners.classical.majority_filter import MajorityFilter
from boundary_bench.refiners.classical.prior_shift import PriorShift
from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.offset_files import SegFixOffsets
from boundary_bench.refiners.segfix.offset_io import write_offsets
from boundary_bench.refiners.segfix.oracle import OracleOffset
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.files import read_edges, write_npz
from boundary_bench.refiners.steal.refiner import StealEdges
from tests.effort import examples
from tests.refiners.filled_networks import fill_by_rule
from tests.refiners.inputs import KINDS, TYPES, contents, inputs, nothing, one_label
from tests.strategies import CLASSES, wide
from tests.void import WIDE_VOID

SAMPLE, SIZE = "sample", (30, 26)
WEIGHTS = [1.0, 0.3, 2.0, 1.0, 5.0]
TASKS = {"semantic", "instance", "panoptic", "binary", "edges"}

# Parameters to test a catalogue entry with; several rows where they make it another refiner. `{folder}` has offsets,
# `{checkpoint}` SegFix's network, `{refinement}` BPR's, `{guidance}` GUM's, `{edges}` STEAL's; `{saved}` has edges.
VARIANTS = {
    "identity": [{}],
    "majority_filter": [{}],
    "prior_shift": [{"weights": WEIGHTS}],
    "guided_filter": [{}, {"radius_px": 1, "eps": 1e-2}, {"source": "probabilities"}],
    "grabcut": [{}, {"band_px": 2, "iterations": 2}, {"coarse": True}],
    "densecrf": [
        {"iterations": 2},
        {"preset": "deeplab", "source": "labels", "iterations": 3, "margin_px": 4},
        {"gaussian_compat": 0, "bilateral_compat": 6, "bilateral_sxy": 4, "bilateral_srgb": 20, "iterations": 1},
    ],
    "oracle_replace": [{"distance_px": 2}, {"distance_px": "inf"}],
    "oracle_offset": [{}, {"directions": 4, "until_interior": True}],
    "segfix": [
        {"checkpoint": "{checkpoint}", "cache": "{folder}"},
        {"checkpoint": "{checkpoint}", "cache": "{folder}", "until_interior": True, "crops": True},
    ],
    "segfix_offsets": [
        {"offsets": "{folder}"},
        {"offsets": "{folder}", "until_interior": True},
        {"offsets": "{folder}", "legacy": "align_corners_true"},
    ],
    "bpr": [
        {"checkpoint": "{refinement}", "patch_px": 8, "input_px": 32},
        {"checkpoint": "{refinement}", "scheme": "grid", "patch_px": 6, "padding_px": 2, "max_patches": 3},
    ],
    "gum": [{"checkpoint": "{guidance}"}],
    "steal": [
        {"checkpoint": "{edges}"},
        {"checkpoint": "{edges}", "coarse": True},
        {"checkpoint": "{edges}", "balloon": 1, "smoothing": 0, "steps": [0, 2], "closeness": 1},
    ],
    "steal_edges": [{"edges": "{saved}"}, {"edges": "{saved}", "coarse": True, "steps": 3}],
    "oracle_steal": [{}, {"coarse": True, "steps": 4}, {"reduction": 3, "smoothing": 2}],
    "external": [{"command": ["cp", "{mask}", "{output}"]}],
    "chain": [
        {"stages": [PriorShift(WEIGHTS), MajorityFilter(1)]},
        {"stages": [Identity(), OracleOffset(4), MajorityFilter(1)]},
        {"stages": [GuidedFilter(2), GrabCut(1), MajorityFilter(1)]},
    ],
}
WIDE_CLASSES = 300
WIDE_IDS = np.array([3, 255, 256, 290, 299], np.int32)
"""Of the classes 0..4 in a data set of 300."""
# Other classes have a share in what these do: on more of them they give other labels.
OF_ALL_CLASSES = {"steal", "densecrf"}

STAYS_SOFT = {"identity", "guided_filter", "densecrf", "bpr"}
"""Refiners that give a soft mask for a soft one."""
SEMANTIC_ONLY = {"prior_shift", "gum"}

FROM_PROBABILITIES = {"prior_shift", "densecrf", "guided_filter", "gum", "chain"}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small are far slower on threads that have to wait for each other's processor."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("refiners")
    for kept in ("offsets", "edges"):
        (where / kept).mkdir()
    offsets = np.random.default_rng(0).integers(-2, 3, (*SIZE, 2)).astype(np.int8)
    write_offsets(where / "offsets" / f"{SAMPLE}.npz", offsets)
    BPR_CHECKPOINTS.save(
        where / "refinement.safetensors", fill_by_rule(RefinementNetwork("hrnet_tiny")), {"input_px": 32}
    )
    SEGFIX_CHECKPOINTS.save(where / "net.safetensors", fill_by_rule(SegFixNetwork("hrnet_tiny")), {})
    STEAL_CHECKPOINTS.save(where / "edges.safetensors", fill_by_rule(CASENet("casenet_tiny", CLASSES)), {})
    GUM_CHECKPOINTS.save(where / "guidance.safetensors", fill_by_rule(GuidanceNetwork("hrnet_tiny")), {})
    edges = np.random.default_rng(1).random((CLASSES, *SIZE)) ** 4
    write_npz(where / "edges" / f"{SAMPLE}.npz", edges.astype(np.float32))
    return where


def rows() -> list[object]:
    """One for each entry and variant; an entry without variants is a row too, so that it is noticed."""
    return [
        pytest.param((name, parameters), id=f"{name}-{index}")
        for name in catalogue.REFINERS
        for index, parameters in enumerate(VARIANTS.get(name, [None]))
    ]


@pytest.fixture(scope="module")
def wide_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `folder`, with edges of many classes."""
    where = tmp_path_factory.mktemp("wide")
    for name in ("offsets", "refinement.safetensors", "net.safetensors", "guidance.safetensors"):
        (where / name).symlink_to(folder / name)
    STEAL_CHECKPOINTS.save(where / "edges.safetensors", fill_by_rule(CASENet("casenet_tiny", WIDE_CLASSES)), {})
    (where / "edges").mkdir()
    edges = np.zeros((WIDE_CLASSES, *SIZE), np.float32)
    edges[WIDE_IDS] = read_edges([folder / "edges" / f"{SAMPLE}.npz"], SIZE)
    write_npz(where / "edges" / f"{SAMPLE}.npz", edges)
    return where


@pytest.fixture(params=rows())
def case(request: pytest.FixtureRequest, folder: Path) -> tuple[str, object]:
    name, parameters = request.param
    return name, built(name, parameters, folder)


def built(name: str, parameters: dict[str, object] | None, folder: Path) -> object:
    if parameters is None:
        pytest.fail(f"refiner {name!r} is in the catalogue but has no row in VARIANTS of {Path(__file__).name}")
    places = {
        "{folder}": folder / "offsets",
        "{checkpoint}": folder / "net.safetensors",
        "{refinement}": folder / "refinement.safetensors",
        "{guidance}": folder / "guidance.safetensors",
        "{edges}": folder / "edges.safetensors",
        "{saved}": folder / "edges",
    }
    filled = {k: places.get(value, value) if isinstance(value, str) else value for k, value in parameters.items()}
    return registry.build("refiners", name, filled)


def refined(refiner, image, prediction, truth):
    bound = refiner.for_sample(SAMPLE) if isinstance(refiner, FileRefiner) else refiner
    if isinstance(bound, OracleRefiner):
        return bound.refine_with_truth(image, prediction, truth)
    return bound.refine(image, prediction)


def test_every_row_of_the_table_is_for_an_entry():
    assert set(VARIANTS) <= set(catalogue.REFINERS), "VARIANTS has rows for refiners that the catalogue lacks"


def tasks_of(refiner) -> list[Task]:
    """Those that it has, of those that there are inputs for."""
    return [task for task in KINDS if task in refiner.tasks]


def test_what_it_says_of_itself(case):
    _, refiner = case
    assert isinstance(refiner.tasks, frozenset)
    assert refiner.tasks <= TASKS
    assert tasks_of(refiner)
    bound = refiner
    if isinstance(refiner, FileRefiner):
        bound = refiner.for_sample(SAMPLE)
        assert bound.tasks == refiner.tasks
        assert all(path.is_file() for path in refiner.files(SAMPLE))
    # The truth is handed over by type: a refiner with both methods could get it unnoticed.
    assert hasattr(bound, "refine") != hasattr(bound, "refine_with_truth")


def test_binary_masks_are_refined_by_all_but_those_of_classes(request, case):
    name, refiner = case
    stages = request.node.callspec.params["case"][1].get("stages", ())
    of_classes = name in SEMANTIC_ONLY or any(isinstance(stage, PriorShift) for stage in stages)
    assert ("binary" in refiner.tasks) != of_classes


def test_promises_on_any_input(case, subtests):
    for task in tasks_of(case[1]):
        with subtests.test(task=task):
            keeps_its_promises(case, task)


def keeps_its_promises(case, task: Task) -> None:
    name, refiner = case

    @settings(max_examples=examples(12))
    @given(st.data())
    def check(data: DataObject) -> None:
        image, prediction, truth = data.draw(inputs(task, SIZE))
        before = image.tobytes(), contents(prediction, truth)
        result = refined(refiner, image, prediction, truth)
        assert (image.tobytes(), contents(prediction, truth)) == before, "an input was written to"
        assert isinstance(result, TYPES[task])
        assert result.size == prediction.size
        KEPT[task](name, refiner, result, prediction, truth)
        again = refined(refiner, image, prediction, truth)
        assert contents(result) == contents(again), "a second call gave another result"

    check()


def test_label_maps_of_any_width(request, case, folder, wide_folder):
    """Ids keep their value, and void is what the type of a map says."""
    name, refiner = case
    if "semantic" not in refiner.tasks:
        return
    _, parameters = request.node.callspec.params["case"]
    of_many = built(name, widened(parameters), wide_folder)
    blends = parameters.get("legacy") is not None

    @settings(max_examples=examples(8))
    @given(st.data())
    def check(data: DataObject) -> None:
        image, prediction, truth = data.draw(inputs("semantic", SIZE, dtypes=(np.uint8,)))
        expected = refined(refiner, image, prediction, truth)
        found = refined(
            refiner, image, *(SemanticMap(wide(one.labels), one.probabilities) for one in (prediction, truth))
        )
        assert (expected.labels.dtype, found.labels.dtype) == (np.uint8, np.int32)
        np.testing.assert_array_equal(found.labels, wide(expected.labels))
        assert contents(found)[1:] == contents(expected)[1:], "other probabilities"
        if blends:
            return  # numbers that are blended do not keep their value
        many = refined(of_many, image, spread(prediction), spread(truth))
        assert many.labels.dtype == np.int32
        if name not in OF_ALL_CLASSES or parameters.get("source") == "labels":
            np.testing.assert_array_equal(many.labels, spread(expected).labels)
        assert set(np.unique(many.labels)) <= {*range(WIDE_CLASSES), many.void}
        if keeps_void(name, refiner):
            np.testing.assert_array_equal(many.labels == many.void, prediction.labels == prediction.void)

    check()


def spread(one: SemanticMap) -> SemanticMap:
    """A map of the classes 0..4 as one of `WIDE_IDS` among `WIDE_CLASSES`."""
    labels = np.append(WIDE_IDS, np.int32(WIDE_VOID))[wide(one.labels)]
    if one.probabilities is None:
        return SemanticMap(labels)
    probabilities = np.zeros((WIDE_CLASSES, *one.probabilities.shape[1:]), np.float32)
    probabilities[WIDE_IDS] = one.probabilities
    return SemanticMap(labels, probabilities)


def widened(parameters: dict[str, object]) -> dict[str, object]:
    """Parameters of the same refiner for many classes."""
    weights = np.ones(WIDE_CLASSES)
    weights[WIDE_IDS] = WEIGHTS
    found = dict(parameters)
    if "weights" in found:
        found["weights"] = weights
    if "stages" in found:
        stages = found["stages"]
        found["stages"] = [PriorShift(weights) if isinstance(stage, PriorShift) else stage for stage in stages]
    return found


def keeps_of_labels(name, refiner, result: SemanticMap, prediction: SemanticMap, truth: SemanticMap) -> None:
    assert result.labels.dtype == prediction.labels.dtype
    if result.probabilities is not None:
        assert len(result.probabilities) == CLASSES
    allowed = set(np.unique(prediction.labels))
    if refiner_is_oracle(refiner):
        allowed |= set(np.unique(truth.labels))
    if name in FROM_PROBABILITIES and refiner.needs_probabilities:
        allowed |= set(range(CLASSES))
    assert set(np.unique(result.labels)) <= allowed
    if keeps_void(name, refiner):
        np.testing.assert_array_equal(result.labels == result.void, prediction.labels == prediction.void)


def keeps_of_objects(name, refiner, result: InstanceSet, prediction: InstanceSet, truth: InstanceSet) -> None:
    for column in ("categories", "scores", "crowd", "ids"):
        np.testing.assert_array_equal(getattr(result, column), getattr(prediction, column))
    assert (result.void, result.federated) == (prediction.void, prediction.federated)
    np.testing.assert_array_equal(result.areas, result.masks.areas)
    assert not result.masks.areas[prediction.masks.areas == 0].any(), "pixels came out of nothing"


def keeps_of_segments(name, refiner, result: PanopticMap, prediction: PanopticMap, truth: PanopticMap) -> None:
    left = np.isin(prediction.segments, result.ids)
    np.testing.assert_array_equal(result.segments, prediction.segments[left])
    for column in ("categories", "scores", "crowd"):
        np.testing.assert_array_equal(getattr(result, column), getattr(prediction, column)[left])
    if keeps_void(name, refiner):
        np.testing.assert_array_equal(result.ids == 0, prediction.ids == 0)


def keeps_of_masks(name, refiner, result: BinaryMask, prediction: BinaryMask, truth: BinaryMask) -> None:
    assert result.void is None
    soft = prediction.probabilities is not None and name in STAYS_SOFT
    assert (result.probabilities is not None) == soft
    if soft:
        np.testing.assert_array_equal(result.mask, above_half(result.probabilities))
        assert name == "identity" or result.probabilities.dtype == np.float32
    uniform = prediction.mask.all() or not prediction.mask.any()
    if uniform and getattr(refiner, "distance_px", 0) != np.inf:
        np.testing.assert_array_equal(result.mask, prediction.mask)


KEPT = {
    "semantic": keeps_of_labels,
    "instance": keeps_of_objects,
    "panoptic": keeps_of_segments,
    "binary": keeps_of_masks,
}


def refiner_is_oracle(refiner: object) -> bool:
    return isinstance(refiner, OracleRefiner)


def keeps_void(name: str, refiner: object) -> bool:
    """What moves labels moves void like any other, coarse labels grow, and the truth may know what void hides."""
    moves = name in ("segfix", "segfix_offsets") or getattr(refiner, "coarse", False)
    return not refiner_is_oracle(refiner) and not moves


def test_a_task_that_it_does_not_have_is_refused(case, subtests):
    """By `tasks` where runs are planned; whoever calls it none the less is told what it got."""
    _, refiner = case
    for task in set(KINDS) - set(tasks_of(refiner)):
        prediction: Segmentation = one_label(task, SIZE)
        message = type(prediction).__name__ + "|probabilities"
        with subtests.test(task=task), pytest.raises((TypeError, ValueError), match=message):
            refined(refiner, np.zeros((*SIZE, 3), np.uint8), prediction, prediction)


def test_a_single_pixel_and_a_single_row(case, subtests):
    _, refiner = case
    if isinstance(refiner, SegFixOffsets | StealEdges):
        return  # they are bound to the size of their files
    for task, size in itertools.product(tasks_of(refiner), [(1, 1), (1, 7), (7, 1)]):
        same = one_label(task, size)
        with subtests.test(task=task, size=size):
            assert refined(refiner, np.zeros((*size, 3), np.uint8), same, same).size == size


def test_where_there_is_nothing_there_stays_nothing(case, subtests):
    _, refiner = case
    for task in tasks_of(refiner):
        empty = nothing(task, SIZE)
        with subtests.test(task=task):
            result = refined(refiner, np.zeros((*SIZE, 3), np.uint8), empty, empty)
            labels_only = SemanticMap(empty.labels) if isinstance(empty, SemanticMap) else empty
            assert contents(result)[: len(contents(labels_only))] == contents(labels_only)


def test_probabilities_that_are_needed_and_absent_or_of_another_view_are_refused(case):
    _, refiner = case
    if "semantic" not in refiner.tasks:
        return
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
    monkeypatch.setitem(catalogue.REFINERS, "newcomer", "boundary_bench.refiners.classical.identity:Identity")
    (row,) = [row for row in rows() if row.id == "newcomer-0"]
    with pytest.raises(pytest.fail.Exception, match=r"'newcomer' .* no row in VARIANTS"):
        built(*row.values[0], tmp_path)
