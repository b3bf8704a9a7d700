"""Weights of networks as files: safetensors with a model card in the header, and other people's `.pth`.

A model card is a JSON object. `kind` names what the weights are for, `architecture` holds the parameters that the
network is built with; what else there is (data, steps, seed, code version, scores, command) tells how they were made.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor, nn

CARD: Final = "card"
"""Key of the card in the header of the file."""
COUNTER: Final = "num_batches_tracked"
"""Batches that a normalisation has seen in training; of no use afterwards, so that files may lack it."""
SHOWN: Final = 5
SHARED: Final = 4
"""How many times the bytes of a file its tensors may have together: some networks use weights twice."""
SMALL_BYTES: Final = 2**28
"""What they may have in any case."""

StrPath = str | os.PathLike[str]
Network = TypeVar("Network", bound=nn.Module)
Released = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors of a checkpoint that its authors released, and the architecture that they tell."""


def save(path: StrPath, tensors: Mapping[str, Tensor], card: Mapping[str, Any], *, half: bool = False) -> None:
    """Write weights and card; the file appears only when it is complete.

    Args:
        path: `.safetensors`; an existing file is replaced.
        tensors: by name.
        card: JSON-able; `kind` is a name.
        half: floating-point tensors become float16, which halves the file and keeps three digits.

    Raises:
        ValueError: no `kind`, NaN in the card, or values too large for float16.
        TypeError: a card that JSON cannot hold.
    """
    file = Path(path)
    if not isinstance(card.get("kind"), str):
        raise ValueError(f"kind of the card is {card.get('kind')!r}; allowed: a name")
    header = {CARD: json.dumps(dict(card), sort_keys=True, allow_nan=False)}
    stored = {name: _stored(name, tensor, half) for name, tensor in tensors.items()}
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        # The library's own files are for their owner alone, whatever the umask.
        partial.write_bytes(serialised(stored, header))
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


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
            tensors = {name: _widened(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path}: is truncated or damaged ({error}); allowed: whole safetensors files") from error
    card = _card(path, header)
    if card.get("kind") != kind:
        raise ValueError(f"{path}: kind of the network is {card.get('kind')!r}; allowed: {kind!r}")
    return tensors, card


def save_network(
    path: StrPath,
    network: nn.Module,
    card: Mapping[str, Any],
    *,
    kind: str,
    architecture: Mapping[str, Any],
    half: bool,
) -> None:
    """Write a network and what made it; counters stay behind.

    Args:
        path: `.safetensors`; an existing file is replaced.
        network: on any device.
        card: what the card holds besides `kind` and `architecture`.
        kind, architecture: what `load_network` needs to build it again.
        half: as of `save`.

    Raises:
        ValueError, TypeError: as `save`.
    """
    tensors = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(COUNTER)}
    save(path, tensors, {**card, "kind": kind, "architecture": architecture}, half=half)


def load_network(
    path: StrPath,
    kind: str,
    build: Callable[..., Network],
    *,
    released: Callable[[StrPath], Released],
    title: Callable[[Network], str],
) -> tuple[Network, dict[str, Any]]:
    """Read a network, in inference mode and float32, and its card.

    Args:
        path: `.safetensors`, or a checkpoint of the authors under any other suffix, for which a card with `kind` and
            `architecture` is made up.
        kind: that is wanted.
        build: makes the network, given the entries of `architecture`.
        released: reads what the authors released.
        title: what messages call the network.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file that is damaged, would run code, holds another kind of network, or does not fit. The
            message starts with the path.
    """
    if Path(path).suffix == ".safetensors":
        tensors, card = load(path, kind)
    else:
        tensors, architecture = released(path)
        card = {"kind": kind, "architecture": architecture}
    try:
        with torch.device("meta"):
            network = build(**card["architecture"])
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ValueError(f"{path}: architecture cannot be built: {error}") from error
    fill(network, tensors, path=path, name=title(network))
    return network.eval(), card


def kind_of(path: StrPath) -> str:
    """What the weights of a file are for, by its card.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, or one without a card. The message starts with the path.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return str(_card(path, file.metadata() or {}).get("kind"))
    except SafetensorError as error:
        raise ValueError(f"{path}: is truncated or damaged ({error}); allowed: whole safetensors files") from error


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
    return {str(name).removeprefix(prefix): _widened(tensor) for name, tensor in found.items()}


def differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """What keeps weights from fitting a network, one sentence an entry; counters may be absent."""
    missing = [name for name in expected if name not in found and not name.endswith(COUNTER)]
    unexpected = [name for name in found if name not in expected]
    other = [name for name in expected if name in found and found[name].shape != expected[name].shape]
    return [
        *(f"{name} has shape {tuple(found[name].shape)}, not {tuple(expected[name].shape)}" for name in other),
        *(f"{name} is missing" for name in missing),
        *(f"{name} is unexpected" for name in unexpected),
    ]


def fill(network: nn.Module, tensors: Mapping[str, Tensor], *, path: StrPath, name: str) -> None:
    """Give a network its weights; it may be on the device `meta`, and holds the very tensors afterwards.

    Args:
        network: any.
        tensors: by name, as `load` returns them.
        path: of the file that they come from, for messages.
        name: of the network, for messages.

    Raises:
        ValueError: entries that are missing, unexpected or of another shape. The message starts with the path.
    """
    expected = network.state_dict()
    if wrong := differences(expected, tensors):
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ValueError(f"{path}: {'; '.join(wrong[:SHOWN])}{more}; allowed: the entries of {name}")
    counters = {entry: torch.zeros((), dtype=torch.int64) for entry in expected if entry.endswith(COUNTER)}
    network.load_state_dict({**counters, **tensors}, assign=True)


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if half and tensor.is_floating_point():
        narrow = tensor.half()
        if not torch.equal(narrow.isfinite(), tensor.isfinite()):
            raise ValueError(f"{name} holds {tensor.abs().max():g}; allowed in half precision: up to 65504")
        tensor = narrow
    return tensor.contiguous()


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _card(path: StrPath, header: Mapping[str, str]) -> dict[str, Any]:
    try:
        card = json.loads(header[CARD])
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: has no model card; allowed: files written with one") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path}: model card is a {type(card).__name__}; allowed: an object")
    return card


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


def unpickled(path: StrPath) -> Any:
    """What `torch.save` wrote, on the CPU; nothing in it is run.

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
