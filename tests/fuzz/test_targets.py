"""Every reader, given valid files and changed ones: only the project's own error comes out."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.fuzz.mutations import several
from tests.fuzz.targets import TARGETS

EXAMPLES = 30


@pytest.mark.filterwarnings("ignore")  # decoders warn of damaged files, in words of their own
@pytest.mark.parametrize("name", TARGETS)
def test_only_the_own_error_comes_out(name: str, tmp_path: Path) -> None:
    target = TARGETS[name](tmp_path)
    for seed in target.seeds:
        target.read(seed)

    @settings(max_examples=examples(EXAMPLES))
    @given(st.sampled_from(target.seeds), st.integers(0, 2**32))
    def changed(data: bytes, seed: int) -> None:
        target.read(several(target.mutation, data, Random(seed)))

    changed()


@pytest.mark.parametrize("name", ["label_png", "coco_json", "offsets_npz", "offsets_mat", "experiment", "losses"])
def test_mutations_change_files_and_depend_on_the_seed_alone(name: str, tmp_path: Path) -> None:
    target = TARGETS[name](tmp_path)
    first, again, others = (
        [several(target.mutation, seed, Random(number)) for seed in target.seeds for number in numbers]
        for numbers in (range(20), range(20), range(20, 40))
    )
    assert first == again
    assert len({*first, *others} - {*target.seeds}) > 15
