from __future__ import annotations

import pytest

from bench.datasets.synthetic import Synthetic
from bench.training import data_card, training_card


def test_a_card_says_nothing_about_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
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


def test_final_losses_are_those_of_the_last_hundred_steps():
    losses = [{"step": step, "loss": float(step), "part": 1.0} for step in range(150)]
    found = training_card({}, losses, ["bench"])["final_losses"]
    assert found == {"loss": pytest.approx((50 + 149) / 2), "part": 1.0}


def test_data_is_known_by_its_contents():
    one, same, other = (data_card(Synthetic("train", images=count)) for count in (2, 2, 3))
    assert one == same
    assert (one["images"], one["task"]) == (2, "semantic")
    assert one["digest"] != other["digest"]
