"""Registered prediction sets: written whole or not at all, found by name, and known by their contents."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.predictions.registered import (
    DatasetRef,
    Registration,
    home,
    load,
    register,
    registered,
    verify,
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "predictions"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    (folder / "city").mkdir(parents=True)
    for name in ("a.png", "b.png", "city/c.png"):
        (folder / name).write_text(name)
    (folder / ".hidden").write_text("not counted")
    return folder


def entered(files: Path, name: str = "fcn8", **changes: object) -> Registration:
    arguments: dict[str, object] = {
        "dataset": DatasetRef(name="camvid", split="test", root=files.parent),
        "format": "label_png",
        "path": files,
        "label_space": "train_ids",
        "source": "a network of our own, größer",
    }
    return register(name, **{**arguments, **changes})  # type: ignore[arg-type]


def test_what_was_registered_is_loaded(files: Path, own_home: Path) -> None:
    written = entered(files)
    assert load("fcn8") == written
    assert registered() == [written]
    assert written.files == 3
    assert written.parameters() == {"path": files, "label_space": "train_ids"}
    assert [each.name for each in own_home.iterdir()] == ["fcn8.yaml"]
    text = (own_home / "fcn8.yaml").read_text(encoding="utf-8")
    assert "größer" in text
    assert list(yaml.safe_load(text)) == [
        "name",
        "dataset",
        "format",
        "path",
        "label_space",
        "source",
        "digest",
        "files",
    ]
    assert verify("fcn8") == []


def test_relative_paths_become_absolute(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files.parent)
    written = entered(Path("p"), dataset=DatasetRef(name="camvid", split="test", root=Path()), probabilities="p/city")
    assert (written.path, written.probabilities) == (files, files / "city")
    assert written.dataset.root == files.parent
    assert written.files == 4


def test_several_in_the_order_of_their_names(files: Path) -> None:
    for name in ("b", "a", "c"):
        entered(files, name)
    assert [each.name for each in registered()] == ["a", "b", "c"]


def test_none_so_far() -> None:
    assert registered() == []
    with pytest.raises(InputError, match="none is registered so far"):
        load("fcn8")


def test_a_name_that_is_taken(files: Path) -> None:
    before = entered(files)
    (files / "a.png").write_text("changed")
    with pytest.raises(InputError, match="a registration of fcn8"):
        entered(files)
    assert load("fcn8") == before
    after = entered(files, overwrite=True)
    assert load("fcn8") == after != before


@pytest.mark.parametrize("change", ["contents", "renamed", "removed", "added", "gone"])
def test_verify_notices_every_change(files: Path, change: str) -> None:
    entered(files)
    if change == "contents":
        (files / "city" / "c.png").write_text("other")
    elif change == "renamed":
        (files / "a.png").rename(files / "z.png")
    elif change == "removed":
        (files / "a.png").unlink()
    elif change == "added":
        (files / "d.png").write_text("d")
    else:
        files.rename(files.parent / "elsewhere")
    (problem,) = verify("fcn8")
    assert str(files) in problem.where


def test_verify_knows_the_probabilities_too(files: Path, tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "a.npz").write_text("a")
    assert entered(files, probabilities=tmp_path / "q").files == 4
    assert verify("fcn8") == []
    (tmp_path / "q" / "a.npz").write_text("b")
    assert len(verify("fcn8")) == 1


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "-x", "a b", "ü"])
def test_names_that_are_no_file_names(files: Path, name: str, tmp_path: Path) -> None:
    for call in (lambda: entered(files, name), lambda: load(name)):
        with pytest.raises(InputError, match="letters, digits"):
            call()
    assert not list(tmp_path.rglob("*.yaml"))


def test_nothing_to_register(tmp_path: Path, own_home: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="an empty folder"):
        entered(tmp_path / "empty")
    with pytest.raises(InputError, match="no such file or folder"):
        entered(tmp_path / "absent")
    assert not own_home.exists()


def test_a_misspelt_name(files: Path) -> None:
    entered(files, "fcn8_small")
    with pytest.raises(InputError, match="did you mean 'fcn8_small'"):
        load("fcn8_smal")


@pytest.mark.parametrize(
    ("edit", "where", "message"),
    [
        ({"lable_space": "train_ids"}, "lable_space", "did you mean 'label_space'"),
        ({"dataset": {"name": "camvid", "splitt": "x", "split": "y"}}, "dataset.splitt", "did you mean 'split'"),
        ({"label_space": "ids"}, "label_space", "'train_ids', 'label_ids' or 'colours'"),
        ({"digest": None}, "digest", "string"),
        ({"files": 0}, "files", "greater than or equal to 1"),
        ({"name": "other"}, "fcn8.yaml", "that of its file, fcn8"),
    ],
)
def test_edited_files_that_are_wrong(files: Path, own_home: Path, edit: dict, where: str, message: str) -> None:
    entered(files)
    file = own_home / "fcn8.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **edit}))
    with pytest.raises(InputError, match=message) as caught:
        load("fcn8")
    (problem,) = caught.value.problems
    assert where in problem.where


def test_files_that_are_no_registrations_are_all_listed(files: Path, own_home: Path) -> None:
    entered(files)
    (own_home / "b.yaml").write_text("[1, 2]")
    (own_home / "c.yaml").write_text("a: [unclosed")
    (own_home / "d.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as caught:
        registered()
    assert [Path(problem.where).name for problem in caught.value.problems] == ["b.yaml", "c.yaml", "d.yaml"]


def test_yaml_makes_no_objects(own_home: Path, tmp_path: Path) -> None:
    own_home.mkdir(parents=True)
    trace = tmp_path / "made"
    (own_home / "evil.yaml").write_text(f"!!python/object/apply:pathlib.Path.touch ['{trace}']")
    with pytest.raises(InputError, match="could not determine a constructor for the tag"):
        load("evil")
    assert not trace.exists()


def test_a_failed_write_leaves_the_old_one(files: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = entered(files)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("boundary_bench.refiners.files.atomic_write.os.replace", fail)
    with pytest.raises(InputError, match=r"disk full; allowed: a folder .* .set BENCH_HOME"):
        entered(files, source="new", overwrite=True)
    assert load("fcn8") == before
    assert [each.name for each in own_home.iterdir()] == ["fcn8.yaml"]


def test_where_registrations_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BENCH_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert home() == tmp_path / "xdg" / "boundary-bench" / "predictions"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".config" / "boundary-bench" / "predictions"
