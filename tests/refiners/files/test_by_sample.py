"""Files of samples in folders."""

from __future__ import annotations

from pathlib import Path

from boundary_bench.refiners.files.by_sample import SampleFiles


def test_ids_that_are_paths_and_ids_that_are_names(tmp_path: Path) -> None:
    for name in ("r0/1.npz", "r1/1.npz", "deep/in/2_leftImg8bit.npz", "3.txt", ".4.npz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = SampleFiles(tmp_path, (".npz",))
    assert files.of("r1/1") == [tmp_path / "r1/1.npz"]
    assert files.of("1") == [tmp_path / "r0/1.npz", tmp_path / "r1/1.npz"]
    assert files.of("2") == [tmp_path / "deep/in/2_leftImg8bit.npz"]
    assert files.of("3") == files.of("4") == files.of("r2/1") == []
    assert files
    assert not SampleFiles(tmp_path / "deep", (".mat",))
