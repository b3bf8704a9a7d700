from __future__ import annotations

import pytest

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.training.base import data_card, training_card


def test_a_card_says_nothing_about_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BENCH_DATA", raising=False)
    given = [
        "/opt/x/bin/bench",
        "train",
        "segfix",
        "--root",
        "/data/me/camvid",
        "--dataset",
        "coco,images=/me/i,split=t",
    ]
    card = training_card({"steps": 2}, [{"step": 0, "loss": 1.0}], [*given, "--out", f"{tmp_path}/n.safetensors"])
    assert card["command"] == (
        "bench train segfix --root .../camvid --dataset coco,images=.../i,split=t --out n.safetensors"
    )
    assert card["steps"] == 2


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("{data}/camvid", "$BENCH_DATA/camvid"),
        ("../../data/camvid", "$BENCH_DATA/camvid"),
        ("--root=../../data/camvid", "--root=$BENCH_DATA/camvid"),
        ("coco,images=x/../../../data/i,split=t", "coco,images=$BENCH_DATA/i,split=t"),
        ("../../elsewhere/camvid", ".../camvid"),
        ("../net.safetensors", "../net.safetensors"),
        ("nets/net.safetensors", "nets/net.safetensors"),
        ("..", "../."),
        ("0.5", "0.5"),
        ("..x", "..x"),
    ],
)
def test_paths_that_lead_out_of_the_folder(tmp_path, monkeypatch, argument, expected):
    folder, data = tmp_path / "home" / "project", tmp_path / "data"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BENCH_DATA", str(data))
    card = training_card({}, [{"step": 0, "loss": 1.0}], ["bench", argument.format(data=data)])
    assert card["command"] == f"bench {expected}"


def test_final_losses_are_those_of_the_last_hundred_steps():
    losses = [{"step": step, "loss": float(step), "part": 1.0} for step in range(150)]
    found = training_card({}, losses, ["bench"])["final_losses"]
    assert found == {"loss": pytest.approx((50 + 149) / 2), "part": 1.0}


def test_data_is_known_by_its_contents():
    scenes = Synthetic("train", images=3)
    one, same, other = (data_card(scenes, scenes.samples()[:count]) for count in (2, 2, 3))
    assert one == same
    assert (one["images"], one["task"]) == (2, "semantic")
    assert one["digest"] != other["digest"]
