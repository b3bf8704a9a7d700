from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from boundary_bench.bench.demo.network import Stride8Network
from boundary_bench.bench.demo.predict import load_network
from boundary_bench.bench.demo.training import Pairs, Recipe, Trainer, coarse_loss, main

SHORT = Recipe(steps=4, batch=2, images=3, crop_width_px=64)


@pytest.fixture
def pairs() -> Pairs:
    rng = np.random.default_rng(5)
    return (
        rng.integers(0, 256, (3, 64, 96, 3), dtype=np.uint8),
        rng.choice(np.array([0, 3, 18, 255], np.uint8), (3, 64, 96)),
    )


def test_a_resumed_training_ends_as_an_unbroken_one(pairs: Pairs, tmp_path: Path) -> None:
    whole = Trainer(SHORT, pairs)
    losses = [whole.advance() for _ in range(4)]
    first = Trainer(SHORT, pairs)
    again = [first.advance(), first.advance()]
    first.save(tmp_path / "checkpoint.pt")
    second = Trainer(SHORT, pairs)
    second.resume(tmp_path / "checkpoint.pt")
    assert second.step == 2
    again += [second.advance(), second.advance()]
    assert again == losses
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name


def test_another_seed_trains_another_network(pairs: Pairs) -> None:
    other = Recipe(steps=4, batch=2, images=3, crop_width_px=64, seed=1)
    assert Trainer(SHORT, pairs).advance() != Trainer(other, pairs).advance()


def test_refuses_the_checkpoint_of_another_recipe(pairs: Pairs, tmp_path: Path) -> None:
    Trainer(SHORT, pairs).save(tmp_path / "checkpoint.pt")
    other = Trainer(Recipe(steps=5, batch=2, images=3, crop_width_px=64), pairs)
    with pytest.raises(ValueError, match="another recipe"):
        other.resume(tmp_path / "checkpoint.pt")


def test_void_does_not_count_in_the_loss() -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(1, 19, 2, 3, generator=generator)
    labels = torch.randint(0, 19, (1, 16, 24), generator=generator)
    masked = labels.clone()
    masked[:, :8] = 255
    enlarged = torch.nn.functional.interpolate(logits, (16, 24), mode="bilinear", align_corners=False)
    shares = torch.log_softmax(enlarged, dim=1).gather(1, labels[:, None])[0, 0]
    assert float(coarse_loss(logits, labels)) == pytest.approx(float(-shares.mean()), rel=1e-5)
    assert float(coarse_loss(logits, masked)) == pytest.approx(float(-shares[8:].mean()), rel=1e-5)


def test_logits_are_at_an_eighth() -> None:
    network = Stride8Network(classes=5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 100)).shape == (2, 5, 8, 13)


def test_command_line_stops_in_time_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "weights.safetensors"
    options = ["--out", str(out), "--steps", "2", "--images", "2", "--seed", "7"]
    assert main([*options, "--minutes", "0"]) == 1
    assert not out.exists()
    assert main(options) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]
    assert sum(p.numel() for p in load_network(out).parameters()) == 841531
