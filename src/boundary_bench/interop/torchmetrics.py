"""Metrics of torchmetrics."""

from boundary_bench.bench.interop.torchmetrics import BoundaryFScore, MaskBoundaryIoU, SemanticBoundaryIoU

__all__ = ["BoundaryFScore", "MaskBoundaryIoU", "SemanticBoundaryIoU"]
