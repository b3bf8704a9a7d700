"""Recipes: what wins over what, and what is said of a file that is wrong."""

from __future__ import annotations

import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.training.recipes.load import load_recipe
from boundary_bench.bench.training.recipes.models import BPRRecipe, GUMRecipe, SegFixRecipe, StealRecipe
from boundary_bench.bench.training.recipes.named import recipe_keys, recipe_names

MODELS = (SegFixRecipe, BPRRecipe, GUMRecipe, StealRecipe)


@pytest.fixture
def written(tmp_path):
    """A recipe file of that text."""

    def write(text, name="mine.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("model", MODELS)
def test_the_papers_recipe_holds_every_key(model):
    assert sorted(recipe_keys(model.refiner)) == sorted(model.model_fields)


@pytest.mark.parametrize(("model", "name"), [(model, name) for model in MODELS for name in recipe_names(model.refiner)])
def test_every_named_recipe_is_one(model, name):
    assert load_recipe(model, name).steps >= 1


def test_options_win_over_set_which_wins_over_the_file_which_wins_over_the_paper(written):
    path = written("steps: 2\nbatch: 3\nseed: 4\ncrop: 24x32\n")
    found = load_recipe(SegFixRecipe, path, ["batch=30", "seed=40", "seed=41"], {"seed": 400, "backbone": None})
    assert (found.steps, found.batch, found.seed, found.crop) == (2, 30, 400, (24, 32))
    assert found.backbone == load_recipe(SegFixRecipe).backbone == "hrnet18"


def test_a_later_set_wins():
    assert load_recipe(SegFixRecipe, overrides=["seed=1", "seed=2"]).seed == 2


def test_a_name_comes_before_a_file(written, tmp_path, monkeypatch):
    written("steps: 1\n", "camvid")
    monkeypatch.chdir(tmp_path)
    assert load_recipe(SegFixRecipe, "camvid").steps == 3000


def test_numbers_that_yaml_takes_for_texts_are_numbers(written):
    found = load_recipe(SegFixRecipe, written("learning_rate: 3e-3\nwidth_px: inf\n"))
    assert (found.learning_rate, found.width_px) == (0.003, float("inf"))


def test_a_file_to_start_with_lies_beside_the_recipe(written, tmp_path, monkeypatch):
    (tmp_path / "net.safetensors").touch()
    path = written("start: net.safetensors\n")
    monkeypatch.chdir("/")
    assert load_recipe(BPRRecipe, path).start == str(tmp_path / "net.safetensors")
    assert load_recipe(BPRRecipe, path, options={"start": "camvid"}).start == "camvid"
    assert load_recipe(BPRRecipe, path, ["start=null"]).start is None
    assert load_recipe(BPRRecipe, written("start: synthetic\n")).start == "synthetic"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bacth: 3", "mine.yaml: bacth: an unknown key 'bacth'; did you mean 'batch'. allowed: steps"),
        ("batch: '3'", "mine.yaml: batch: '3'; allowed: a valid integer"),
        ("batch: 3.5", "mine.yaml: batch: 3.5; allowed: a valid integer"),
        ("batch: true", "mine.yaml: batch: True; allowed: a valid integer"),
        ("batch: 0", "mine.yaml: batch: 0; allowed: greater than or equal to 1"),
        ("learning_rate: true", "mine.yaml: learning_rate: True; allowed: a valid number"),
        ("learning_rate: fast", "mine.yaml: learning_rate: 'fast'; allowed: a valid number"),
        ("learning_rate: inf", "mine.yaml: learning_rate: 'inf'; allowed: a finite number"),
        ("momentum: 1", "mine.yaml: momentum: 1; allowed: less than 1"),
        ("optimiser: adamv", "mine.yaml: optimiser: 'adamv'; did you mean 'adamw'. allowed: 'sgd' or 'adamw'"),
        ("crop: [240, 320]", r"mine.yaml: crop: \[240, 320\]; allowed: height x width in pixels"),
        ("backbone: hrnet19", "mine.yaml: backbone: 'hrnet19'; did you mean 'hrnet18'. allowed: hrnet18"),
        ("- steps", "mine.yaml: a list; allowed: a mapping"),
        ("", "mine.yaml: an empty document; allowed: a mapping"),
        ("steps: [", "mine.yaml: not valid YAML; allowed: a mapping"),
    ],
)
def test_says_what_is_wrong_with_a_file(written, text, message):
    with pytest.raises(InputError, match=message):
        load_recipe(SegFixRecipe, written(text))


def test_says_everything_that_is_wrong_at_once(written):
    with pytest.raises(InputError) as caught:
        load_recipe(SegFixRecipe, written("batch: 0\nloss: none\n"), ["crop=9"], {"steps": 0})
    assert [problem.where for problem in caught.value.problems] == [
        "--steps",
        "mine.yaml: batch",
        "mine.yaml: loss",
        "--set crop=9",
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("batch", "--set batch: no '='"),
        ("batch.0=3", "--set batch.0=3: 16 where '0' is looked up"),
        ("new.key=3", "--set new.key=3: an unknown key 'new'"),
    ],
)
def test_says_what_is_wrong_with_a_change(override, message):
    with pytest.raises(InputError, match=message):
        load_recipe(SegFixRecipe, overrides=[override])


def test_says_which_recipes_there_are(tmp_path):
    with pytest.raises(InputError, match=r"--recipe: 'nuclej', .*: paper, camvid, masks, nuclei, synthetic, or a"):
        load_recipe(BPRRecipe, "nuclej")
    with pytest.raises(InputError, match=r"--recipe: .* which is not there; allowed: paper, "):
        load_recipe(BPRRecipe, str(tmp_path))
