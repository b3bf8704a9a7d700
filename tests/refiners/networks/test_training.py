from __future__ import annotations

import dataclasses
import json

import pytest
import torch
from torch import nn

from boundary_bench.refiners.networks import training
from boundary_bench.refiners.networks.loss_log import LOSSES, read_losses
from boundary_bench.refiners.networks.training import CHECKPOINT, Recipe, train

SHORT = Recipe(steps=6, batch=3, learning_rate=0.05, warm_up=2)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Dropout(), nn.Conv2d(4, 1, 1))


def examples(rng, place):
    image = torch.from_numpy(rng.normal(size=(1, 6, 5)).astype("float32"))
    return image, 2 * image[0] + place


def squares(output, targets):
    error = (output[:, 0].float() - targets[0]).square().mean()
    return {"loss": error, "twice": 2 * error}


def trained(folder, recipe=SHORT, **options):
    net = network()
    definition = options.pop("definition", {"data": "drawn"})
    options = {"losses": squares, "examples": examples, **options}
    done = train(net, recipe=recipe, folder=folder, definition=definition, **options)
    return done, net.state_dict(), read_losses(folder)


class Stopped(Exception):
    pass


def stops_at(step):
    calls = []

    def losses(output, targets):
        calls.append(step)
        if len(calls) > step:
            raise Stopped
        return squares(output, targets)

    return losses


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_a_stopped_training_ends_as_an_unbroken_one(tmp_path, optimiser):
    recipe = dataclasses.replace(SHORT, optimiser=optimiser)
    done, weights, losses = trained(tmp_path / "whole", recipe)
    assert done
    assert [row["step"] for row in losses] == list(range(6))
    stops = 0
    while not trained(tmp_path / "parts", recipe, seconds=0)[0]:
        stops += 1
    _, again, losses_again = trained(tmp_path / "parts", recipe)
    assert stops == 5
    assert losses_again == losses
    assert weights.keys() == again.keys()
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def in_parts(folder, middle):
    """Losses of a training whose steps 2 and 3 have other examples, and which examples were drawn."""
    drawn = []

    def noted(each):
        return lambda rng, place: drawn.append(each) or each(rng, place)

    for until, each in ((2, examples), (2, examples), (4, middle), (None, examples)):
        done, _, losses = trained(folder, until=until, examples=noted(each))
        assert done
        assert len(losses) == (until or 6)
    return losses, drawn


def test_a_training_in_parts_is_one_whose_examples_change_between_them(tmp_path):
    def darker(rng, place):
        image, target = examples(rng, place)
        return image - 1, target

    _, _, whole = trained(tmp_path / "whole")
    same, _ = in_parts(tmp_path / "same", examples)
    other, drawn = in_parts(tmp_path / "other", darker)
    assert same == whole
    assert other[:2] == whole[:2]
    assert other[2:] != whole[2:]
    assert drawn == [each for each in (examples, darker, examples) for _ in range(6)], "none for steps of another part"
    assert not trained(tmp_path / "stopped", until=3, seconds=0)[0]


def test_what_came_after_the_checkpoint_is_done_again(tmp_path, monkeypatch):
    _, _, losses = trained(tmp_path / "whole")
    trained(tmp_path / "killed", seconds=0)
    monkeypatch.setattr("boundary_bench.refiners.networks.loss_log.REPORT_SECONDS", 0)
    with pytest.raises(Stopped):
        trained(tmp_path / "killed", losses=stops_at(3))
    assert len(read_losses(tmp_path / "killed")) == 4
    with (tmp_path / "killed" / LOSSES).open("a") as file:
        file.write('{"step": 4, "lo')
    assert trained(tmp_path / "killed")[2] == losses


def test_checkpoints_are_written_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    with pytest.raises(Stopped):
        trained(tmp_path, losses=stops_at(4))
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == 4
    assert len(read_losses(tmp_path)) == 4


def test_every_step_draws_its_own_examples(tmp_path):
    drawn = []

    def recorded(rng, place):
        drawn.append((place, float(rng.random())))
        return examples(rng, place)

    trained(tmp_path, examples=recorded)
    assert sorted(place for place, _ in drawn) == sorted([0, 1, 2] * 6)
    assert len({number for _, number in drawn}) == 18


