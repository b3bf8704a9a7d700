"""Registry of plug-ins: built-in names, names registered by installed packages, and any `module:Class`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from hashlib import blake2b
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins import former_names
from boundary_bench.bench.plugins.catalogue import BUILT_IN, Kind

SINGULAR: Mapping[Kind, str] = {
    "refiners": "refiner",
    "metrics": "metric",
    "datasets": "dataset",
    "predictions": "prediction format",
}
"""Name of one plug-in of a kind, for messages."""


def names(kind: Kind) -> list[str]:
    """Names that `find` accepts: the built-in ones in their order, then those of installed packages, sorted."""
    built_in = BUILT_IN[kind]
    return [*built_in, *sorted(set(_registered(kind)) - set(built_in))]


def is_known(kind: Kind, name: str) -> bool:
    """Whether `names` has it. What is built in is known without a look at all installed packages, which takes long."""
    return name in BUILT_IN[kind] or name in _registered(kind)


def find(kind: Kind, name: str) -> Callable[..., Any]:
    """Import the class of a name.

    Args:
        kind: the part of the catalogue.
        name: a catalogue name (`-` equals `_`), a name that an installed package registers under the entry point
            group `boundary_bench.<kind>`, `module:Class`, or `path/to/file.py:Class`.

    Raises:
        InputError: the name is unknown or cannot be imported.
    """
    if ":" in name:
        return _load(name)
    key = name.replace("-", "_")
    key = former_names.CATALOGUE.get(key, key)
    if key in BUILT_IN[kind]:
        return _load(BUILT_IN[kind][key])
    registered = _registered(kind)
    if key in registered:
        return _load_entry_point(registered[key])
    known = names(kind)
    raise InputError(
        Problem(
            where="",
            found=f"unknown {SINGULAR[kind]} {name!r}",
            allowed=f"{', '.join(known)}, or module:Class, or path/to/file.py:Class",
            hint=did_you_mean(key, known),
        )
    )


def build(kind: Kind, name: str, parameters: Mapping[str, Any]) -> Any:
    """Construct the class returned by `find`, after checking the names of the parameters.

    Raises:
        InputError: an unknown or missing parameter, or a value that the constructor rejects.
    """
    constructor = find(kind, name)
    check_parameters(f"{kind}: {name}", constructor, parameters)
    try:
        return constructor(**parameters)
    except (ValueError, TypeError, OSError) as error:
        raise InputError(refusal(f"{kind}: {name}", error, "parameters that it accepts")) from error


def refusal(where: str, error: Exception, allowed: str) -> Problem:
    """Convert a plug-in's error to a problem; `found; allowed: ...` in its message overrides `allowed`."""
    text = str(error) if isinstance(error, ValueError | TypeError) else _text(error)
    found, _, own = text.partition("; allowed: ")
    return Problem(where, found, own or allowed)


def check_parameters(where: str, constructor: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Raise InputError unless the names of the parameters match the constructor's signature."""
    accepted = named_parameters(constructor)
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(constructor).parameters.values()):
        return
    allowed = ", ".join(accepted) or "none"
    problems = [
        Problem(where, f"unknown parameter {name!r}", allowed, did_you_mean(name, list(accepted)))
        for name in parameters
        if name not in accepted
    ]
    problems += [
        Problem(where, f"{name} is required", "")
        for name, parameter in accepted.items()
        if parameter.default is parameter.empty and name not in parameters
    ]
    if problems:
        raise InputError(problems)


def named_parameters(constructor: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Parameters of a constructor that can be given by name."""
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        signature = inspect.signature(constructor, eval_str=True)
    except Exception:  # some annotations exist only for type checkers; only the names matter here
        signature = inspect.signature(constructor)
    return {n: p for n, p in signature.parameters.items() if p.kind in by_name}


def _registered(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name.replace("-", "_"): point for point in entry_points(group=f"boundary_bench.{kind}")}


def _load_entry_point(point: EntryPoint) -> Callable[..., Any]:
    try:
        loaded: Callable[..., Any] = point.load()
    except Exception as error:  # a package's import may raise anything; the user needs to know which package
        raise InputError(Problem(f"entry point {point.name} = {point.value}", _text(error), "a class")) from error
    return loaded


def _load(target: str) -> Callable[..., Any]:
    # Split at the last colon: a Windows path has one after its drive.
    place, _, attribute = _current(target).rpartition(":")
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else _from_path(place)
    except InputError:
        raise
    except Exception as error:  # user code: report whatever its import raises
        raise InputError(Problem(target, _text(error), "a module that can be imported")) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        options = [n for n, value in vars(module).items() if isinstance(value, type) and not n.startswith("_")]
        kind = "no such name" if found is None else f"a {type(found).__name__}"
        hint = did_you_mean(attribute, options)
        raise InputError(Problem(target, kind, f"a class: {', '.join(options) or 'none defined'}", hint))
    return found  # type: ignore[no-any-return]


def _current(target: str) -> str:
    """The target where it can be imported, else its current name."""
    place, _, _ = target.rpartition(":")
    now = former_names.current(target)
    if now is None:
        return target
    try:
        _from_path(place)  # a user's own module may have the former name of one of ours
    except ImportError:
        return now
    return target


def _from_path(module: str) -> ModuleType:
    # A console script's sys.path lacks the current folder, where a user's own module usually is.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    return importlib.import_module(module)


def _from_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise InputError(Problem(str(path), "no such file", "a Python file"))
    # Named by path and contents, so that an edited file is loaded again and an unchanged one is loaded once.
    content = blake2b(str(path).encode() + path.read_bytes(), digest_size=8).hexdigest()
    name = f"{path.stem}_{content}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(Problem(str(path), "a file that Python cannot import", "a Python file"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
