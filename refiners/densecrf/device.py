"""The mean-field inference of `boundary_bench.refiners.densecrf.mean_field` with torch, where image and
probabilities are on a GPU."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from boundary_bench.refiners.densecrf.lattice import SMALLEST_NORM
from boundary_bench.refiners.densecrf.mean_field import SMALLEST_PROBABILITY
from boundary_bench.refiners.densecrf.parameters import Compatibility, Parameters


def infer(image: Tensor, probabilities: Tensor, parameters: Parameters) -> Tensor:
    """The approximate marginals Q of all pixels, on the device of the arguments; sums in a fixed order.

    Args:
        image: uint8 (H, W, C) of any number of channels, or grey (H, W).
        probabilities: float32 (K, H, W), each pixel's sum 1; not checked.
        parameters: bandwidths, weights, iterations.

    Returns:
        float32 (K, H, W), as `boundary_bench.refiners.densecrf.mean_field.infer` up to rounding.

    Raises:
        ValueError: tensors on different devices, or of different sizes; bandwidths that are too small.
    """
    if image.device != probabilities.device or image.shape[:2] != probabilities.shape[1:]:
        found = f"image is {tuple(image.shape)} on {image.device}, probabilities {tuple(probabilities.shape)}"
        raise ValueError(f"{found} on {probabilities.device}; allowed: the same device, height and width")
    logs = probabilities.flatten(1).T.clamp(SMALLEST_PROBABILITY, 1).log()
    spatial = (parameters.gaussian_sxy, None, parameters.gaussian_compat)
    bilateral = (parameters.bilateral_sxy, parameters.bilateral_srgb, parameters.bilateral_compat)
    terms = [_Term.of(image, *term) for term in (spatial, bilateral) if torch.tensor(term[2]).any()]
    marginals = logs.softmax(dim=1)
    for _ in range(parameters.iterations):
        # No name for the sum: the old marginals are free before the new ones are made.
        marginals = torch.stack([logs, *(term.message(marginals) for term in terms)]).sum(dim=0).softmax(dim=1)
    return marginals.T.reshape(probabilities.shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """One pairwise term.

    Attributes:
        splat: sparse (M, N), barycentric coordinates times the normalisation.
        slice: its transpose.
        neighbours: int64 (d + 1, M, 2), M where there is none.
        reward: what filtered values are multiplied by: a number, or (K, K).
    """

    splat: Tensor
    slice: Tensor
    neighbours: Tensor
    reward: Tensor

    @classmethod
    def of(cls, image: Tensor, sxy: float, srgb: float | None, compatibility: Compatibility) -> _Term:
        vertices, weights, codes, strides = _embedded(_features(image, sxy, srgb))
        neighbours = _neighbours(codes, strides)
        penalties = torch.tensor(compatibility, dtype=torch.float32, device=image.device)
        reward = -penalties if penalties.ndim else penalties
        ones = torch.ones(len(weights), 1, device=image.device)
        plain = cls(*_matrices(vertices, weights, len(codes)), neighbours, torch.ones((), device=image.device))
        scale = (plain.message(ones) + SMALLEST_NORM).rsqrt()
        return cls(*_matrices(vertices, weights * scale, len(codes)), neighbours, reward)

    def message(self, values: Tensor) -> Tensor:
        """(N, K) filtered and rewarded."""
        points = torch.nn.functional.pad(self.splat @ values, (0, 0, 0, 1))
        for pair in self.neighbours:
            points[:-1] = points[:-1] + 0.5 * (points[pair[:, 0]] + points[pair[:, 1]])
        filtered = self.slice @ points[:-1]
        return filtered @ self.reward if self.reward.ndim else filtered * self.reward


def _features(image: Tensor, sxy: float, srgb: float | None) -> Tensor:
    """(N, d): x, y and, with a bandwidth for them, the colours."""
    y, x = torch.meshgrid(*(torch.arange(n, device=image.device) for n in image.shape[:2]), indexing="ij")
    place = torch.stack([x, y], dim=-1).flatten(0, 1) / sxy
    return place if srgb is None else torch.cat([place, image.reshape(len(place), -1) / srgb], dim=1)


def _embedded(features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Vertices (N, d + 1) as numbers of points, weights (N, d + 1), and codes (M,) of the points with their strides.

    See `boundary_bench.refiners.densecrf.kernels.embedding` for the geometry and the codes.
    """
    d = features.shape[1]
    step = torch.arange(d, device=features.device)
    along = features * (math.sqrt(2 / 3) * (d + 1) / ((step + 1) * (step + 2)).sqrt())
    elevated = torch.nn.functional.pad(along.flip(1).cumsum(1).flip(1), (0, 1))
    elevated[:, 1:] -= (step + 1) * along
    nearest, rank = _enclosed(elevated)
    part = (elevated - nearest * (d + 1)) / (d + 1)
    weights = torch.zeros(len(features), d + 2, device=features.device)
    weights.scatter_add_(1, d - rank, part).scatter_add_(1, d + 1 - rank, -part)
    weights[:, 0] += 1 + weights[:, d + 1]
    lowest = nearest[:, :d].amin(0) - 3
    counts = nearest[:, :d].amax(0) + 3 - lowest
    if counts.double().prod() * (d + 1) > 2.0**62:
        raise ValueError(
            f"bandwidths are so small that pixels spread over {int(counts.max())} lattice cells along one axis"
            "; allowed: about 1 px and 1 intensity unit or more"
        )
    strides = torch.cat([counts.new_ones(1), counts.cumprod(0)])
    remainder = torch.arange(d + 1, device=features.device)
    back = rank[:, None, :d] > d - remainder[None, :, None]
    codes = ((nearest[:, None, :d] - back.long() - lowest) * strides[:d]).sum(2) + remainder * strides[d]
    points, vertices = torch.unique(codes, return_inverse=True)
    return vertices, weights[:, : d + 1], points, strides


