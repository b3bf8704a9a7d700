from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.plugins.protocols import FileRefiner, OracleRefiner
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.chain import Chain, OracleChain, chain
from boundary_bench.refiners.classical.identity import Identity
from boundary_bench.refiners.classical.majority_filter import MajorityFilter
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.classical.prior_shift import PriorShift
from tests.refiners.drawn import objects, pictures

IMAGE = np.zeros((2, 3, 3), np.uint8)
ZEROS = SemanticMap(np.zeros((2, 3), np.uint8), np.full((2, 2, 3), 0.5, np.float32))


class Doubled:
    """labels -> 2 * labels + 1: the order of stages shows."""

    tasks = frozenset({"semantic", "panoptic"})

    def __init__(self, plus=1):
        self.plus = plus

    def refine(self, image, prediction):
        return SemanticMap(2 * prediction.labels + np.uint8(self.plus), prediction.probabilities)


class TruthAdded:
    tasks = frozenset({"semantic"})

    def refine_with_truth(self, image, prediction, truth):
        return SemanticMap(prediction.labels + truth.labels)


class FromFile:
    """Reads a number, or knows the truth for samples called so."""

    tasks = frozenset({"semantic"})

    def __init__(self, folder):
        self.folder = folder

    def for_sample(self, sample_id):
        return TruthAdded() if sample_id == "oracle" else Doubled(len(sample_id))

    def files(self, sample_id):
        return [self.folder / f"{sample_id}.npz"]


def test_stages_run_in_order():
    chained = chain([Doubled(1), Doubled(3)])
    assert isinstance(chained, Chain)
    assert (chained.refine(IMAGE, ZEROS).labels == 2 * 1 + 3).all()


def test_the_truth_goes_to_oracles_only_and_the_type_tells():
    chained = chain([Doubled(1), TruthAdded(), Doubled(0)])
    truth = SemanticMap(np.full((2, 3), 10, np.uint8))
    assert isinstance(chained, OracleChain)
    assert isinstance(chained, OracleRefiner)
    assert not hasattr(chained, "refine")
    assert not isinstance(chain([Doubled()]), OracleRefiner)
    assert (chained.refine_with_truth(IMAGE, ZEROS, truth).labels == 2 * (1 + 10)).all()


def test_stages_that_read_files_are_bound_for_each_sample():
    chained = chain([FromFile(Path("a")), Doubled(1), FromFile(Path("b"))])
    assert isinstance(chained, FileRefiner)
    assert chained.files("xyz") == [Path("a/xyz.npz"), Path("b/xyz.npz")]
    assert (chained.for_sample("xyz").refine(IMAGE, ZEROS).labels == 2 * (2 * 3 + 1) + 3).all()
    assert isinstance(chained.for_sample("oracle"), OracleChain)
    with pytest.raises(TypeError, match=r"stage 1 \(FromFile\) reads files"):
        chained.refine(IMAGE, ZEROS)


def test_a_chain_in_a_chain():
    inner = chain([FromFile(Path("a")), TruthAdded()])
    outer = chain([Doubled(1), inner])
    truth = SemanticMap(np.full((2, 3), 10, np.uint8))
    assert isinstance(outer, OracleChain)
    assert outer.files("xyz") == [Path("a/xyz.npz")]
    refined = outer.for_sample("xyz").refine_with_truth(IMAGE, ZEROS, truth)
    assert (refined.labels == 2 * 1 + 3 + 10).all()


def test_objects_pass_through_all_stages():
    pair = ["####\n#.##\n####", "....\n.#..\n...."]
    chained = chain([Identity(), MajorityFilter(1), OracleReplace(1)])
    found = chained.refine_with_truth(IMAGE, objects(*pair), objects("####\n####\n###."))
    # The vote fills the hole and takes the speck; then nothing is left of the speck to be replaced, and the other
    # fills the image, so that it has no boundary.
    assert pictures(found) == ["####\n####\n####", "....\n....\n...."]


def test_tasks_are_those_in_common():
    class Panoptic(Doubled):
        tasks = frozenset({"panoptic"})

    assert chain([Doubled(), Identity()]).tasks == {"semantic", "panoptic"}
    assert chain([Identity(), MajorityFilter()]).tasks == {"semantic", "instance", "panoptic", "binary"}
    assert chain([Identity(), PriorShift([1, 2])]).tasks == {"semantic"}
    message = r"no common task \(stage 1 \(Panoptic\): panoptic, stage 2 \(PriorShift\): semantic\)"
    with pytest.raises(ValueError, match=message):
        chain([Panoptic(), PriorShift([1, 2])])


def test_probabilities_are_needed_where_a_stage_needs_them():
    assert not chain([Identity(), MajorityFilter()]).needs_probabilities
    assert chain([Identity(), PriorShift([1, 2])]).needs_probabilities
    chained = chain([PriorShift([1, 2]), MajorityFilter(1)])
    assert chained.needs_probabilities
    assert (chained.refine(IMAGE, ZEROS).labels == 1).all()
    with pytest.raises(ValueError, match=r"stage 1 \(PriorShift\) needs class probabilities and got none$"):
        chained.refine(IMAGE, SemanticMap(ZEROS.labels))


def test_a_stage_that_drops_probabilities_is_named():
    chained = chain([Identity(), MajorityFilter(), PriorShift([1, 2])])
    message = r"stage 3 \(PriorShift\) needs .* stage 2 \(MajorityFilter\) gave labels only"
    with pytest.raises(ValueError, match=message):
        chained.refine(IMAGE, ZEROS)


def test_what_is_no_chain_is_refused():
    with pytest.raises(ValueError, match="0 stages"):
        chain([])
    with pytest.raises(TypeError, match=r"stage 2 \(str\) is no refiner"):
        chain([Identity(), "identity"])
