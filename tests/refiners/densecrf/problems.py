"""Small problems, and what is to be computed on them, written down pixel pair by pixel pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.densecrf.lattice import Order, build, threads

Matrix = NDArray[np.float64]


def problem(
    size: tuple[int, int] = (12, 14), classes: int = 4, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A noisy image of two halves, and probabilities."""
    rng = np.random.default_rng(seed)
    sides = np.where(np.arange(size[1]) < size[1] // 2, 40, 150)[:, None]
    image = (rng.random((*size, 3)) * 60 + sides).astype(np.uint8)
    probabilities = rng.dirichlet(np.ones(classes), size).transpose(2, 0, 1)
    return image, np.ascontiguousarray(probabilities, np.float32)


def gaussian(image: NDArray[np.uint8], sxy: float, srgb: float | None) -> Matrix:
    """The symmetrically normalised kernel between all pairs of pixels."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    columns = [x.ravel() / sxy, y.ravel() / sxy]
    if srgb is not None:
        columns += [image[..., channel].ravel() / srgb for channel in range(image.shape[2])]
    features = np.stack(columns, axis=1)
    kernel = np.exp(-0.5 * np.square(features[:, None] - features[None]).sum(axis=-1))
    scale = 1 / np.sqrt(kernel.sum(axis=1))
    return np.asarray(scale[:, None] * kernel * scale)


def filtered_units(image: NDArray[np.uint8], sxy: float, srgb: float | None) -> Matrix:
    """The matrix that the lattice multiplies by: its output for each pixel alone."""
    order, count = Order.of(*image.shape[:2]), image.shape[0] * image.shape[1]
    columns = np.zeros((count, -(-count // 8) * 8), np.float32)
    columns[order.pixels.argsort(), np.arange(count)] = 1
    with threads(1) as run:
        lattice = build(image, order, sxy, srgb, run)
        blocks = [lattice.filter(columns[:, i : i + 8].copy(), run) for i in range(0, columns.shape[1], 8)]
    return np.concatenate(blocks, axis=1)[order.pixels.argsort(), :count].astype(np.float64)


def mean_field(
    probabilities: NDArray[np.float32], kernels: list[Matrix], penalties: list[Matrix], iterations: int
) -> Matrix:
    """Algorithm 1 of the paper, with matrices for the filters."""
    logs = np.log(np.clip(probabilities.reshape(len(probabilities), -1).astype(np.float64), 1e-5, 1))
    marginals = softmax(logs)
    for _ in range(iterations):
        energies = [own @ marginals @ kernel.T for kernel, own in zip(kernels, penalties, strict=True)]
        marginals = softmax(logs - sum(energies))
    return marginals.reshape(probabilities.shape)


def softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=0))
    return np.asarray(powers / powers.sum(axis=0))
