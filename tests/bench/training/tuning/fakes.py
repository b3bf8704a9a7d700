"""Refiners with the parameters of a DenseCRF whose best setting is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np


class Shift:
    """Moves labels to the left by the bilateral weight, rounded to whole pixels; refuses one weight if asked to."""

    tasks = frozenset({"semantic"})

    def __init__(
        self, gaussian_sxy, gaussian_compat, bilateral_sxy, bilateral_srgb, bilateral_compat, iterations, refuses=-1
    ):
        self.pixels, self.refuses = round(bilateral_compat), refuses

    def refine(self, image, prediction):
        if self.pixels == self.refuses:
            raise ZeroDivisionError("asked to")
        columns = np.minimum(np.arange(prediction.size[1]) + self.pixels, prediction.size[1] - 1)
        return replace(prediction, labels=prediction.labels[:, columns].copy(), probabilities=None)


class Needy(Shift):
    needs_probabilities = True
