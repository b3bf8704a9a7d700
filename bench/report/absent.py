"""Notes on classes without a value, which means leave out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from boundary_bench.bench.analysis.numbers import Method, Numbers

NAMED = 20
"""So many classes are listed, and of more how many there are."""

NEITHER = "{occur} in neither truth nor prediction"
WHY: Mapping[str, str] = {
    "IoU": NEITHER,
    "PQ": "{have} no segment that counts in truth or prediction",
    "AP": "{have} no object that counts in the truth",
    "AP_cityscapes": "{have} no object that counts in the truth",
    "AP_lvis": "{have} no object that counts in the truth",
    "MF_ODS": "{have} no edge in the truth",
}
"""What it means that a class has no value in a number."""
EVERYWHERE = "{are} undefined in every number"
ONE = {"occur": "occurs", "have": "has", "are": "is"}
SEVERAL = {verb: verb for verb in ONE}


def absent_notes(numbers: Numbers) -> list[str]:
    """A sentence where classes have no value, one for each group of methods that lack the same ones."""
    groups: dict[tuple[str, ...], list[Method]] = {}
    for method in numbers.methods:
        if numbers.class_metrics and numbers.get(method, numbers.class_metrics[0], numbers.classes[0]).samples:
            groups.setdefault(absent_classes(numbers, method), []).append(method)
    return [_note(numbers, names, methods if len(groups) > 1 else ()) for names, methods in groups.items() if names]


def absent_classes(numbers: Numbers, method: Method) -> tuple[str, ...]:
    """Classes without a value in the number that tells (`WHY`), or where the run has none of those in any."""
    telling = _telling(numbers) or numbers.class_metrics
    return tuple(
        name
        for name in numbers.classes
        if all(math.isnan(numbers.get(method, metric, name).score.value) for metric in telling)
    )


def _telling(numbers: Numbers) -> list[str]:
    return [metric for metric in numbers.class_metrics if metric in WHY][:1]


def _note(numbers: Numbers, names: Sequence[str], methods: Sequence[Method]) -> str:
    why = WHY[_telling(numbers)[0]] if _telling(numbers) else EVERYWHERE
    where = f"{'; '.join(method.label for method in methods)}: " if methods else ""
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    said = why.format(**(ONE if len(names) == 1 else SEVERAL))
    return f"{where}{len(names)} of {len(numbers.classes)} classes {said}: {listed}; left out of means."
