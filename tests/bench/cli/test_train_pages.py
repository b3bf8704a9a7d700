"""The trainings that pages show are what the command takes."""

from __future__ import annotations

import re
import shlex
from types import SimpleNamespace

import pytest

from boundary_bench.bench.cli.inputs import Inputs
from boundary_bench.bench.cli.train import common, learned
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.training import base
from tests.bench.cli.street import call
from tests.paths import REPOSITORY

PAGES = ("README.md", "docs/*.md", "refiners/*/weights/README.md", "results/tables/**/README.md")
COMMAND = re.compile(r"bench train (?:segfix|bpr|steal|gum) (?:[^`\n\\]|\\\n)+")


def commands():
    """(page, command) of all pages and of the command's own help."""
    texts = {str(path.relative_to(REPOSITORY)): path.read_text() for page in PAGES for path in REPOSITORY.glob(page)}
    found = [(page, command) for page, text in sorted(texts.items()) for command in COMMAND.findall(text)]
    for command in (learned.segfix, learned.bpr, learned.steal, learned.gum):
        found.append((command.__name__, command.__doc__.partition("Example: ")[2]))
    return found


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_training_that_a_page_shows_is_understood(page, command, monkeypatch):
    seen = []
    scenes, predicted = (
        Synthetic("train", images=1),
        SimpleNamespace(name="net", task="semantic", has_probabilities=True),
    )
    monkeypatch.setattr(common, "checked", lambda _inputs: (scenes, predicted, []))
    monkeypatch.setattr(common, "run_to_end", lambda training, *_: seen.append(training))
    monkeypatch.setattr(learned, "_dataset", lambda *_: scenes)
    monkeypatch.setattr(Inputs, "built_dataset", lambda _self: scenes)
    monkeypatch.setattr(base, "require_trainable", lambda *_: None)
    assert call(*shlex.split(command.replace("\\\n", " "))[1:]) == 0
    assert seen


def test_pages_show_trainings_of_every_refiner():
    pages = [page for page, _ in commands()]
    assert {f"docs/{name}.md" for name in ("segfix", "bpr", "steal", "gum")} <= set(pages)
    assert len(pages) >= 19
