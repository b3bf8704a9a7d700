"""An installation that nothing can be written to, used by somebody without a home folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.package.places import FLOORS, SOURCE
from tests.paths import REPOSITORY

CLASSES = 11


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages in which no compiled code can be kept, whoever asks."""
    folder = tmp_path_factory.mktemp("site")
    package = folder / "boundary_bench"
    links = shutil.ignore_patterns("__pycache__", *FLOORS)
    shutil.copytree(SOURCE / "boundary_bench", package, ignore=links)
    for floor in FLOORS:
        shutil.copytree(REPOSITORY / floor, package / floor, ignore=shutil.ignore_patterns("__pycache__"))
    for each in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (each / "__pycache__").touch()
    return folder


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of temporary files, in which compiled code is found again by the next test."""
    return tmp_path_factory.mktemp("temporary")


def homeless(site: Path, temporary: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A Python whose user has no home folder and no other folder for caches."""
    own = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "BENCH_HOME")
    environment = {key: value for key, value in os.environ.items() if key not in own}
    environment |= {"HOME": "/dev/null", "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"TMPDIR": str(temporary), **more}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=site, env=environment)


def evaluated(site: Path, temporary: Path, folder: Path) -> tuple[float, str]:
    """mIoU of a map of eleven stripes, the last of which is taken for the first; and stderr."""
    truth = np.repeat(np.arange(CLASSES, dtype=np.uint8), 8)[:, None].repeat(40, axis=1)
    predicted = truth.copy()
    predicted[predicted == CLASSES - 1] = 0
    for name, labels in {"data/valannot": truth, "mine": predicted}.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / name / "a.png"), labels)
    options = ["--dataset", "camvid", "--root", folder / "data", "--split", "val", "--predictions", folder / "mine"]
    done = homeless(site, temporary, "-m", "boundary_bench", "evaluate", *options, "--json", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["metrics"]["mIoU"]["value"], done.stderr


def test_it_scores_and_keeps_compiled_code_in_a_folder_of_its_own(site: Path, temporary: Path, tmp_path: Path) -> None:
    value, said = evaluated(site, temporary, tmp_path)
    assert value == pytest.approx((9 + 0.5 + 0) / CLASSES, abs=1e-12)
    (kept,) = temporary.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o700
    assert list(kept.rglob("*.nbi"))
    lines = [line for line in said.splitlines() if not line.startswith(("check: ", "evaluate: "))]  # how far it is
    assert len(lines) == 1, said
    assert lines[0].startswith(f"note: compiled code is kept in {kept}, ")


def test_a_folder_that_somebody_else_may_have_filled_is_not_used(site: Path, temporary: Path, tmp_path: Path) -> None:
    if not hasattr(os, "getuid"):
        pytest.skip("no users by number")
    name = f"boundary-bench-{os.getuid()}"
    code = "import boundary_bench, os; print(os.environ['NUMBA_CACHE_DIR'])"
    (tmp_path / "open" / name).mkdir(parents=True)
    (tmp_path / "open" / name).chmod(0o777)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / name).symlink_to(temporary)
    for trap in (tmp_path / "open", tmp_path / "link"):
        done = homeless(site, trap, "-c", code)
        assert Path(done.stdout.strip()).parent == trap, done.stderr
        assert Path(done.stdout.strip()).name != name
        assert [each.name for each in trap.iterdir()] == [name]  # its own is gone with it


def test_folders_that_are_named_are_used(site: Path, temporary: Path, tmp_path: Path) -> None:
    names = "('NUMBA_CACHE_DIR', 'XDG_CACHE_HOME', 'MPLCONFIGDIR')"
    code = f"import boundary_bench, os; print({{k: v for k, v in os.environ.items() if k in {names}}})"
    named = {"NUMBA_CACHE_DIR": "a", "XDG_CACHE_HOME": str(tmp_path), "MPLCONFIGDIR": "b"}
    assert eval(homeless(site, temporary, "-c", code, **named).stdout) == named
    named = {"XDG_CACHE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}  # where numba looks by itself
    assert "NUMBA" not in homeless(site, temporary, "-c", code, **named).stdout


def test_nothing_is_registered_and_nothing_can_be(site: Path, temporary: Path) -> None:
    code = (
        "from boundary_bench.bench.predictions import registered as r\n"
        "print(r.registered()); r.register('a', dataset=r.DatasetRef(name='camvid'), format='label_png', path='.')"
    )
    done = homeless(site, temporary, "-c", code)
    assert done.stdout == "[]\n"
    assert "InputError: /dev/null/.config/boundary-bench/predictions: not a directory; allowed: a folder" in done.stderr
    assert "set BENCH_HOME to a folder of yours" in done.stderr
