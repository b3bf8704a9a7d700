"""Failed measurements on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHOWN = 5


def report_failures(failures: Sequence[Any], *, resume: Path | None) -> None:
    """Say on stderr which jobs failed, why, and how to try them again."""
    if not failures:
        return
    causes: dict[tuple[str, ...], list[str]] = {}
    for row in failures:
        causes.setdefault((row.error, row.sample, row.predictions, row.refiner), []).append(row.metric)
    for (error, *where), metrics in list(causes.items())[:SHOWN]:
        print(f"failed: {', '.join([*where, *metrics])}: {error}", file=sys.stderr)
    if len(causes) > SHOWN:
        print(f"failed: ... and {len(causes) - SHOWN} more", file=sys.stderr)
    again = "; mend the cause and run the same command with --resume" if resume else ""
    print(f"{len(failures)} measurements failed and are left out of the numbers{again}", file=sys.stderr)
