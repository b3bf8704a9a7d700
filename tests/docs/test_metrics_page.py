"""docs/metrics.md defines every metric of the catalogue: its name, parameters with their defaults, and values."""

from __future__ import annotations

import re

import pytest
import yaml

from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.metrics.instance.boundary_errors import ORDER
from tests.metrics.test_contract import OFFERED, OfTask, measurements
from tests.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8")
ABBREVIATED = re.compile(
    r"^boundary_(?=AP|AR|PQ|SQ|RQ)|_(th|st)(?=_lvis$|$)|(?<=A[PR])_[SMLrcf](?=_lvis$|$)|(?<!^AP)_lvis$"
)
"""What the page says once for all: of boundary IoU, things and stuff, sizes, frequencies, LVIS."""
KINDS = "|".join(ORDER)
VALUES = {"boundary", "strict", "mask", "file", "box", "null", "one", "zero", "px", "mm", "subvoxel", "diagonal"}
"""What parameters can be, as the page writes it."""


@pytest.mark.parametrize("name", sorted(catalogue.METRICS))
def test_parameters_are_there_with_their_defaults(name):
    (row,) = re.findall(rf"^\| `{name}` \|(.*)$", PAGE, re.MULTILINE)
    accepted = registry.named_parameters(registry.find("metrics", name))
    told = {key: yaml.safe_load(value) for key, value in re.findall(r"`(\w+): ([^`]*)`", row)}
    assert set(accepted) - set(OFFERED) == set(re.findall(r"`(\w+)[:`]", row)) - VALUES
    for parameter, default in told.items():
        its = accepted[parameter].default
        assert default == (list(its) if isinstance(its, tuple) else its)
    assert row.rstrip(" |").split("|")[-1].strip()


@pytest.mark.parametrize("name", sorted(catalogue.METRICS))
def test_values_are_defined(name):
    metric = OfTask(name)
    summary = metric.summarise(measurements(metric))
    for value in (*summary.values, *summary.per_class, *summary.curves):
        general = re.sub(r"@\d+px", "@Npx", ABBREVIATED.sub("", ABBREVIATED.sub("", value)))
        general = re.sub(rf"^(error|dAP)_({KINDS})$", r"\1_KIND", re.sub(rf"^({KINDS})_share$", "KIND_share", general))
        assert f"`{general}`" in PAGE, value
