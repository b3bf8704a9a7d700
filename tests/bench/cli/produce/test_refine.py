"""Commands that write files for other programs: refine, make-offsets, tune, register."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy.io import loadmat

from boundary_bench.bench.cli.inputs import Inputs
from boundary_bench.bench.cli.produce.refine import RefineTask
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.majority_filter import MajorityFilter
from boundary_bench.refiners.classical.prior_shift import PriorShift
from boundary_bench.refiners.segfix.offsets import apply_offsets, offsets_of_labels
from tests.bench.cli.street import IDS, SIZE, call, read, write


def test_refined_maps_are_what_the_refiner_returns(street, capsys, tmp_path):
    speckled = read(street.predictions / f"{IDS[0]}.png")
    speckled[5, 5] = speckled[20, 25] = 7
    write(street.predictions / f"{IDS[0]}.png", speckled)
    options = ("--refiner", "majority_filter", "--param", "radius_px=1", "--out", tmp_path / "refined", "--workers", 1)
    assert call("refine", *street.scored, *options) == 0
    assert "3 label maps" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "refined").rglob("*")) == [f"{name}.png" for name in IDS]
    expected = MajorityFilter(1).refine(np.zeros((*SIZE, 3), np.uint8), SemanticMap(speckled)).labels
    found = read(tmp_path / "refined" / f"{IDS[0]}.png")
    np.testing.assert_array_equal(found, expected)
    assert 7 not in found


def test_refined_maps_can_be_scored_again(street, capsys, tmp_path):
    options = ("--refiner", "oracle_replace", "--param", "distance_px=.inf", "--out", tmp_path / "r", "--workers", 1)
    assert call("refine", *street.scored, *options) == 0
    capsys.readouterr()
    scored = (*street.options, "--predictions", tmp_path / "r", "--workers", 1, "--json", "-")
    assert call("evaluate", *scored) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["mIoU"]["value"] == 1.0


def test_offsets_are_written_and_followed(street, capsys, tmp_path):
    assert call("make-offsets", *street.options, "--out", tmp_path / "o", "--workers", 1) == 0
    truth = read(street.root / "testannot" / f"{IDS[0]}.png")
    expected = offsets_of_labels(np.where(truth == 11, 255, truth).astype(np.uint8))
    assert np.count_nonzero(expected) > 0
    with np.load(tmp_path / "o" / f"{IDS[0]}.npz") as file:
        np.testing.assert_array_equal(file["offsets"], expected)
        assert str(file["targets"]) == "released"
    options = ("--refiner", "segfix-offsets", "--offsets", tmp_path / "o", "--out", tmp_path / "r", "--workers", 1)
    assert call("refine", *street.scored, *options) == 0
    prediction = read(street.predictions / f"{IDS[0]}.png")
    followed = read(tmp_path / "r" / f"{IDS[0]}.png")
    assert set(np.unique(followed)) <= {1, 3}
    # Scale 2 is SegFix's default for label maps.
    np.testing.assert_array_equal(followed, apply_offsets(prediction, expected, scale=2))


def test_offsets_for_the_authors_tools(street, tmp_path):
    options = ("--out", tmp_path / "o", "--format", "mat", "--directions", 4, "--targets", "paper", "--workers", 1)
    assert call("make-offsets", *street.options, *options) == 0
    found = loadmat(tmp_path / "o" / f"{IDS[1]}.mat")["mat"]
    truth = read(street.root / "testannot" / f"{IDS[1]}.png")
    void = np.where(truth == 11, 255, truth).astype(np.uint8)
    np.testing.assert_array_equal(found, offsets_of_labels(void, directions=4, targets="paper"))


def test_directions_that_do_not_exist_are_refused(street, capsys, tmp_path):
    assert call("make-offsets", *street.options, "--out", tmp_path / "o", "--directions", 5) == 2
    assert "4, 8, 16, 32" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("spoil", ["missing", "shape", "nan"])
def test_bad_offsets_are_refused_before_anything_is_written(street, capsys, tmp_path, spoil):
    assert call("make-offsets", *street.options, "--out", tmp_path / "o", "--workers", 1) == 0
    path = tmp_path / "o" / f"{IDS[2]}.npz"
    if spoil == "missing":
        path.unlink()
    else:
        bad = np.full((*SIZE, 2), np.nan) if spoil == "nan" else np.zeros((3, 3), np.int8)
        np.savez(path, offsets=bad)
    capsys.readouterr()
    options = ("--refiner", "segfix-offsets", "--offsets", tmp_path / "o", "--out", tmp_path / "r", "--workers", 1)
    assert call("refine", *street.scored, *options) == 2
    err = capsys.readouterr().err
    assert IDS[2] in err
    assert IDS[0] not in err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--refiner", "majority"), "majority_filter"),
        (("--refiner", "majority_filter", "--param", "radius=1"), "did you mean 'radius_px'?"),
        (("--refiner", "majority_filter", "--param", "radius_px"), "key=value"),
        (("--refiner", "prior_shift", "--param", f"weights={[1] * 11}"), "needs class probabilities"),
        (("--refiner", "identity", "--missing", "empty"), "nothing to refine"),
    ],
)
def test_bad_options_of_refine_are_refused(street, capsys, tmp_path, options, said):
    assert call("refine", *street.scored, "--out", tmp_path / "r", *options) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_a_folder_with_something_in_it_is_not_written_into(street, capsys, tmp_path):
    for command, options in (("refine", (*street.scored, "--refiner", "identity")), ("make-offsets", street.options)):
        assert call(command, *options, "--out", street.predictions) == 2
        assert "a new or an empty folder" in capsys.readouterr().err


def test_the_task_of_refine_travels_to_workers(street):
    inputs = Inputs("camvid", "test", street.root, str(street.predictions))
    name, refined = pickle.loads(pickle.dumps(RefineTask(inputs.experiment())))(Sample(IDS[0]))
    assert name == IDS[0]
    np.testing.assert_array_equal(refined.labels, read(street.predictions / f"{IDS[0]}.png"))


def test_a_tuned_preset_is_read_by_prior_shift_and_helps(street, capsys, tmp_path):
    scored = ("--dataset", "camvid", "--root", street.root, "--split", "val", "--predictions", street.predictions)
    preset = tmp_path / "preset.json"
    assert call("tune", "prior_shift", *scored, "--probabilities", street.probabilities, "--out", preset) == 0
    assert "3 images" in capsys.readouterr().out
    document = json.loads(preset.read_text())
    assert document["fitted_on"] == {"dataset": "camvid", "split": "val", "predictions": "test"}
    assert document["mean_iou_after"] >= document["mean_iou_before"]
    assert PriorShift(preset).weights.shape == (11,)


@pytest.mark.parametrize(
    ("split", "more", "said"),
    [("test", ("--probabilities",), "no result is reported on"), ("val", (), "labels only")],
)
def test_tuning_on_the_test_split_or_without_probabilities_is_refused(street, capsys, tmp_path, split, more, said):
    scored = ("--dataset", "camvid", "--root", street.root, "--split", split, "--predictions", street.predictions)
    folder = tuple(part for option in more for part in (option, street.probabilities))
    assert call("tune", "prior_shift", *scored, *folder, "--out", tmp_path / "p.json") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()


def test_registering_checks_the_files_and_keeps_names_apart(street, capsys):
    given = (*street.options, "--path", street.predictions)
    assert call("register", "net", *given) == 0
    assert "3 files" in capsys.readouterr().out
    assert call("register", "net", *given) == 2
    assert call("register", "net", *given, "--overwrite") == 0
    write(street.predictions / f"{IDS[0]}.png", np.full(SIZE, 99, np.uint8))
    assert call("register", "other", *given) == 2
    capsys.readouterr()
    assert call("list", "registered") == 0
    assert "other" not in capsys.readouterr().out


def test_list_names_what_is_built_in(capsys):
    assert call("list", "refiners") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("identity", "majority_filter", "oracle_offset", "segfix_offsets"))
    assert "datasets:" not in out
