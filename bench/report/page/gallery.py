"""The gallery: chosen images looked at again, before and after refinement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from boundary_bench.bench.analysis.numbers import Interval
from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.units import unit_of
from boundary_bench.bench.engine.job import Opened, open_again
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.plugins.abilities import measures_change
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.report.formats import score_parts
from boundary_bench.bench.report.notes import images
from boundary_bench.bench.report.page.choice import KINDS, Choice
from boundary_bench.bench.report.page.pictures import LONGEST, Crop, Overlays, crop, overlays, photo
from boundary_bench.bench.report.page.views import view
from boundary_bench.bench.report.tables import Score

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Image, Progress, Sample

SHARES = (0.36, 0.28, 0.36)
"""Of the bytes there are, for photos, for what lies over them, and for the enlarged parts."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One image under one refiner.

    Attributes:
        photo, before_picture: ids of pictures that several shots share.
        before, after, gain: the image's own number, in words.
        classes: names of those that hold much of what changed.
    """

    id: str
    sample: str
    predictions: str
    refiner: str
    oracle: bool
    kind: str
    before: str
    after: str
    gain: str
    better: bool
    classes: tuple[str, ...]
    photo: str
    before_picture: str
    pictures: Overlays
    crop: Crop
    height: int
    width: int


@dataclass
class Gallery:
    """Contents of the gallery, or the reason why it is empty.

    Attributes:
        metric, against: by which number, over which refiner, images were chosen.
        shared: (id, data URI, width, height) of each picture that several shots may use.
        notes: what is worth knowing about the pictures.
        reason: why there are none, "" where there are.
    """

    metric: str = ""
    against: str = ""
    shots: list[Shot] = field(default_factory=list)
    shared: list[tuple[str, str, int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reason: str = ""

    def options(self, name: str) -> list[str]:
        """Values of an attribute of the shots, each once; for classes those of all."""
        values = ((value,) if isinstance(value := getattr(shot, name), str) else value for shot in self.shots)
        return list(dict.fromkeys(one for group in values for one in group))


def gallery(planned: Plan, rows: RunRows, choices: Sequence[Choice], most_bytes: float, progress: Progress) -> Gallery:
    """Refine the chosen images again and make their pictures.

    Args:
        planned: the run's inputs.
        rows: what was measured, to see whether the pictures still show that.
        choices: at least one, in the order to show them in.
        most_bytes: of all pictures together, as text; they are made smaller to keep to it.
        progress: called with how many images are done.
    """
    found = Gallery(choices[0].change.metric, choices[0].change.against)
    maker = _Maker(planned, rows, choices, most_bytes)
    by_input = sorted(enumerate(choices), key=lambda each: (each[1].change.sample, each[1].change.predictions, each[0]))
    shots: dict[int, Shot] = {}
    for _, group in groupby(by_input, key=lambda each: (each[1].change.sample, each[1].change.predictions)):
        shots.update(maker.shots(list(group)))
        progress(len(shots) + len(maker.failed), len(choices))
    found.shots = [shots[place] for place in sorted(shots)]
    found.shared = list(maker.shared.values())
    found.notes = list(maker.notes())
    if not found.shots:
        found.reason = f"no chosen image could be opened again: {maker.failed[0]}"
    return found


class _Maker:
    """Makes shots, keeping what they share and what went wrong."""

    def __init__(self, planned: Plan, rows: RunRows, choices: Sequence[Choice], most_bytes: float) -> None:
        self._planned, self._rows = planned, rows
        self._samples: dict[str, Sample] = {sample.id: sample for sample in planned.samples}
        self._photo_bytes = SHARES[0] * most_bytes / len({choice.change.sample for choice in choices})
        self._overlay_bytes, self._crop_bytes = (share * most_bytes / len(choices) for share in SHARES[1:])
        self.shared: dict[str, tuple[str, str, int, int]] = {}
        self.failed: list[str] = []
        self._smallest = LONGEST[0]
        self._differing = 0
        self._made = 0

    def shots(self, group: Sequence[tuple[int, Choice]]) -> Iterator[tuple[int, Shot]]:
        """Of one sample under one prediction set; place and shot."""
        change = group[0][1].change
        try:
            refiners = dict.fromkeys([change.against, *(choice.change.refiner for _, choice in group)])
            opened = open_again(self._planned, self._samples[change.sample], change.predictions, refiners)
        except Exception as error:  # a run that cannot be looked at in one image can be in others
            self.failed += [f"{change.sample}, {change.predictions}: {type(error).__name__}: {error}"] * len(group)
            return
        for place, choice in group:
            yield place, self._shot(place, choice, opened)

    def notes(self) -> Iterator[str]:
        """Notes on the pictures."""
        if self._smallest < LONGEST[0]:
            yield f"Photos are reduced to as little as {self._smallest} px so that the page stays small."
        if self._differing:
            yield (
                f"{self._differing} of {self._made} pictures differ from what the run measured: inputs or code have "
                "changed since. Their numbers are those of the run."
            )
        if self.failed:
            yield f"{images(len(self.failed))} could not be opened again, the first of them {self.failed[0]}."

    def _shot(self, place: int, choice: Choice, opened: Opened) -> Shot:
        change = choice.change
        before, after = opened.refined[change.against], opened.refined[change.refiner]
        drawn = view(before, after, opened.truth, self._planned.dataset.colours)
        self._note_difference(Cell(change.predictions, change.refiner), change.sample, opened)
        pictures = overlays(drawn, self._overlay_bytes)
        height, width = drawn.errors.shape
        names = self._planned.dataset.classes
        unit = unit_of(change.metric)
        gain = Score(Interval(change.after - change.before), 2, signed=True, unit=unit)
        return Shot(
            id=f"shot-{place}",
            sample=change.sample,
            predictions=change.predictions,
            refiner=change.refiner,
            oracle=self._planned.refiners[change.refiner].oracle,
            kind=KINDS[choice.kind],
            before=score_parts(Score(Interval(change.before), 1, unit=unit))[0],
            after=score_parts(Score(Interval(change.after), 1, unit=unit))[0],
            gain=score_parts(gain)[0],
            better=choice.gain > 0,
            classes=tuple(names[k] for k in drawn.changed_classes() if k < len(names)),
            photo=self._photo(change.sample, opened.image),
            before_picture=self._share("before", pictures.before, width, height),
            pictures=pictures,
            crop=crop(opened.image, drawn, self._crop_bytes),
            height=height,
            width=width,
        )

    def _photo(self, sample: str, image: Image) -> str:
        key = f"photo of {sample}"
        if key not in self.shared:
            uri, longest = photo(image, self._photo_bytes)
            self._smallest = min(self._smallest, longest) if longest < max(image.shape) else self._smallest
            self.shared[key] = (f"shared-{len(self.shared)}", uri, image.shape[1], image.shape[0])
        return self.shared[key][0]

    def _share(self, what: str, uri: str, width: int, height: int) -> str:
        key = f"{what} {uri}"
        if key not in self.shared:
            self.shared[key] = (f"shared-{len(self.shared)}", uri, width, height)
        return self.shared[key][0]

    def _note_difference(self, cell: Cell, sample: str, opened: Opened) -> None:
        """Measure what is shown as the run did; its first metric of one prediction is enough to see a difference."""
        self._made += 1
        metrics = {label: built.metric for label, built in self._rows.metrics.items()}
        label = next((each for each, metric in metrics.items() if not measures_change(metric)), None)
        row = self._rows.row(cell, label, sample) if label else None
        if label is None or row is None:
            return
        again = metrics[label].measure(prediction=opened.refined[cell.refiner], truth=opened.truth)
        same = all(
            key in again and np.array_equal(np.asarray(again[key], np.float64), np.asarray(kept, np.float64), True)
            for key, kept in row.arrays.items()
        )
        self._differing += not same
