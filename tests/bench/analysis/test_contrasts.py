from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.compared import Contrast, Contrasts, Tally, Wanted
from boundary_bench.bench.analysis.contrasts import contrasts, named
from boundary_bench.bench.analysis.costs import spent
from boundary_bench.bench.analysis.permutation import holm
from boundary_bench.bench.analysis.rows import rows_of_run
from boundary_bench.bench.analysis.scores import PairedScores
from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.results.table import Results
from tests.bench import fakes
from tests.bench.analysis.test_summary import counts, fill
from tests.bench.worlds import HERE, experiment

WANTED = Wanted(("identity",), ("accuracy",), fakes.CLASSES, permutations=100)


def made(tmp_path: Path, **changes: Any) -> tuple[PairedScores, Results]:
    outcome = run(experiment(tmp_path, **changes))
    results = summarise_run(outcome.store, outcome.plan)
    return PairedScores(rows_of_run(outcome.store, results.dataset)), results


def one(found: Contrasts, refiner: str, class_name: str | None = None, predictions: str = "first") -> Contrast:
    (contrast,) = (
        each
        for each in (*found.overall, *found.by_class)
        if (each.predictions, each.refiner, each.class_name) == (predictions, refiner, class_name)
    )
    return contrast


@pytest.mark.parametrize("method", ["percentile", "normal"])
def test_differences_to_the_identity_are_those_of_the_run(tmp_path: Path, method: str) -> None:
    scores, results = made(tmp_path, bootstrap={"replicates": 60, "seed": 2, "interval": method})
    found = contrasts(scores, WANTED)
    numbers = results.numbers[results.numbers["refiner"] != "identity"]
    assert len(numbers) == len(found.overall) + len(found.by_class) == 16
    for row in numbers.to_dict("records"):
        contrast = one(found, row["refiner"], row["class"], row["predictions"])
        expected = [row[name] for name in ("value", "difference", "difference_low", "difference_high")]
        assert [contrast.value, contrast.difference, contrast.low, contrast.high] == expected


def test_p_and_tallies_by_hand(tmp_path: Path) -> None:
    found = contrasts(made(tmp_path)[0], WANTED)
    hits, pixels = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    total = pixels.sum()
    gain = (filled - hits).sum(axis=1) / total
    signs = np.array(np.meshgrid(*[[1, -1]] * 5)).reshape(5, -1)
    expected = np.mean(np.abs(gain @ signs) >= abs(gain.sum()) - 1e-12)
    contrast = one(found, "fill")
    assert contrast.p == pytest.approx(expected)
    assert (contrast.samples, contrast.units) == (5, 5)
    assert contrast.images == Tally(*(int(n) for n in ((gain > 0).sum(), (gain == 0).sum(), (gain < 0).sum())))
    by_class = (filled - hits).sum(axis=0)
    assert contrast.classes == Tally(
        *(int(n) for n in ((by_class > 0).sum(), (by_class == 0).sum(), (by_class < 0).sum()))
    )
    middle = one(found, "fill", "middle")
    assert middle.difference == pytest.approx(by_class[1] / pixels[:, 1].sum())
    assert (middle.images, middle.classes) == (None, None)
    assert np.isnan(middle.p)
    assert [each.adjusted for each in found.overall] == holm([each.p for each in found.overall])
    assert any(each.adjusted > each.p for each in found.overall)


def test_the_images_that_lost_most_come_first(tmp_path: Path) -> None:
    scores, _ = made(tmp_path, samples={"first": 5})
    found = contrasts(scores, replace(WANTED, worst=2))
    hits, pixels = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    before, after = (each.sum(axis=1) / pixels.sum(axis=1) for each in (hits, filled))
    lost = [i for i in np.argsort(after - before) if after[i] < before[i]][:2]
    assert lost
    listed = [each for each in found.worst if (each.predictions, each.refiner) == ("first", "fill")]
    assert [each.sample for each in listed] == [f"s{i}" for i in lost]
    np.testing.assert_allclose([[e.before, e.after] for e in listed], [[before[i], after[i]] for i in lost])
    # An oracle takes nothing away.
    assert not [each for each in found.worst if each.refiner == "copy"]
    assert not contrasts(scores, replace(WANTED, worst=0)).worst


def test_a_contrast_turned_round_changes_its_sign_and_is_found_once(tmp_path: Path) -> None:
    scores, _ = made(tmp_path)
    forth = one(contrasts(scores, replace(WANTED, against=("copy",))), "fill")
    back = one(contrasts(scores, replace(WANTED, against=("fill",))), "copy")
    assert (forth.difference, forth.low, forth.p) == pytest.approx((-back.difference, -back.high, back.p))
    assert forth.images is not None
    assert back.images is not None
    assert (forth.images.better, forth.images.worse) == (back.images.worse, back.images.better)
    both = contrasts(scores, replace(WANTED, against=("copy", "fill"), permutations=3)).overall
    pairs = [(each.predictions, frozenset((each.refiner, each.against))) for each in both]
    assert len(pairs) == len(set(pairs)) == 6


