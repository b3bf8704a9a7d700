"""What is in the wheel, however it is built."""

from __future__ import annotations

import tomllib
import zipfile
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from hatchling.build import build_editable

import boundary_bench
from tests.package.places import FLOORS, SOURCE, said
from tests.paths import REPOSITORY


def contents(wheel: Path) -> dict[str, int]:
    """Name of each file -> checksum of its bytes."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def checkout() -> set[str]:
    """Where the files of the floors and of the package's own folder come to lie."""
    own = {path.relative_to(SOURCE).as_posix() for path in files(SOURCE)}
    floors = {
        f"boundary_bench/{path.relative_to(REPOSITORY).as_posix()}"
        for floor in FLOORS
        for path in files(REPOSITORY / floor)
    }
    return own | floors


def files(folder: Path) -> list[Path]:
    """Of a folder and those in it, but not of those that a link leads to."""
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, wheel_of_sdist: Path) -> None:
    assert wheel.name == wheel_of_sdist.name
    assert contents(wheel) == contents(wheel_of_sdist)


def test_the_wheel_has_every_file_once_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = Counter(archive.namelist())
    assert set(names.values()) == {1}
    packed = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert packed == checkout()


def test_the_wheel_has_what_is_no_python(wheel: Path) -> None:
    suffixes = Counter(Path(name).suffix for name in contents(wheel))
    assert all(suffixes[suffix] for suffix in (".j2", ".css", ".js", ".yaml", ".csv", ".safetensors"))
    assert "boundary_bench/py.typed" in contents(wheel)


def test_the_wheel_adds_one_name(wheel: Path) -> None:
    first = {name.split("/")[0] for name in contents(wheel)}
    assert first == {"boundary_bench", f"boundary_bench-{boundary_bench.__version__}.dist-info"}
    assert not [name for name in contents(wheel) if "tests" in Path(name).parts]


def test_the_version_stands_in_one_place(wheel: Path) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert message_from_bytes(archive.read(metadata))["Version"] == boundary_bench.__version__


def test_an_editable_installation_points_to_the_sources(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    with zipfile.ZipFile(tmp_path / build_editable(str(tmp_path))) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".py")]
        archive.extractall(tmp_path / "site")
    (pointer,) = (tmp_path / "site").glob("*.pth")
    assert pointer.read_text(encoding="utf-8").split("\n") == [str(SOURCE)]
    code = f"import site; site.addsitedir({str(pointer.parent)!r}); import boundary_bench as b; print(b.__file__)"
    # -S: without the packages of the Python that runs the tests, ours among them.
    assert said("-S", "-c", code, paths=(), cwd=tmp_path) == f"{SOURCE / 'boundary_bench' / '__init__.py'}\n"
