from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins import catalogue, registry

CLASS = """
class Mine:
    tasks = frozenset({"semantic"})

    def __init__(self, strength: int = 1, *, kind: str = "a") -> None:
        if strength < 0:
            raise ValueError(f"strength is {strength}; allowed: 0 or more")
        self.strength = strength
"""


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, known in catalogue.BUILT_IN.items() for name in known]
)
def test_everything_built_in_is_there(kind: catalogue.Kind, name: str) -> None:
    found = registry.find(kind, name)
    assert f"{found.__module__}:{found.__qualname__}" == catalogue.BUILT_IN[kind][name]
    assert registry.find(kind, name.replace("_", "-")) is found


def test_a_misspelt_name_gets_a_hint_and_the_list() -> None:
    with pytest.raises(InputError) as caught:
        registry.find("refiners", "oracle-replce")
    message = str(caught.value)
    assert "did you mean 'oracle_replace'?" in message
    assert all(name in message for name in catalogue.REFINERS)


def test_a_class_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLASS)
    built = registry.build("refiners", f"{file}:Mine", {"strength": 3})
    assert built.strength == 3
    assert registry.find("refiners", f"{file}:Mine") is type(built)
    file.write_text(CLASS.replace("self.strength = strength", "self.strength = 7"))
    assert registry.build("refiners", f"{file}:Mine", {}).strength == 7


def test_a_module_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "module_of_a_user.py").write_text(CLASS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert registry.build("refiners", "module_of_a_user:Mine", {"strength": 2}).strength == 2


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_module:Mine", "ModuleNotFoundError"),
        ("{folder}/mine.py:Mime", "no such name; did you mean 'Mine'. allowed: a class: Mine"),
        ("{folder}/other.py:Mine", "no such file"),
        ("{folder}/broken.py:Mine", "SyntaxError"),
        ("{folder}/mine.py:NUMBER", ": a int"),
    ],
)
def test_what_cannot_be_imported_is_said(tmp_path: Path, target: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(CLASS + "\nNUMBER = 3\n")
    (tmp_path / "broken.py").write_text("class Mine(:\n")
    with pytest.raises(InputError, match=message):
        registry.find("refiners", target.format(folder=tmp_path))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"strenght": 1}, "unknown parameter 'strenght'; did you mean 'strength'. allowed: strength, kind"),
        ({"strength": -1}, "strength is -1; allowed: 0 or more"),
    ],
)
def test_parameters_are_checked(tmp_path: Path, parameters: dict[str, Any], message: str) -> None:
    (tmp_path / "mine.py").write_text(CLASS)
    with pytest.raises(InputError, match=message):
        registry.build("refiners", f"{tmp_path}/mine.py:Mine", parameters)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(InputError, match="classes is required"):
        registry.build("metrics", "mean_iou", {})


def test_installed_packages_register(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = EntryPoint("their-own", "tests.bench.fakes:Fill", "boundary_bench.refiners")
    broken = EntryPoint("broken", "tests.bench.fakes:NotThere", "boundary_bench.refiners")
    points = {"boundary_bench.refiners": [mine, broken]}
    monkeypatch.setattr(registry, "entry_points", lambda group: points.get(group, []))
    assert registry.names("refiners")[-2:] == ["broken", "their_own"]
    assert registry.names("metrics") == list(catalogue.METRICS)
    known = ("identity", "their_own", "nobodys")
    assert [registry.is_known("refiners", name) for name in known] == [True, True, False]
    assert registry.find("refiners", "their_own").__name__ == "Fill"
    with pytest.raises(InputError, match="AttributeError"):
        registry.find("refiners", "broken")


def test_nothing_heavy_is_imported() -> None:
    heavy = "{'torch', 'cv2', 'numba', 'pandas', 'pyarrow', 'numpy', 'pydantic'}"
    code = f"import boundary_bench.bench.plugins.registry, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
