"""Which changes of the source redo stored measurements."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from boundary_bench.bench.engine import measuring_code
from tests.architecture.rooms import imported, module_of, sources
from tests.paths import REPOSITORY

UNABLE = ("bench/errors.py", "bench/plugins/", "bench/io/", "bench/engine/", "bench/results/", "bench/config/")
"""What measuring code imports and what decides no measurement: messages, protocols, the run around the job."""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the source whose digest is taken."""
    for floor in measuring_code.FLOORS:
        shutil.copytree(REPOSITORY / floor, tmp_path / floor, ignore=shutil.ignore_patterns("weights", "__pycache__"))
    monkeypatch.setattr(measuring_code, "FLOORS", {floor: tmp_path / floor for floor in measuring_code.FLOORS})
    yield tmp_path
    measuring_code.code_digest.cache_clear()


def digest() -> str:
    measuring_code.code_digest.cache_clear()
    return measuring_code.code_digest()


@pytest.mark.parametrize(
    "file",
    [
        "bench/analysis/leaderboard.py",
        "bench/cli/compare/command.py",
        "bench/report/tables.py",
        "bench/papers/spec.py",
        "bench/interop/torchmetrics.py",
        "bench/training/tuning/densecrf.py",
        "bench/engine/executors/cluster.py",
        "bench/io/lock.py",
        "refiners/densecrf/tuning.py",
        "refiners/segfix/training.py",
        "refiners/networks/loss_log.py",
        "refiners/networks/augmentation.py",
        "refiners/classical/prior_shift_tuning.py",
    ],
)
def test_what_decides_no_measurement_redoes_none(file: str, copy: Path) -> None:
    before = digest()
    (copy / file).write_text((copy / file).read_text() + "# another comment\n")
    assert digest() == before


@pytest.mark.parametrize(
    "file",
    [
        "metrics/kernels/counting.py",
        "metrics/structures/masks.py",
        "metrics/functional/matching.py",
        "metrics/semantic/mean_iou.py",
        "refiners/segfix/offsets.py",
        "refiners/classical/grabcut.py",
        "refiners/networks/inference.py",
        "refiners/files/png.py",
        "bench/formats/coco/document.py",
        "bench/datasets/camvid.py",
        "bench/predictions/label_maps.py",
        "bench/engine/job.py",
    ],
)
def test_what_decides_measurements_redoes_them(file: str, copy: Path) -> None:
    before = digest()
    (copy / file).write_text((copy / file).read_text() + "# another comment\n")
    assert digest() != before


def test_a_file_that_moves_redoes_measurements(copy: Path) -> None:
    before = digest()
    (copy / "metrics" / "kernels" / "counting.py").rename(copy / "metrics" / "kernels" / "counts.py")
    assert digest() != before


def test_measuring_code_imports_nothing_that_is_left_out() -> None:
    """A module that decides numbers must not hide in a room that is not looked at."""
    measuring = {
        f"{floor}/{path.relative_to(folder).as_posix()}"
        for floor, folder in measuring_code.FLOORS.items()
        for path in measuring_code.measuring_files(floor)
    }
    known = {module_of(path): path.relative_to(REPOSITORY).as_posix() for path in sources()}
    left_out = {
        (place, known[module])
        for path in sources()
        if (place := path.relative_to(REPOSITORY).as_posix()) in measuring
        for module in imported(path)
        if known[module] not in measuring
        and not known[module].startswith(UNABLE)
        and not known[module].endswith("__init__.py")
    }
    assert not left_out