def test_the_seed_decides(tmp_path):
    _, _, first = trained(tmp_path / "a")
    _, _, second = trained(tmp_path / "b", dataclasses.replace(SHORT, seed=1))
    assert first[0]["loss"] != second[0]["loss"]


def test_the_loss_falls(tmp_path):
    _, _, losses = trained(tmp_path, Recipe(steps=150, batch=4, learning_rate=0.05))
    assert losses[-1]["loss"] < 0.5 * losses[0]["loss"]
    assert losses[-1]["twice"] == pytest.approx(2 * losses[-1]["loss"])


@pytest.mark.parametrize("other", [{"steps": 7}, {"learning_rate": 0.1}, {"seed": 3}])
def test_refuses_the_checkpoint_of_another_recipe(tmp_path, other):
    trained(tmp_path, seconds=0)
    (name,) = other
    with pytest.raises(ValueError, match=f"{name} is .*; allowed: {name} {other[name]}"):
        trained(tmp_path, dataclasses.replace(SHORT, **other))


def test_refuses_the_checkpoint_of_other_data(tmp_path):
    trained(tmp_path, seconds=0)
    with pytest.raises(ValueError, match="data is 'drawn'; allowed: data 'found'"):
        trained(tmp_path, definition={"data": "found"})


def test_a_loss_that_is_not_finite_ends_the_training(tmp_path):
    with pytest.raises(FloatingPointError, match=r"loss of step \d is nan"):
        trained(tmp_path, losses=lambda output, targets: {"loss": output.mean() * torch.nan})
    assert not (tmp_path / CHECKPOINT).exists()


def test_an_error_of_an_example_is_the_errors_end(tmp_path):
    def broken(rng, place):
        raise KeyError(place)

    with pytest.raises(KeyError):
        trained(tmp_path, examples=broken)


def test_tells_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("boundary_bench.refiners.networks.loss_log.REPORT_SECONDS", 0)
    told = []
    _, _, losses = trained(tmp_path, report=told.append)
    assert [(one.step, one.steps) for one in told] == [(step, 6) for step in range(1, 7)]
    assert [one.losses["loss"] for one in told] == [row["loss"] for row in losses]
    assert told[-1].seconds_left == 0 < told[0].seconds_left


def test_bfloat16_is_near(tmp_path):
    _, _, full = trained(tmp_path / "full")
    _, _, half = trained(tmp_path / "half", dataclasses.replace(SHORT, precision="bfloat16"))
    assert half[0]["loss"] != full[0]["loss"]
    assert half[0]["loss"] == pytest.approx(full[0]["loss"], rel=0.05)


def test_learning_rate_by_hand():
    recipe = Recipe(steps=4, batch=1, learning_rate=0.5, warm_up=2, power=2.0)
    assert [recipe.rate(step) for step in range(4)] == [0.5 * 0.5, 0.5 * 0.75**2, 0.5 * 0.5**2, 0.5 * 0.25**2]


def test_large_gradients_are_clipped_to_a_norm(tmp_path):
    def first_step(**options):
        """How far the weights move in plain steps of rate 1, which is the norm of the gradients."""
        recipe = Recipe(steps=1, batch=3, learning_rate=1, momentum=0, weight_decay=0, **options)
        start, (_, weights, _) = network().state_dict(), trained(tmp_path / str(options), recipe)
        learned = [name for name, _ in network().named_parameters()]
        return torch.cat([(weights[name] - start[name]).ravel() for name in learned])

    whole = first_step()
    assert whole.norm() > 1
    torch.testing.assert_close(first_step(clip_norm=0.5), 0.5 * whole / whole.norm(), atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(first_step(clip_norm=1e6), whole)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch", 0),
        ("warm_up", -1),
        ("seed", -1),
        ("weight_decay", -0.1),
        ("learning_rate", 0),
        ("clip_norm", 0),
    ],
)
def test_bad_recipes(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed: "):
        Recipe(**{"steps": 1, "batch": 1, "learning_rate": 0.1, name: value})


def test_losses_are_lines_of_json(tmp_path):
    trained(tmp_path)
    lines = (tmp_path / LOSSES).read_text().splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"step", "loss", "twice"}] * 6
