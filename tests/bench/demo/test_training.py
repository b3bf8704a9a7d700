from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from boundary_bench.bench.datasets.synthetic import VERSION
from boundary_bench.bench.demo.checkpoint import STRIDE8_CHECKPOINTS
from boundary_bench.bench.demo.network import Stride8Network
from boundary_bench.bench.demo.predict import load_network
from boundary_bench.bench.demo.training import Crops, losses, main
from boundary_bench.refiners.networks.loss_log import read_losses


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Images whose red is their label's number, and labels."""
    labels = np.random.default_rng(5).integers(0, 19, (3, 64, 96), np.uint8)
    return np.stack([10 * labels] * 3, axis=-1), labels


def test_labels_are_those_of_every_second_pixel_of_the_image() -> None:
    crops, starts = Crops(*pairs(), width_px=64), set()
    for seed in range(40):
        image, labels = crops(np.random.default_rng(seed), 0)
        assert (image.shape, labels.shape, labels.dtype) == ((3, 64, 64), (32, 32), torch.int64)
        assert image.min() >= 0
        # Brightness and contrast change: red and label lie on a line, where nothing is cut off.
        inside = (image > 0) & (image < 1)
        places = [
            (row, column)
            for row, column in np.ndindex(2, 2)
            if straight(image[0, row::2, column::2], labels, inside[0, row::2, column::2])
        ]
        assert len(places) == 1
        starts |= set(places)
    assert starts == {(0, 0), (0, 1), (1, 0), (1, 1)}


def straight(image: torch.Tensor, labels: torch.Tensor, inside: torch.Tensor) -> bool:
    pair = torch.stack([image[inside], labels[inside].float()])
    return float(torch.corrcoef(pair)[0, 1]) > 0.999


def test_crops_are_mirrored_and_lie_anywhere() -> None:
    labels = np.tile(np.arange(96, dtype=np.uint8) // 2, (1, 64, 1))
    crops = Crops(np.zeros((1, 64, 96, 3), np.uint8), labels, width_px=32)
    rows = [crops(np.random.default_rng(seed), 0)[1][0].tolist() for seed in range(40)]
    assert len({min(row) for row in rows}) > 10
    assert {row[0] < row[-1] for row in rows} == {True, False}


def test_void_does_not_count_in_the_loss() -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(1, 19, 2, 3, generator=generator)
    labels = torch.randint(0, 19, (1, 16, 24), generator=generator)
    masked = labels.clone()
    masked[:, :8] = -1
    enlarged = torch.nn.functional.interpolate(logits, (16, 24), mode="bilinear", align_corners=False)
    shares = torch.log_softmax(enlarged, dim=1).gather(1, labels[:, None])[0, 0]
    assert float(losses(logits, (labels,))["loss"]) == pytest.approx(float(-shares.mean()), rel=1e-5)
    assert float(losses(logits, (masked,))["loss"]) == pytest.approx(float(-shares[8:].mean()), rel=1e-5)


def test_logits_are_at_an_eighth() -> None:
    network = Stride8Network(classes=5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 64, 100)).shape == (2, 5, 8, 13)


def test_command_line_stops_in_time_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def train(name: str, *options: str, seed: int = 7) -> int:
        given = ["--steps", "2", "--images", "2", "--seed", str(seed), *options]
        return main(["--out", str(tmp_path / f"{name}.safetensors"), *given])

    assert train("parts", "--minutes", "0") == 1
    assert "the same command resumes it" in capsys.readouterr().out
    assert not (tmp_path / "parts.safetensors").exists()
    with pytest.raises(SystemExit, match="2"):
        train("parts", seed=8)
    assert "seed is 7; allowed: seed 8" in capsys.readouterr().err
    assert train("parts") == train("whole") == 0
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    network, card = STRIDE8_CHECKPOINTS.load(tmp_path / "parts.safetensors")
    whole = load_network(tmp_path / "whole.safetensors").state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in network.state_dict().items())
    assert sum(p.numel() for p in network.parameters()) == 841531
    assert (card["steps"], card["seed"], card["clip_norm"], card["generator_version"]) == (2, 7, 5.0, VERSION)
    assert card["command"].startswith("python -m boundary_bench.bench.demo.training --out ")


def test_names_of_files_that_could_not_be_read_again_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--out", str(tmp_path / "weights.pt")])
