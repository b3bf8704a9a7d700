"""Checkpoints that other people's code wrote with `torch.save`, and our own states of trainings."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from boundary_bench.refiners.networks.checkpoint import StrPath, widened

SHARED: Final = 4
"""How many times the bytes of a file its tensors may have together: some networks use weights twice."""
SMALL_BYTES: Final = 2**28
"""Size that is always allowed."""


def load_pickled(path: StrPath) -> dict[str, Tensor]:
    """Read the weights of a checkpoint that `torch.save` wrote; nothing in it is run.

    Args:
        path: a state dict, or a dict that has one as `state_dict` or `model`. Names may start with `module.`,
            as those of networks that were trained on several devices do.

    Returns:
        The tensors by name without that prefix, in float32 where they are floating.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, one that would run code, or one that holds anything but tensors. The message
            starts with the path.
    """
    found = unpickled(path)
    if isinstance(found, Mapping):
        found = next((found[key] for key in ("state_dict", "model") if key in found), found)
    if not isinstance(found, Mapping) or not found or not all(isinstance(entry, Tensor) for entry in found.values()):
        raise ValueError(f"{path}: holds no state dict; allowed: tensors by name, alone or as 'state_dict' or 'model'")
    _require_small(path, list(found.values()))
    prefix = "module." if str(next(iter(found))).startswith("module.") else ""
    return {str(name).removeprefix(prefix): widened(tensor) for name, tensor in found.items()}


def unpickled(path: StrPath) -> Any:
    """Contents of a `torch.save` file, on the CPU; nothing in it is executed.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, or one that would run code. The message starts with the path.
    """
    try:
        _require_stored(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    # Damaged files make the decoder raise nearly anything.
    except Exception as error:
        if function := re.search(r"GLOBAL (\S+)", str(error)):
            found = f"would call {function[1]} when it is loaded"
            raise ValueError(f"{path}: {found}; allowed: tensors, numbers, texts and their lists") from error
        raise ValueError(f"{path}: is truncated, damaged or no checkpoint; allowed: files of torch.save") from error


def _require_small(path: StrPath, tensors: Sequence[Tensor]) -> None:
    """Tensors are views of what a file stores, and a view may be larger without end."""
    held, stored = sum(tensor.numel() * tensor.element_size() for tensor in tensors), Path(path).stat().st_size
    if held > max(SHARED * stored, SMALL_BYTES):
        allowed = f"at most {SHARED} times as many, or {SMALL_BYTES}"
        raise ValueError(f"{path}: tensors of {held} bytes in a file of {stored}; allowed: {allowed}")


def _require_stored(path: StrPath) -> None:
    """Checkpoints are archives without compression, so that they cannot become larger when they are read."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ValueError("compressed")
