"""Which metrics `--metric` has measured: by their names in the catalogue, or by those of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundary_bench.bench.cli.questions import OPTIONS
from boundary_bench.bench.errors import InputError, Problem, did_you_mean

Spec = Mapping[str, Any]
"""A metric as an experiment has it."""

DETECTIONS, TOLERANCES = "max_detections", "tolerances_px"


@dataclass(frozen=True)
class Choice:
    """Metrics to measure, and the names of their values to show; () shows all."""

    specs: Sequence[Spec]
    shown: tuple[str, ...] = ()


def selected(dataset: Any, wanted: Sequence[str], changes: Mapping[str, Any]) -> Choice:
    """`choose` from the dataset's usual metrics; where none are wanted from those that do not merely explain others.

    Raises:
        InputError: as of `choose`, or a parameter that none of the metrics has.
    """
    from boundary_bench.bench.analysis.numbers import is_supporting

    usual = usual_metrics(dataset, changes)
    choice = choose(dataset, usual, wanted, changes)
    require_used(changes, choice.specs, dataset.task)
    if wanted:
        return choice
    main = [spec for spec in usual if not all(map(is_supporting, _Offer(spec, dataset).values))]
    return Choice(main or usual)


def usual_metrics(dataset: Any, changes: Mapping[str, Any]) -> list[Spec]:
    """The dataset's usual metrics with the parameters that were given, each where a metric has it."""
    from boundary_bench.bench.config.defaults import default_metrics
    from boundary_bench.bench.plugins import registry

    metrics = list[Spec]()
    for spec in default_metrics(dataset, refined=False):
        own = accepted_changes(registry.find("metrics", spec.name), changes)
        metrics.append({"name": spec.name, **spec.parameters, **own})
    return metrics


def require_used(changes: Mapping[str, Any], metrics: Sequence[Spec], task: str) -> None:
    """Refuse a parameter that none of the metrics has."""
    if unused := unused_changes(changes, metrics):
        options_ = ", ".join(OPTIONS.get(key, f"--metric-param {key}") for key in unused)
        raise InputError(Problem(options_, "no metric that has it", f"options of the metrics of {task} truth"))


def choose(dataset: Any, usual: Sequence[Spec], wanted: Sequence[str], changes: Mapping[str, Any]) -> Choice:
    """Metrics that have what is wanted: of the usual ones where these have it, else of the catalogue's.

    Args:
        dataset: that is scored.
        usual: metrics that are measured where nothing is said.
        wanted: names of metrics or of their values; `file.py:Class` too. None wanted: all usual ones.
        changes: parameters of those of the catalogue that have them; the usual ones have theirs.

    Raises:
        InputError: a name of neither, with those that there are.
    """
    if not wanted:
        return Choice(usual)
    offers = [_Offer(spec, dataset) for spec in usual]
    if {*wanted} - {name for each in offers for name in (each.name, *each.values)}:
        # Not asked without need: each measures a small image, with all classes of the dataset.
        others = _others(dataset, usual, wanted, changes)
        offers += [each for spec in others if (each := _offered(spec, dataset, wanted))]
    specs: list[Spec] = []
    shown: dict[str, None] = {}
    problems = []
    for name in wanted:
        found = [offer for offer in offers if name in (offer.name, *offer.values)]
        if not found:
            known = list(dict.fromkeys(each for offer in offers for each in (offer.name, *offer.values)))
            problems.append(Problem("--metric", repr(name), ", ".join(known), did_you_mean(name, known)))
            continue
        if found[0].name != name:
            found = found[:1]
        for offer in found:
            specs += [offer.spec] if offer.spec not in specs else []
            shown |= dict.fromkeys(offer.values if offer.name == name else [name])
    if problems:
        raise InputError(problems)
    return Choice(specs, tuple(shown))


def accepted_changes(metric: Callable[..., Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some parameters that a metric has.

    Where it takes one number of detections it gets the largest of several; one that takes one tolerance gets the only
    one.
    """
    from boundary_bench.bench.plugins import registry

    accepted = registry.named_parameters(metric)
    found = {key: value for key, value in changes.items() if key in accepted}
    several = found.get(DETECTIONS)
    if isinstance(several, list) and "Sequence" not in str(accepted[DETECTIONS].annotation):
        found[DETECTIONS] = max(several)
    tolerances = changes.get(TOLERANCES, ())
    if "tolerance_px" in accepted and len(tolerances) == 1:
        found["tolerance_px"] = tolerances[0]
    return found


def unused_changes(changes: Mapping[str, Any], specs: Sequence[Spec]) -> list[str]:
    """Names of those of some parameters that none of the metrics has."""
    used = {key for spec in specs for key in spec}
    used |= {TOLERANCES} if "tolerance_px" in used and len(changes.get(TOLERANCES, ())) == 1 else set()
    return sorted(changes.keys() - used)


class _Offer:
    """A metric that can be had: its spec, its name, and the names of its values."""

    def __init__(self, spec: Spec, dataset: Any) -> None:
        from boundary_bench.bench.config.defaults import built_metric, dataset_parameters
        from boundary_bench.bench.config.experiment import MetricSpec
        from boundary_bench.bench.plugins.value_names import value_names

        parsed = MetricSpec.model_validate(spec)
        metric = built_metric(parsed, parsed.name, parsed.parameters, dataset_parameters(dataset)).metric
        self.spec, self.name = spec, parsed.name
        self.values = value_names(metric, dataset.task, len(dataset.classes))


def _offered(spec: Spec, dataset: Any, wanted: Sequence[str]) -> _Offer | None:
    """A metric of the catalogue; None where it is not for these classes and not called by its name."""
    try:
        return _Offer(spec, dataset)
    except InputError:
        if spec["name"] in wanted:
            raise
        return None


def _others(dataset: Any, usual: Sequence[Spec], wanted: Sequence[str], changes: Mapping[str, Any]) -> Iterator[Spec]:
    """Further metrics of the dataset's task, with their defaults, and those that are named by file or module."""
    from boundary_bench.bench.config.defaults import dataset_parameters, fill_parameters
    from boundary_bench.bench.plugins import registry

    there = {spec["name"] for spec in usual}
    offered = dataset_parameters(dataset)
    for name in (*registry.names("metrics"), *(name for name in wanted if ":" in name)):
        found = registry.find("metrics", name)
        accepted = registry.named_parameters(found)
        filled = fill_parameters("metrics", name, {}, offered)
        complete = all(key in filled for key, each in accepted.items() if each.default is each.empty)
        if name not in there and complete and dataset.task in getattr(found, "tasks", (dataset.task,)):
            yield {"name": name, **accepted_changes(found, changes)}
