"""Executor of an experiment: model and validation."""

from __future__ import annotations

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

EXECUTORS = ("serial", "processes", "dask-local", "dask://host:port")
_SCHEDULER = re.compile(r"dask://[^\s/]+:\d{1,5}")


class ExecutorSpec(BaseModel):
    """Where the jobs run; see `boundary_bench.bench.engine.executors.named`. workers None: as many as cores and
    memory allow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "processes"
    workers: int | None = Field(None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in EXECUTORS[:-1] and not _SCHEDULER.fullmatch(name):
            raise ValueError(f"name is {name!r}; allowed: {', '.join(EXECUTORS)}")
        return name

    @model_validator(mode="after")
    def _own_workers(self) -> Self:
        if self.workers is not None and self.name not in EXECUTORS:
            raise ValueError(f"workers is {self.workers} with {self.name}; allowed: those that the cluster has")
        return self