def _enclosed(elevated: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest point of remainder 0 in units of d + 1, and the ranks of the differences; both (N, d + 1)."""
    size = elevated.shape[1]
    nearest = torch.floor(elevated / size + 0.5).long()
    order = (elevated - nearest * size).argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(dim=1) + nearest.sum(dim=1, keepdim=True)
    low, high = rank < 0, rank >= size
    return nearest + low.long() - high.long(), rank + size * (low.long() - high.long())


def _neighbours(codes: Tensor, strides: Tensor) -> Tensor:
    """(d + 1, M, 2) of ascending codes; M where there is none."""
    d, points = len(strides) - 1, len(codes)
    result = torch.full((d + 1, points, 2), points, device=codes.device)
    own = torch.arange(points, device=codes.device)
    for axis in range(d + 1):
        stride = strides[axis] if axis < d else 0 * strides[0]
        step = torch.where(codes >= strides[d], stride - strides[d], d * strides[d] - strides[:d].sum() + stride)
        at = torch.searchsorted(codes, codes + step).clamp(max=points - 1)
        there = codes[at] == codes + step
        result[axis, there, 0] = at[there]
        result[axis, at[there], 1] = own[there]
    return result


def _matrices(vertices: Tensor, weights: Tensor, points: int) -> tuple[Tensor, Tensor]:
    """(M, N) and its transpose, sparse by rows: products with them add in a fixed order."""
    pixels, corners = vertices.shape
    starts = torch.arange(0, pixels * corners + 1, corners, device=vertices.device)
    down = torch.sparse_csr_tensor(
        starts, vertices.flatten(), weights.flatten(), (pixels, points), check_invariants=False
    )
    order = vertices.flatten().argsort(stable=True)
    counts = vertices.flatten().bincount(minlength=points)
    ends = torch.nn.functional.pad(counts.cumsum(0), (1, 0))
    up = torch.sparse_csr_tensor(
        ends, order // corners, weights.flatten()[order], (points, pixels), check_invariants=False
    )
    return up, down
