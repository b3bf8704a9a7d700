"""What all executors have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boundary_bench.bench.engine.executors import Processes, Serial, named
from boundary_bench.bench.engine.executors.protocol import Losses
from boundary_bench.bench.errors import InputError


def test_serial_is_lazy_and_in_order() -> None:
    done: list[int] = []

    def task(number: int) -> int:
        done.append(number)
        return number

    results: Iterator[int] = Serial().map(task, [3, 1, 2])
    assert next(results) == 3
    assert done == [3]
    assert list(results) == [1, 2]


def test_executors_by_name() -> None:
    assert isinstance(named("serial"), Serial)
    several = named("processes", 3)
    assert isinstance(several, Processes)
    assert several.workers == 3


class Task:
    def __call__(self, job: int) -> int:
        return job

    def lost(self, job: int) -> str:
        return f"lost {job}"


def test_a_lost_job_has_a_stand_in_but_not_where_all_are_lost() -> None:
    losses = Losses(Task(), "somewhere")
    assert [losses.result(1), losses.result(2)] == ["lost 1", "lost 2"]
    losses.finished()
    assert [losses.result(3), losses.result(4)] == ["lost 3", "lost 4"]
    with pytest.raises(InputError, match=r"somewhere: 3 worker processes in turn that died.*--resume"):
        losses.result(5)


def test_a_task_without_stand_in_ends_with_the_first_lost_job() -> None:
    with pytest.raises(InputError, match="3 worker processes in turn"):
        Losses(len, "somewhere").result(1)
