"""Options that say how saved edge maps are drawn, and whether they are thinned."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer


@dataclass(frozen=True)
class EdgeForm:
    """Values of these options; None where one was not given."""

    nms: Annotated[
        bool | None, typer.Option("--nms", help="Thin saved edge maps by non-maximum suppression, then score them.")
    ] = None
    invert: Annotated[bool | None, typer.Option("--invert", help="Saved edge maps are drawn dark on white.")] = None

    def parameters(self) -> dict[str, Any]:
        """Parameters of the prediction format `edge_maps`, those that were given."""
        return {key: value for key, value in asdict(self).items() if value is not None}


AS_SAVED = EdgeForm()