def test_clusters_are_resampled_and_exchanged_as_wholes(tmp_path: Path) -> None:
    clustered = {"name": f"{HERE}:Drawn", "split": "val", "clusters": 2}
    scores, _ = made(tmp_path, dataset=clustered)
    found = one(contrasts(scores, WANTED), "fill")
    assert (found.samples, found.units) == (5, 2)
    # Of two clusters there are two exchanges that differ in more than the sign.
    assert found.p in (0.5, 1.0)
    np.testing.assert_array_equal(scores.weights, bootstrap.weights(["c0", "c1", "c0", "c1", "c0"], 40, 0))
    alone, _ = made(tmp_path / "alone", dataset=clustered, bootstrap={"unit": "image", "replicates": 40})
    assert one(contrasts(alone, WANTED), "fill").units == 5


def test_contrasts_are_over_common_samples(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "fails_on": 3}]
    scores, _ = made(tmp_path, refiners=refiners)
    found = one(contrasts(scores, WANTED), "fill")
    hits, pixels = counts(tmp_path)
    filled, _ = counts(tmp_path, fill)
    kept = [0, 1, 2, 4]
    assert found.samples == 4
    assert found.difference == pytest.approx((filled - hits)[kept].sum() / pixels[kept].sum())


class Patchy(fakes.Fill):
    """Looks at as many patches as there are pixels of the first class; has learned nine numbers."""

    def count(self, prediction: Any) -> int:
        return int((prediction.labels == 0).sum())

    def network_parameters(self) -> int:
        return 9


class Innumerate(fakes.Fill):
    def count(self, prediction: Any) -> int:
        raise ZeroDivisionError


def test_costs_are_kept_with_the_run(tmp_path: Path) -> None:
    refiners = [
        "identity",
        {"name": f"{__name__}:Patchy", "label": "patchy"},
        {"chain": [{"name": f"{__name__}:Patchy"}, {"name": f"{__name__}:Patchy"}], "label": "twice"},
        {"name": f"{__name__}:Innumerate", "label": "innumerate"},
    ]
    scores, results = made(tmp_path, refiners=refiners)
    found = {(each.predictions, each.refiner): each for each in spent(scores.rows, results.provenance["parameters"])}
    of_class = [(np.load(tmp_path / "first" / f"s{i}.npy") == 0).sum() for i in range(5)]
    patchy = found["first", "patchy"]
    assert (patchy.patches_per_image, patchy.parameters, patchy.images) == (np.mean(of_class), 9, 5)
    rows = scores.rows.of(Cell("first", "patchy"), f"{HERE}:Accuracy").rows.values()
    assert patchy.seconds_per_image == pytest.approx(np.mean([row.seconds for row in rows]))
    assert patchy.memory_bytes == max((row.memory_bytes for row in rows if row.memory_bytes is not None), default=None)
    assert (found["first", "twice"].parameters, found["first", "twice"].patches_per_image) == (18, None)
    assert (found["first", "innumerate"].patches_per_image, found["first", "innumerate"].images) == (None, 5)
    identity = found["first", "identity"]
    assert (identity.seconds_per_image, identity.parameters, identity.memory_bytes) == (0, 0, None)


def test_two_measurements_of_one_image_are_refused(tmp_path: Path) -> None:
    scores, results = made(tmp_path)
    outcome = run(experiment(tmp_path), resume=True)
    row = next(iter(outcome.store.rows().values()))
    outcome.store.append([replace(row, identity="other")])
    with pytest.raises(InputError, match="two measurements of s"):
        rows_of_run(outcome.store, results.dataset)
    with pytest.raises(InputError, match="did you mean 'fill'"):
        named(scores.rows, ("fil",))


def test_refiners_go_by_their_labels_or_by_what_only_one_label_begins_with(tmp_path: Path) -> None:
    labels = ("fill 1", "fill 2", "median 3")
    refiners = ["identity", *({"name": f"{HERE}:Fill", "label": label} for label in labels)]
    scores, _ = made(tmp_path, refiners=refiners)
    assert named(scores.rows, ["median", "fill 2", "identity", "median 3"]) == (
        "median 3",
        "fill 2",
        "identity",
    )
    with pytest.raises(InputError, match="allowed: fill 1, fill 2"):
        named(scores.rows, ["fill"])


def test_what_was_not_there_cost_nothing(tmp_path: Path) -> None:
    experiment(tmp_path)  # saves the predictions
    (tmp_path / "first" / "s2.npy").unlink()
    scores, _ = made(tmp_path, missing="empty")
    images = {(each.predictions, each.refiner): each.images for each in spent(scores.rows, {})}
    assert (images["first", "fill"], images["second", "fill"]) == (4, 5)
    assert one(contrasts(scores, WANTED), "fill").samples == 5
