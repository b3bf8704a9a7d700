"""Evaluators for detectron2's loops."""

from boundary_bench.bench.interop.detectron2 import InstanceEvaluator, SemSegEvaluator

__all__ = ["InstanceEvaluator", "SemSegEvaluator"]
