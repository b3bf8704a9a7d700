from __future__ import annotations

import sys
from types import ModuleType

import pytest
import torch

from boundary_bench.refiners.networks.loss_log import LOSSES, loss_log, read_losses

TENSORBOARD = "torch.utils.tensorboard"


class Writer:
    """Stands in for TensorBoard's, and tells what it was asked to do."""

    def __init__(self, log_dir, purge_step):
        self.folder, self.first, self.points, self.flushed, self.closed = log_dir, purge_step, [], 0, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def add_scalar(self, name, value, step):
        self.points.append((step, name, value))

    def flush(self):
        self.flushed = len(self.points)


@pytest.fixture
def writers(monkeypatch):
    """Those that are made, where TensorBoard is installed."""
    made = []
    module = ModuleType(TENSORBOARD)
    module.SummaryWriter = lambda *given, **named: made.append(Writer(*given, **named)) or made[-1]
    monkeypatch.setitem(sys.modules, TENSORBOARD, module)
    return made


@pytest.fixture
def absent(monkeypatch):
    """TensorBoard is not installed."""
    monkeypatch.setitem(sys.modules, TENSORBOARD, None)


def logged(folder, first, last):
    with loss_log(folder, first) as log:
        for step in range(first, last):
            log.add(step, {"loss": torch.tensor(step + 0.5), "part": torch.tensor(2.0)})
        return log.write()


def test_losses_are_logged_without_tensorboard(tmp_path, absent):
    assert logged(tmp_path, 0, 2) == {"loss": 1.0, "part": 2.0}
    assert read_losses(tmp_path) == [{"step": step, "loss": step + 0.5, "part": 2.0} for step in range(2)]
    assert [path.name for path in tmp_path.iterdir()] == [LOSSES]


def test_curves_are_drawn_with_it(tmp_path, writers):
    logged(tmp_path, 0, 2)
    (writer,) = writers
    assert (writer.folder, writer.first) == (str(tmp_path), 0)
    assert writer.points == [(0, "loss", 0.5), (0, "part", 2.0), (1, "loss", 1.5), (1, "part", 2.0)]
    assert writer.flushed == 4
    assert writer.closed
    assert len(read_losses(tmp_path)) == 2


def test_a_training_that_goes_on_draws_from_where_it_was(tmp_path, writers):
    logged(tmp_path, 0, 3)
    logged(tmp_path, 2, 4)
    assert [writer.first for writer in writers] == [0, 2]
    assert [step for step, name, _ in writers[1].points if name == "loss"] == [2, 3]
    assert [row["step"] for row in read_losses(tmp_path)] == [0, 1, 2, 3]


@pytest.mark.parametrize("with_tensorboard", [True, False])
def test_curves_of_earlier_parts_are_left_alone(tmp_path, monkeypatch, request, with_tensorboard):
    earlier = tmp_path / "events.out.tfevents.0000000000"
    earlier.write_bytes(b"curves")
    request.getfixturevalue("writers" if with_tensorboard else "absent")
    logged(tmp_path, 0, 1)
    logged(tmp_path, 1, 2)
    assert earlier.read_bytes() == b"curves"
    assert len(read_losses(tmp_path)) == 2


def test_curves_are_closed_when_a_loss_is_not_finite(tmp_path, writers):
    def broken():
        with loss_log(tmp_path, 0) as log:
            log.add(0, {"loss": torch.tensor(torch.nan)})
            log.write()

    with pytest.raises(FloatingPointError, match="loss of step 0 is nan"):
        broken()
    assert writers[0].closed
    assert writers[0].points == []
