"""Mean-field inference in a fully connected CRF (Krähenbühl and Koltun, NIPS 2011, Algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.densecrf.kernels import update as kernels
from boundary_bench.refiners.densecrf.kernels.simd import LANES
from boundary_bench.refiners.densecrf.lattice import Flat, Lattice, Order, Run, build, threads
from boundary_bench.refiners.densecrf.parameters import Compatibility, Parameters
from boundary_bench.refiners.densecrf.unary import TOLERANCE

SMALLEST_PROBABILITY = 1e-5
"""Smaller ones count as this in the unary term, as in the wrapper that the field knows."""


def infer(
    image: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    parameters: Parameters,
    *,
    thread_count: int | None = None,
) -> NDArray[np.float32]:
    """The approximate marginals Q of all pixels.

    Every update computes Q(l) ∝ exp(log p(l) + Σ_terms w (K Q)(l)) at once for all pixels, with K the symmetrically
    normalised Gaussian kernel of the term, on the permutohedral lattice; with penalties, - Σ_l' μ(l, l') (K Q)(l')
    takes the place of w (K Q)(l). Both are the same for μ = w [l != l'].

    Args:
        image: uint8 (H, W, C) of any number of channels, RGB or other ones, or grey (H, W).
        probabilities: float32 (K, H, W), 0..1, each pixel's sum 1 within 1e-3, K at least 1.
        parameters: bandwidths, weights, iterations.
        thread_count: None takes as many as numba would. The result does not depend on it.

    Returns:
        float32 (K, H, W). With 0 iterations, or no term of any weight, the probabilities, cut off below at 1e-5 and
        normalised.

    Raises:
        ValueError: other shapes, values that are no probabilities, such as energies or logits, penalties for another
            K, or bandwidths too small for an image of this size and number of channels.
    """
    _check(image, probabilities, parameters)
    image = np.ascontiguousarray(image.reshape(*image.shape[:2], -1))
    if parameters.iterations == 0 or not any(map(_weighs, _compatibilities(parameters))):
        clipped = np.clip(probabilities, SMALLEST_PROBABILITY, 1)
        return np.asarray(clipped / clipped.sum(axis=0), np.float32)
    with threads(thread_count or numba.config.NUMBA_NUM_THREADS) as run:
        return _Inference.of(image, probabilities, parameters, run).distribution(parameters.iterations)


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """A pairwise term at work.

    Attributes:
        penalties: float32 flat, the symmetric matrix padded with zeros; empty for the Potts model.
        weight: of the Potts model; 1 with penalties.
        parts: float32 flat, what the bands splat into.
        room: that the lattice works in.
    """

    lattice: Lattice
    penalties: Flat
    weight: np.float32
    parts: Flat
    room: tuple[Flat, Flat]

    @classmethod
    def of(cls, lattice: Lattice, compatibility: Compatibility, classes: int, *, dense: bool) -> _Term:
        size = _padded(classes)
        parts, room = np.empty(len(lattice.places) * size, np.float32), lattice.room(size // LANES)
        if isinstance(compatibility, float) and not dense:
            return cls(lattice, np.empty(0, np.float32), np.float32(compatibility), parts, room)
        penalties = np.zeros((size, size), np.float32)
        # The Potts model rewards equal classes; only differences between the classes matter.
        own = -compatibility * np.eye(classes) if isinstance(compatibility, float) else np.array(compatibility)
        penalties[:classes, :classes] = own
        return cls(lattice, penalties.ravel(), np.float32(1), parts, room)

    def on_band(self, number: int, points: Flat, size: int) -> tuple[Any, ...]:
        """As the compiled loops take it."""
        own, lattice = self.lattice.band(number), self.lattice
        mine = self.parts[own.start * size : own.stop * size]
        return lattice.vertices, lattice.weights, lattice.places[own], points, mine, self.penalties, self.weight


@dataclass(slots=True, eq=False)
class _Inference:
    """One image's problem.

    Attributes:
        logs: float32 flat, log probabilities, a padded row for each pixel in the order of the lattices.
        points: of each term, what its lattice holds; nothing before the first update.
    """

    shape: tuple[int, ...]
    order: Order
    logs: Flat
    terms: list[_Term]
    run: Run
    points: list[Flat]

    @classmethod
    def of(
        cls, image: NDArray[np.uint8], probabilities: NDArray[np.float32], parameters: Parameters, run: Run
    ) -> _Inference:
        order, classes = Order.of(*image.shape[:2]), len(probabilities)
        bandwidths = ((parameters.gaussian_sxy, None), (parameters.bilateral_sxy, parameters.bilateral_srgb))
        dense = any(not isinstance(compatibility, float) for compatibility in _compatibilities(parameters))
        terms = [
            _Term.of(build(image, order, sxy, srgb, run), compatibility, classes, dense=dense)
            for (sxy, srgb), compatibility in zip(bandwidths, _compatibilities(parameters), strict=True)
            if _weighs(compatibility)
        ]
        logs = log_rows(probabilities, order, run)
        return cls(probabilities.shape, order, logs, terms, run, [term.parts[:0] for term in terms])

    def distribution(self, iterations: int) -> NDArray[np.float32]:
        """Q after so many updates, at least one."""
        for done in range(iterations):
            self._splat(slicing=done > 0)
            blocks = int(self._blocks)
            self.points = [term.lattice.blurred(term.parts, term.room, blocks, self.run) for term in self.terms]
        result = np.empty((self.shape[0], len(self.order.pixels)), np.float32)

        def finish(number: int, first: int, last: int) -> None:
            kernels.finish(self.logs, self._on_band(number), first, last, self._blocks, self.order.pixels, result)

        self.run(finish, self.order.bands)
        return result.reshape(self.shape)

    def _splat(self, *, slicing: bool) -> None:
        def update(number: int, first: int, last: int) -> None:
            terms = self._on_band(number)
            for term in terms:
                term[4].fill(0)
            kernels.update(self.logs, terms, slicing, first, last, self._blocks)

        self.run(update, self.order.bands)

    def _on_band(self, number: int) -> tuple[tuple[Any, ...], ...]:
        size = _padded(self.shape[0])
        pairs = zip(self.terms, self.points, strict=True)
        return tuple(term.on_band(number, points, size) for term, points in pairs)

    @property
    def _blocks(self) -> np.uintp:
        return np.uintp(_padded(self.shape[0]) // LANES)


def log_rows(probabilities: NDArray[np.float32], order: Order, run: Run) -> Flat:
    """Log probabilities of float32 (K, H, W), a padded row for each pixel in the given order; float32 flat."""
    classes, pixels = len(probabilities), len(order.pixels)
    size = _padded(classes)
    rows = np.empty(pixels * size, np.float32)
    maps = np.ascontiguousarray(probabilities, np.float32).reshape(classes, pixels)
    smallest, blocks = np.float32(SMALLEST_PROBABILITY), np.uintp(size // LANES)

    def logs(_: int, first: int, last: int) -> None:
        kernels.log_rows(maps, smallest, order.pixels, first, last, rows, blocks)

    run(logs, order.bands)
    return rows


def _padded(classes: int) -> int:
    return -(-classes // LANES) * LANES


def _compatibilities(parameters: Parameters) -> tuple[Compatibility, Compatibility]:
    return parameters.gaussian_compat, parameters.bilateral_compat


def _weighs(compatibility: Compatibility) -> bool:
    return bool(np.any(np.asarray(compatibility)))


def _check(image: NDArray[np.uint8], probabilities: NDArray[np.float32], parameters: Parameters) -> None:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or not image.size:
        raise ValueError(f"image is {image.dtype} {image.shape}; allowed: uint8 (H, W, C), or (H, W) of a grey one")
    if probabilities.ndim != 3 or probabilities.shape[1:] != image.shape[:2] or not len(probabilities):
        size = f"(K, {image.shape[0]}, {image.shape[1]})"
        raise ValueError(f"probabilities are {probabilities.shape}; allowed for this image: {size}")
    _check_distribution(probabilities)
    for name in ("gaussian_compat", "bilateral_compat"):
        shape = np.shape(getattr(parameters, name))
        if shape and shape[0] != len(probabilities):
            raise ValueError(f"{name} is {shape[0]} x {shape[1]}; allowed for K = {len(probabilities)}: as many")


def _check_distribution(probabilities: NDArray[np.float32]) -> None:
    total = probabilities.sum(axis=0)
    # Written so that NaN fails too.
    if probabilities.min() >= 0 and total.max() <= 1 + TOLERANCE and total.min() >= 1 - TOLERANCE:
        return
    values = f"{probabilities.min():g} to {probabilities.max():g}, each pixel's sum {total.min():g} to {total.max():g}"
    raise ValueError(
        f"probabilities are {values}; allowed: 0 to 1 with the sum 1, a softmax, neither its energies nor its logits"
    )
