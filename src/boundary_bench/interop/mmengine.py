"""A metric for mmengine's evaluator: `dict(type="boundary_bench.interop.mmengine.SemanticMetric")`.

Where a configuration imports this module (`custom_imports`), the name of earlier versions is known too.
"""

from boundary_bench.bench.interop.mmengine import SemanticMetric
from boundary_bench.bench.plugins.former_names import make_importable

__all__ = ["SemanticMetric"]

make_importable("bench.interop.mmengine")
