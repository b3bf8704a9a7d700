"""How all figures look: sizes of one and two columns, colours for colour-blind readers, stable files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN_IN = 3.4
PAGE_IN = 7.0
"""Widths in inches of one column and of a page of two."""

METHODS_SHOWN = 7
"""Beyond the baseline; more lines than that in one plot are not told apart."""

BARS_SHOWN = 4
"""Beyond the baseline, in a group of bars."""

BASELINE_COLOUR = "#000000"
UNDECIDED_COLOUR = "#8A8A8A"
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31")
"""After Okabe and Ito, without yellow, which vanishes on white."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
ORACLE_DASHES = (
    (0, (5, 1.5)),
    (0, (2, 1.2)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (1, 1)),
    (0, (8, 2)),
    (0, (3, 2)),
    (0, (4, 1, 1, 1)),
)
"""Dashes of different length, so that a line that runs under another still shows in its gaps."""

Dash = str | tuple[int, tuple[float, ...]]

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
    # The ids inside an SVG come from this instead of from chance, so that equal figures are equal files.
    "svg.hashsalt": "boundary-bench",
    "svg.fonttype": "path",
}


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, marker and dash of one method; shape tells what colour may not."""

    colour: str
    marker: str
    dash: Dash

    def line(self) -> dict[str, Any]:
        """Keyword arguments of `Axes.plot`."""
        return {"color": self.colour, "marker": self.marker, "linestyle": self.dash}


BASELINE_LOOK = Look(BASELINE_COLOUR, "", "-")


def look(position: int, *, oracle: bool) -> Look:
    """The look of the method at a position among those shown; oracles are dashed."""
    at = position % len(PALETTE)
    return Look(PALETTE[at], MARKERS[at], ORACLE_DASHES[at] if oracle else "-")


def verdict(low: float, high: float, *, falls: bool) -> str:
    """Colour of an interval: gain (below zero where less is better), loss, or grey where it holds zero or is none."""
    up, down = (PALETTE[1], PALETTE[0]) if falls else (PALETTE[0], PALETTE[1])
    if low > 0:
        return up
    return down if high < 0 else UNDECIDED_COLOUR


def width_in(label: str) -> float:
    """How wide a label of a tick or a legend is, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family=SETTINGS["font.family"], size=SETTINGS["ytick.labelsize"])
    return float(TextPath((0, 0), label, prop=font).get_extents().width / 72)


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save inside this: Matplotlib without a display, with these settings and no others."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("Agg")
        mpl.rcParams.update(SETTINGS)
        yield


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG or SVG, by suffix, without a date; call inside `styled`."""
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata=metadata)
    return path
