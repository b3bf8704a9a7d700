"""The papers behind what a run used, for citing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

TOOL = """@software{{boundary_bench,
  title   = {{boundary-bench: a benchmark and evaluation harness for boundary refinement of image segmentation}},
  version = {{{version}}},
  note    = {{code {code}}},
}}"""


def bibtex(provenance: Mapping[str, Any], dataset: str) -> str:
    """Entries of the refiners, metrics and dataset of a run, of its statistics, and of this software.

    Args:
        provenance: of a `Results`.
        dataset: catalogue name.
    """
    used = {*_names(provenance.get("experiment") or {}), dataset.replace("-", "_"), "statistics"}
    found = [entry["bibtex"].strip() for entry in _entries() if used.intersection(entry["for"])]
    tool = TOOL.format(
        version=provenance.get("versions", {}).get("boundary-bench", "unknown"),
        code=str(provenance.get("code", "unknown"))[:12],
    )
    return "\n\n".join([*found, tool]) + "\n"


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    text = (files("boundary_bench.bench.report.page") / "bibliography.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def _names(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Catalogue names of refiners, their stages, and metrics; a parameter's value that is a word of its own too."""
    for item in (*experiment.get("refiners", ()), *experiment.get("metrics", ())):
        yield from _of(item)


def _of(item: Any) -> Iterable[str]:
    if isinstance(item, str):
        return [item.replace("-", "_")]
    stages = [name for stage in item.get("chain", ()) for name in _of(stage)]
    own = str(item.get("name", "")).replace("-", "_")
    return [own, f"{own} {item.get('iou', '')}".strip(), *stages]
