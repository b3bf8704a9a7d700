"""What mmengine documents of its evaluator, as far as metrics meet it; for one process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class BaseMetric:
    default_prefix: str | None = None

    def __init__(self, collect_device: str = "cpu", prefix: str | None = None, collect_dir: str | None = None) -> None:
        self.collect_device, self.collect_dir = collect_device, collect_dir
        self.prefix = prefix or self.default_prefix
        self.results: list[Any] = []
        self.dataset_meta: dict[str, Any] | None = None

    def evaluate(self, size: int) -> dict[str, Any]:
        """The first `size` results: what the sampler repeated to give each process as many is left out."""
        values = self.compute_metrics(self.results[:size])  # type: ignore[attr-defined]
        self.results.clear()
        return {f"{self.prefix}/{name}" if self.prefix else name: value for name, value in values.items()}


class Evaluator:
    def __init__(self, metrics: BaseMetric | Sequence[BaseMetric]) -> None:
        self.metrics = list(metrics) if isinstance(metrics, Sequence) else [metrics]

    @property
    def dataset_meta(self) -> dict[str, Any] | None:
        return self.metrics[0].dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, meta: dict[str, Any]) -> None:
        for metric in self.metrics:
            metric.dataset_meta = meta

    def process(self, data_samples: Sequence[dict[str, Any]], data_batch: Any = None) -> None:
        for metric in self.metrics:
            metric.process(data_batch, data_samples)  # type: ignore[attr-defined]

    def evaluate(self, size: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for metric in self.metrics:
            values = metric.evaluate(size)
            if shared := set(found) & set(values):
                raise ValueError(f"two metrics have values named {shared}")
            found |= values
        return found
