"""Weights of networks as files: safetensors with a model card in the header.

A model card is a JSON object. `kind` names what the weights are for, `architecture` holds the parameters that the
network is built with; what else there is (data, steps, seed, code version, scores, command) tells how they were made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor

from boundary_bench.refiners.files.atomic_write import replace_file

CARD: Final = "card"
"""Key of the card in the header of the file."""

StrPath = str | os.PathLike[str]


def save(path: StrPath, tensors: Mapping[str, Tensor], card: Mapping[str, Any], *, half: bool = False) -> None:
    """Write weights and card; the file appears only when it is complete.

    Args:
        path: `.safetensors`; an existing file is replaced, missing parent folders are made.
        tensors: by name.
        card: JSON-able; `kind` is a name.
        half: floating-point tensors become float16, which halves the file and keeps three digits.

    Raises:
        ValueError: no `kind`, NaN in the card, or values too large for float16.
        TypeError: a card that JSON cannot hold.
    """
    if not isinstance(card.get("kind"), str):
        raise ValueError(f"kind of the card is {card.get('kind')!r}; allowed: a name")
    header = {CARD: json.dumps(dict(card), sort_keys=True, allow_nan=False)}
    stored = {name: _stored(name, tensor, half) for name, tensor in tensors.items()}
    # Not by the library's own function: its files are for their owner alone, whatever the umask.
    replace_file(Path(path), serialised(stored, header))


def load(path: StrPath, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save` wrote.

    Args:
        path: `.safetensors`.
        kind: of the network that is wanted.

    Returns:
        The tensors, in float32 where they are floating, and the card.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, one without a card, or of another kind. The message starts with the path.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: widened(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path}: is truncated or damaged ({error}); allowed: whole safetensors files") from error
    card = _card(path, header)
    if card.get("kind") != kind:
        raise ValueError(f"{path}: kind of the network is {card.get('kind')!r}; allowed: {kind!r}")
    return tensors, card


def kind_of(path: StrPath) -> str:
    """Kind of network that a file's weights belong to, by its card.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, or one without a card. The message starts with the path.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return str(_card(path, file.metadata() or {}).get("kind"))
    except SafetensorError as error:
        raise ValueError(f"{path}: is truncated or damaged ({error}); allowed: whole safetensors files") from error


def widened(tensor: Tensor) -> Tensor:
    """The same in float32 where it is floating."""
    return tensor.float() if tensor.is_floating_point() else tensor


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if half and tensor.is_floating_point():
        narrow = tensor.half()
        if not torch.equal(narrow.isfinite(), tensor.isfinite()):
            raise ValueError(f"{name} holds {tensor.abs().max():g}; allowed in half precision: up to 65504")
        tensor = narrow
    return tensor.contiguous()


def _card(path: StrPath, header: Mapping[str, str]) -> dict[str, Any]:
    try:
        card = json.loads(header[CARD])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: has no model card; allowed: files written with one") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path}: model card is a {type(card).__name__}; allowed: an object")
    return card
