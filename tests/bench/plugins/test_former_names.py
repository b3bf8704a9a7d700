"""Names of earlier versions lead to what took their place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from boundary_bench.bench.papers.mean_iou_of import MeanIoUOf
from boundary_bench.bench.plugins import catalogue, former_names, registry
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.segfix.offset_files import SegFixOffsets
from boundary_bench.refiners.segfix.oracle import OracleOffset
from boundary_bench.refiners.segfix.refiner import SegFix


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("metrics", "region", MeanIoU),
        ("metrics", "metrics.region:Region", MeanIoU),
        ("metrics", "metrics.boundary_iou:SemanticBoundaryIoU", BoundaryIoU),
        ("metrics", "bench.papers.region_of:RegionOf", MeanIoUOf),
        ("refiners", "refiners.segfix.learned:SegFix", SegFix),
        ("refiners", "refiners.segfix.refiner:SegFixOffsets", SegFixOffsets),
        ("refiners", "refiners.oracle:OracleReplace", OracleReplace),
        ("refiners", "refiners.oracle:OracleOffset", OracleOffset),
    ],
)
def test_what_took_the_place(kind: catalogue.Kind, name: str, expected: type) -> None:
    assert registry.find(kind, name) is expected


@pytest.mark.parametrize("module", former_names.MODULES)
def test_every_place_is_there(module: str) -> None:
    found = former_names.current(f"{module}:Any")
    assert found is not None
    place = Path(__file__).parents[3] / "src" / f"{found.partition(':')[0].replace('.', '/')}.py"
    assert place.is_file()


def test_a_module_of_somebody_elses_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "__init__.py").touch()
    (tmp_path / "metrics" / "region.py").write_text("class Region: pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = registry.find("metrics", "metrics.region:Region")
    assert found.__module__ == "metrics.region"
    for name in ("metrics", "metrics.region"):
        sys.modules.pop(name, None)


CODE = """
import sys
from importlib import import_module
from types import ModuleType
sys.path[:] = [each for each in sys.path if each not in ("", {place!r})]
sys.modules["mmengine"] = ModuleType("mmengine")
sys.modules["mmengine.evaluator"] = ModuleType("mmengine.evaluator")
sys.modules["mmengine.evaluator"].BaseMetric = object
import boundary_bench.interop.mmengine
first = import_module("bench.interop.mmengine")
print(first.SemanticMetric is boundary_bench.interop.mmengine.SemanticMetric)
"""


def test_a_configuration_of_mmengine(tmp_path: Path) -> None:
    code = CODE.format(place=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "True"
