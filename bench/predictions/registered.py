"""Prediction sets known by name: a small YAML file says where one lies, what it is, and its digest."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.io.hashing import combined, files_digest
from boundary_bench.bench.io.yaml_file import read_yaml
from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.files.atomic_write import replace_file

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Names are file names too."""

Text = Annotated[str, Field(min_length=1)]


class DatasetRef(BaseModel):
    """The dataset that predictions are for, by the constructor's parameters; paths are absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    split: Text | None = None
    root: Path | None = None
    task: Task | None = None
    annotations: Path | None = None
    truth: Path | None = None
    images: Path | None = None
    classes: Any = None
    ignore: tuple[int, ...] | None = None
    ids: Path | None = None
    truth_name: str | None = None
    image_name: str | None = None
    truth_threshold: str | None = None

    def absolute(self) -> DatasetRef:
        """With every path made absolute."""
        paths = {key: value.expanduser().resolve() for key, value in self if isinstance(value, Path)}
        return self.model_copy(update=paths)


class Registration(BaseModel):
    """One registered prediction set.

    Attributes:
        name: by which it is used.
        dataset: the split that it is for.
        format: name in the catalogue of prediction formats, e.g. `label_maps`.
        path: absolute folder of its files, or its one file.
        label_space: what ids label files hold; None for formats without label files.
        probabilities: absolute folder of the class probabilities behind label files, where there is one.
        key: name of the array in `.npz` files; None for the format's default.
        settings: further parameters of the format, such as `ignore` or `file_name`.
        source: where the predictions are from, in words: model, checkpoint, address.
        digest: of the names and contents of all files.
        files: how many these are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=NAME)]
    dataset: DatasetRef
    format: Text
    path: Path
    label_space: Literal["train_ids", "label_ids", "colours"] | None = None
    probabilities: Path | None = None
    key: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    source: str = ""
    digest: Text
    files: Annotated[int, Field(ge=1)]

    def parameters(self) -> dict[str, Any]:
        """Parameters of the format's class, besides the dataset and the name."""
        names = ("path", "label_space", "probabilities", "key")
        return {**{name: value for name in names if (value := getattr(self, name)) is not None}, **self.settings}


def home() -> Path:
    """The folder of registrations: in `$BENCH_HOME`, else in the user's configuration folder."""
    # By `os.path`, which leaves a `~` where it is for a user who has no home folder.
    if own := os.environ.get("BENCH_HOME"):
        return Path(os.path.expanduser(own), "predictions")
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(os.path.expanduser(base), "boundary-bench", "predictions")


def register(
    name: str,
    *,
    dataset: DatasetRef,
    format: str,
    path: str | Path,
    label_space: Literal["train_ids", "label_ids", "colours"] | None = None,
    probabilities: str | Path | None = None,
    key: str | None = None,
    settings: Mapping[str, Any] | None = None,
    source: str = "",
    overwrite: bool = False,
) -> Registration:
    """Digest the files of a prediction set and write its registration; see `Registration` for the arguments.

    Relative paths are made absolute. The files themselves are not checked here but by
    `boundary_bench.bench.plugins.validation`.

    Raises:
        InputError: a name that cannot be one, no such folder, no files, or a name that is taken and not to be
            overwritten; no folder that registrations can be written to.
    """
    target = _file(name)
    if os.path.exists(target) and not overwrite:
        found = f"a registration of {name}"
        raise InputError(Problem(str(target), found, "a name that is free, or overwriting on request"))
    folder = Path(path).expanduser().resolve()
    second = None if probabilities is None else Path(probabilities).expanduser().resolve()
    digest, files = _digest(folder, second)
    values = {
        "name": name,
        "dataset": dataset.absolute().model_dump(),
        "format": format,
        "path": folder,
        "label_space": label_space,
        "probabilities": second,
        "key": key,
        "settings": dict(settings or {}),
        "source": source,
        "digest": digest,
        "files": files,
    }
    registration = _validated(values, str(target))
    content = registration.model_dump(mode="json", exclude_none=True, exclude=None if settings else {"settings"})
    _write(target, yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode())
    return registration


