"""Tasks of one plan that run in any worker process."""

from __future__ import annotations

from typing import Any

from boundary_bench.bench.engine.plan import Plan, plan
from boundary_bench.bench.errors import InputError, Problem


class PlanTask:
    """A plan that is pickled as its experiment: each worker builds it once for itself."""

    def __init__(self, planned: Plan) -> None:
        self.experiment = planned.experiment
        self._plan: Plan | None = planned
        self._software: dict[str, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        from boundary_bench.bench.engine.provenance import software

        return {"experiment": self.experiment, "_plan": None, "_software": software()}

    def planned(self) -> Plan:
        """The plan, in whatever process this is.

        Raises:
            InputError: this process has other software than the one that started the run.
        """
        if self._plan is None:
            self._require_same_software()
            self._plan = plan(self.experiment)
        return self._plan

    def _require_same_software(self) -> None:
        from boundary_bench.bench.engine.provenance import software

        here = software()
        differing = [name for name in here | self._software if here.get(name) != self._software.get(name)]
        if differing:
            found = ", ".join(f"{name} {here.get(name, 'absent')}" for name in differing)
            wanted = ", ".join(f"{name} {self._software.get(name, 'absent')}" for name in differing)
            raise InputError(Problem("executor: a worker", found, f"{wanted}, as where the run was started"))


def scores_only(planned: Plan) -> bool:
    """Whether no prediction of a plan is refined, and no part of it is code from elsewhere."""
    parts = [planned.dataset, *planned.prediction_sets.values(), *(one.metric for one in planned.metrics.values())]
    own = f"{__name__.partition('.')[0]}."
    return all(one.identity for one in planned.refiners.values()) and all(
        type(part).__module__.startswith(own) for part in parts
    )
