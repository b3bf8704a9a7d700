"""Conditions on columns, such as `area_px < 1024 and category in ("car", "bus")`; nothing is ever called or looked up.

Comparisons (chained too), `in` lists, `and`, `or`, `not`; names of columns, numbers, texts, True and False. A
comparison with a missing value is not true.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, did_you_mean

Bools = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]
ALLOWED = 'comparisons of columns with numbers or texts, joined by and, or, not; such as "area_px < 1024"'
LONGEST = 2000
"""Characters."""
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


NODES = (
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, *COMPARISONS, ast.In, ast.NotIn),
    *(ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.Set),
)
"""All that a condition may consist of."""


class Condition:
    """A condition, read but not yet applied.

    Attributes:
        text: as it was written.
        names: of the columns that it needs.

    Raises:
        InputError: what is no such condition.
    """

    def __init__(self, text: str, where: str = "--where") -> None:
        self.text, self._where = text, where
        if len(text) > LONGEST:
            raise self._problem(f"{len(text)} characters", f"at most {LONGEST}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self._problem("no condition", hint="equal is ==; texts stand in quotes") from None
        for node in ast.walk(self._tree):
            if not isinstance(node, NODES):
                hint = "and, or instead of & and |" if isinstance(node, (ast.BinOp, ast.Invert)) else ""
                raise self._problem(f"{ast.unparse(node)!r}", hint=hint)
        self.names = tuple(dict.fromkeys(node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)))

    def of(self, columns: Columns) -> Bools:
        """Which rows meet it, bool (N,).

        Args:
            columns: by name, each (N,): numbers, bools, or objects of which None and NaN are missing.

        Raises:
            InputError: a name of no column, or a comparison of texts with numbers.
        """
        for name in self.names:
            if name not in columns:
                raise self._problem(repr(name), ", ".join(columns), did_you_mean(name, list(columns)))
        return self._truth(self._tree, columns)

    def _truth(self, node: ast.expr, columns: Columns) -> Bools:
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(value, columns) for value in node.values]
            join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            found: Bools = join.reduce(parts)
            return found
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self._truth(node.operand, columns)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            links = zip(sides, node.ops, sides[1:], strict=False)
            return np.asarray(np.logical_and.reduce([self._compared(*link, columns) for link in links]))
        if isinstance(node, ast.Name):
            column = columns[node.id]
            if not _are(column, bool):
                raise self._problem(
                    f"{node.id} alone, which is not true or false", f"a comparison such as {node.id} > 0"
                )
            return np.array([value is not None and bool(value == True) for value in column], np.bool_)  # noqa: E712
        raise self._problem(f"{ast.unparse(node)!r}")

    def _compared(self, left: ast.expr, link: ast.cmpop, right: ast.expr, columns: Columns) -> Bools:
        if isinstance(link, (ast.In, ast.NotIn)):
            if not isinstance(right, (ast.List, ast.Tuple, ast.Set)) or not right.elts:
                raise self._problem(f"'in {ast.unparse(right)}'", "a list of numbers or texts behind 'in'")
            each_of = [self._compared(left, ast.Eq(), each, columns) for each in right.elts]
            any_of = np.asarray(np.logical_or.reduce(each_of))
            return any_of if isinstance(link, ast.In) else ~any_of
        one, other = (self._values(side, columns) for side in (left, right))
        if _are(one, str) != _are(other, str):
            raise self._problem(
                f"{ast.unparse(left)} beside {ast.unparse(right)}", "texts beside texts, numbers beside numbers"
            )
        rows = len(next(iter(columns.values())))
        one, other = (np.broadcast_to(side, (rows,)) for side in (one, other))
        there = ~(_missing(one) | _missing(other))
        found = np.zeros(rows, np.bool_)
        found[there] = COMPARISONS[type(link)](one[there], other[there]).astype(np.bool_)
        return found

    def _values(self, node: ast.expr, columns: Columns) -> NDArray[Any]:
        if isinstance(node, ast.Name):
            return columns[node.id]
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        if isinstance(inner, ast.Constant) and isinstance(inner.value, (int, float, str)):
            if not negative:
                return np.array([inner.value], object)
            if not isinstance(inner.value, str):
                return np.array([-inner.value], object)
        raise self._problem(f"{ast.unparse(node)!r}")

    def _problem(self, found: str, allowed: str = ALLOWED, hint: str = "") -> InputError:
        return InputError(Problem(f"{self._where} {self.text[:80]}", found, allowed, hint))


def _missing(values: NDArray[Any]) -> Bools:
    import pandas as pd

    return np.asarray(pd.isna(values))


def _are(values: NDArray[Any], kind: type) -> bool:
    """Whether the values that are there are of a kind; of none of them, no."""
    there = values[~_missing(values)]
    kinds = (kind, np.bool_) if kind is bool else (kind,)
    return len(there) > 0 and all(isinstance(value, kinds) for value in there.tolist())
