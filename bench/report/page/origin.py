"""Provenance of the numbers, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

DIGITS = 12
"""How much of a digest is printed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Facts as name and value, and the experiment as JSON."""

    facts: tuple[tuple[str, str], ...]
    experiment: str


def origin(results: Results) -> Origin:
    """Of a run."""
    provenance = results.provenance
    experiment = json.dumps(provenance.get("experiment") or {}, indent=2, ensure_ascii=False)
    return Origin(tuple((name, value) for name, value in _facts(provenance) if value), experiment)


def _facts(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Command", " ".join(map(str, provenance.get("command", ())))
    git = provenance.get("git") or {}
    yield "Commit", f"{git['commit'][:DIGITS]}{', with changes' if git.get('dirty') else ''}" if git else ""
    yield "Code", str(provenance.get("code", ""))[:DIGITS]
    yield "Data", str(provenance.get("dataset", {}).get("digest", ""))[:DIGITS]
    for label, described in provenance.get("predictions", {}).items():
        said = [f"{key} {value}" for key, value in described.items() if key != "digest" and value not in (None, "", [])]
        yield f"Predictions {label}", "; ".join([*said, f"digest {str(described.get('digest', ''))[:DIGITS]}"])
    yield "Intervals", ", ".join(f"{key} {value}" for key, value in provenance.get("bootstrap", {}).items())
    yield "Python", str(provenance.get("python", ""))
    yield "Packages", ", ".join(f"{name} {found}" for name, found in provenance.get("versions", {}).items())
    machine = (provenance.get("platform"), provenance.get("cpu"), provenance.get("cores"))
    yield "Machine", ", ".join([*map(str, filter(None, machine[:2])), *([f"{machine[2]} cores"] if machine[2] else [])])