def _write(target: Path, content: bytes) -> None:
    try:
        if not target.is_absolute():
            raise FileNotFoundError(errno.ENOENT, "this user has no home folder")
        replace_file(target, content)
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        hint = "set BENCH_HOME to a folder of yours"
        raise InputError(Problem(str(target.parent), found, "a folder that can be written to", hint)) from error


def _written() -> list[Path]:
    """The files of all registrations; none in the home folder of somebody else."""
    try:
        return sorted(home().glob("*.yaml"))
    except OSError:
        return []


def registered() -> list[Registration]:
    """All registrations, by name.

    Raises:
        InputError: files that are no registrations; all of them are listed.
    """
    found: list[Registration] = []
    problems: list[Problem] = []
    for path in _written():
        try:
            found.append(_read(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def load(name: str) -> Registration:
    """One registration by its name.

    Raises:
        InputError: there is none, or its file is none.
    """
    path = _file(name)
    if not os.path.isfile(path):
        names = [each.stem for each in _written()]
        allowed = ", ".join(names) or "none is registered so far"
        hint = did_you_mean(name, names)
        raise InputError(Problem(name, "no such registered prediction set", allowed, hint))
    return _read(path)


def verify(name: str) -> list[Problem]:
    """Whether the files of a registered set are still those that were registered; reads them all.

    Raises:
        InputError: no such registration.
    """
    known = load(name)
    try:
        digest, files = _digest(known.path, known.probabilities)
    except InputError as error:
        return list(error.problems)
    if (digest, files) == (known.digest, known.files):
        return []
    found = f"{files} files with digest {digest}"
    hint = "files changed since it was registered; register it again if that was meant"
    return [Problem(f"{name}: {known.path}", found, f"{known.files} files with digest {known.digest}", hint)]


def _file(name: str) -> Path:
    # Joined to a folder, so that a name must not lead out of it.
    if not re.fullmatch(NAME, name):
        raise InputError(Problem("name", repr(name), "letters, digits, '.', '_' and '-'"))
    return home() / f"{name}.yaml"


def _read(path: Path) -> Registration:
    values = read_yaml(path, "a registration, which maps names to values", texts=("name", "split", "source", "digest"))
    registration = _validated(values, str(path))
    if registration.name != path.stem:
        found = f"the name {registration.name}"
        raise InputError(Problem(str(path), found, f"that of its file, {path.stem}"))
    return registration


def _validated(values: dict[str, Any], where: str) -> Registration:
    try:
        return Registration.model_validate(values)
    except ValidationError as error:
        raise InputError([_problem(dict(item), where) for item in error.errors(include_url=False)]) from None


def _problem(item: dict[str, Any], where: str) -> Problem:
    place = f"{where}: {'.'.join(map(str, item['loc']))}"
    if item["type"] != "extra_forbidden":
        return Problem(place, repr(item["input"]), item["msg"])
    keys: Iterable[str] = (DatasetRef if len(item["loc"]) > 1 else Registration).model_fields
    return Problem(place, "an unknown key", ", ".join(keys), did_you_mean(str(item["loc"][-1]), keys))


def _digest(path: Path, probabilities: Path | None) -> tuple[str, int]:
    folders = [path] if probabilities is None else [path, probabilities]
    parts, count = [], 0
    for folder in folders:
        files = [folder] if folder.is_file() else _files(folder)
        parts.append(files_digest(folder.parent if folder.is_file() else folder, files))
        count += len(files)
    return combined(*parts), count


def _files(folder: Path) -> list[Path]:
    """Files below a folder; a format may also be a single file."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(Problem(str(folder), "no such file or folder", "the files of a prediction set"))
    files = [
        each
        for each in folder.rglob("*")
        if each.is_file() and not any(part.startswith(".") for part in each.relative_to(folder).parts)
    ]
    if not files:
        raise InputError(Problem(str(folder), "an empty folder", "the files of a prediction set"))
    return files
