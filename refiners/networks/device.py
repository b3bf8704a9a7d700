"""Requirements of refiners that run a network: packages, device, precision, checkpoint."""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, cast, get_args

Precision = Literal["float32", "bfloat16", "float16"]
"""Of a network's arithmetic; other than float32 by autocast."""

PACKAGES: Final = ("torch", "safetensors")
INSTALL: Final = "python -m pip install 'boundary-bench[torch]'"


def absent_packages() -> list[str]:
    """Names of the packages that networks need and that are not installed; imports none."""
    return [name for name in PACKAGES if find_spec(name) is None]


def require_torch(what: str) -> None:
    """Raise ValueError unless what networks need is installed.

    Args:
        what: needs it, in the plural: `SegFix networks`.
    """
    if absent := absent_packages():
        raise ValueError(f"{what} need {' and '.join(absent)}, not installed; allowed: after {INSTALL}")


def device_named(name: str | None) -> str:
    """The device of that name; without one the GPU where there is one, else the CPU.

    Args:
        name: `cpu`, `cuda` or `cuda:N`.

    Raises:
        ValueError: no such device on this machine.
    """
    import torch

    gpus = torch.cuda.device_count()
    allowed = ["cpu", *(["cuda"] if gpus else []), *(f"cuda:{number}" for number in range(gpus))]
    if name is None:
        return "cuda" if gpus else "cpu"
    if name not in allowed:
        raise ValueError(f"device is {name!r}; allowed on this machine: {', '.join(allowed)}")
    return name


def precision_named(name: str) -> Precision:
    """The precision of that name.

    Raises:
        ValueError: another name.
    """
    if name not in get_args(Precision):
        raise ValueError(f"precision is {name!r}; allowed: {', '.join(get_args(Precision))}")
    return cast(Precision, name)


def checkpoint_file(checkpoint: str | os.PathLike[str], shipped: Path) -> Path:
    """The file of a checkpoint that is named, or that lies at a path; a name comes before a path.

    Args:
        checkpoint: a name or a path.
        shipped: folder of the checkpoints that come with the package; the stems of their names are the names. It
            need not exist.

    Returns:
        An absolute path.

    Raises:
        ValueError: neither.
    """
    named = {path.stem: path for path in sorted(shipped.glob("*.safetensors"))}
    path = named.get(str(checkpoint)) or Path(checkpoint).expanduser()
    if not path.is_file():
        allowed = ", ".join([*named, "or a file"]) if named else "a file"
        raise ValueError(f"checkpoint is {str(checkpoint)!r}, which is not there; allowed: {allowed}")
    return path.absolute()


def contents_digest(*parts: bytes | memoryview) -> str:
    """32 hexadecimal digits of SHA-256, which processors have instructions for: images are large."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()[:32]
