from __future__ import annotations

import json

import numpy as np

from boundary_bench.bench.datasets.synthetic import Synthetic
from tests.bench.cli.street import IDS, SIZE, call, read, write
from tests.void import VOID

PANOPTIC, OBJECTS = f"{__name__}:Panoptic", f"{__name__}:Objects"


class Panoptic(Synthetic):
    """Two small pictures of segments."""

    def __init__(self) -> None:
        super().__init__("val", images=2, height_px=96, width_px=160, task="panoptic")


class Objects(Synthetic):
    """Two small pictures of objects."""

    def __init__(self) -> None:
        super().__init__("val", images=2, height_px=64, width_px=96, task="instance")


def simulate(out, *options) -> int:
    return call("simulate-coarse", *options, "--error-px", 3, "--out", out, "--workers", 1)


def test_label_maps_and_what_they_cost(street, tmp_path, capsys):
    out = tmp_path / "coarse"
    assert simulate(out, *street.options) == 0
    assert f"3 coarse label maps: {out}\nclicks an image: 8.00, mIoU:" in capsys.readouterr().out
    expected = np.full(SIZE, VOID, np.uint8)
    expected[:, :13], expected[:, 19:28] = 1, 3
    for name in IDS:
        np.testing.assert_array_equal(read(out / f"{name}.png"), expected)
    found = json.loads((out / "coarse.json").read_text())
    assert found["dataset"] == {"name": "camvid", "split": "test", "images": 3}
    assert found["classes"]["building"] == {"clicks_per_image": 4.0, "IoU": 13 / 16}
    assert found["classes"]["road"] == {"clicks_per_image": 4.0, "IoU": 9 / 15}
    assert found["classes"]["sky"]["IoU"] is None
    assert found["images"][IDS[0]] == {"clicks": {"building": 4, "road": 4}}
    assert sorted(path.name for path in out.iterdir()) == ["coarse.json", *(f"{name}.png" for name in IDS)]


def test_the_score_is_that_of_evaluate(street, tmp_path, capsys):
    assert simulate(tmp_path / "coarse", *street.options) == 0
    options = ("--predictions", tmp_path / "coarse", "--json", tmp_path / "scores.json", "--workers", 1)
    assert call("evaluate", *street.options, *options) == 0
    scores = json.loads((tmp_path / "scores.json").read_text())["metrics"]
    assert scores["mIoU"]["value"] == json.loads((tmp_path / "coarse" / "coarse.json").read_text())["mIoU"]


def test_processes_make_the_same(street, tmp_path):
    assert simulate(tmp_path / "one", *street.options) == 0
    options = ("--error-px", 3, "--out", tmp_path / "two", "--workers", 2)
    assert call("simulate-coarse", *street.options, *options) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_segments_are_drawn_one_by_one(tmp_path):
    assert simulate(tmp_path / "coarse", "--dataset", PANOPTIC) == 0
    scenes = Panoptic()
    for sample in scenes.samples():
        truth, drawn = scenes.truth(sample), read(tmp_path / "coarse" / sample.group / f"{sample.id}.png")
        table = dict(zip(truth.segments.tolist(), truth.categories.tolist(), strict=True))
        fine = np.vectorize(lambda number, table=table: table.get(number, VOID))(truth.ids)
        assert set(np.unique(drawn)) > {VOID}
        assert (fine[drawn != VOID] == drawn[drawn != VOID]).mean() > 0.999


def test_a_folder_with_something_in_it_is_left_alone(street, tmp_path, capsys):
    write(tmp_path / "coarse" / "mine.png", np.zeros((2, 2), np.uint8))
    assert simulate(tmp_path / "coarse", *street.options) == 2
    assert "a folder with something in it; allowed: a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "coarse").iterdir()] == ["mine.png"]


def test_files_are_checked_before_anything_is_drawn(street, tmp_path, capsys):
    for name in IDS[1:]:
        write(street.root / "testannot" / f"{name}.png", np.full(SIZE, 77, np.uint8))
    assert simulate(tmp_path / "coarse", *street.options) == 2
    error = capsys.readouterr().err
    assert error.count("ids 77") == 2
    assert not (tmp_path / "coarse").exists()


def test_truth_of_objects_is_refused(tmp_path, capsys):
    assert simulate(tmp_path / "coarse", "--dataset", OBJECTS) == 2
    assert "instance truth; allowed: semantic or panoptic truth" in capsys.readouterr().err


def test_an_error_below_one_is_refused(street, tmp_path):
    options = ("--error-px", 0, "--out", tmp_path / "coarse")
    assert call("simulate-coarse", *street.options, *options) == 2
