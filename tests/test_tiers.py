"""The tables of the tiers name what there is; by night every property gets more examples, new ones each time."""

from __future__ import annotations

import re
import sys
from itertools import chain

import pytest
from hypothesis import settings

from tests import children, tiers
from tests.effort import examples

LISTED = (*chain.from_iterable(tiers.NOT_QUICK.values()), *tiers.SLOW)


def test_what_the_tables_list_is_there_and_listed_once():
    assert [place for place in LISTED if not (tiers.ROOT / place).exists()] == []
    assert [place for place in LISTED for other in LISTED if place.startswith(f"{other}/")] == []
    assert len(set(LISTED)) == len(LISTED)


def test_a_tier_is_that_of_the_folder_or_the_module():
    assert tiers.is_quick(tiers.ROOT / "bench" / "io" / "test_lock.py")
    assert not tiers.is_quick(tiers.ROOT / "faults" / "test_disk.py")
    assert not tiers.is_quick(tiers.ROOT / "test_children.py")


@pytest.mark.parametrize("code", ["import torch\ndef test_torch(): pass\n", "def test_torch(): import torch\n"])
def test_torch_is_not_imported_in_a_quick_run(tmp_path, code):
    (tmp_path / "torch.py").write_text("def manual_seed(seed): pass\n")
    (tmp_path / "test_torch.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "/dev/null", "test_torch.py", "-m"]
    said = {tier: children.called([*command, tier], cwd=tmp_path, capture_output=True) for tier in ("quick", "full")}
    assert said["full"].returncode == 0
    assert said["quick"].returncode != 0
    assert b"quick tests import no torch: list the module in tests/tiers.py" in said["quick"].stdout


def test_by_day_examples_are_the_same_and_the_clock_decides_nothing():
    assert (settings().derandomize, settings().deadline, examples(7)) == (True, None, 7)


def test_by_night_there_are_more_and_new_ones():
    code = (
        "from tests.effort import examples, load_profile; from hypothesis import settings; load_profile()\n"
        "print(settings().derandomize, settings().deadline, settings().max_examples, examples(7))"
    )
    night = children.environment(HYPOTHESIS_PROFILE="nightly")
    done = children.called([sys.executable, "-c", code], env=night, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "None", "1000", "70"]


def test_numbers_of_examples_grow_by_night():
    pattern = re.compile(r"max_examples=(?!examples\()\S+|settings\([^)]*deadline=\S+")
    found = {path: pattern.findall(path.read_text(encoding="utf-8")) for path in tiers.ROOT.rglob("test_*.py")}
    assert {path: places for path, places in found.items() if places and path.name != "test_tiers.py"} == {}
