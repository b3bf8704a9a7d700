"""MATLAB files of structs and cells, as the boundary datasets store their annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.pixel_limit import in_words, most_pixels
from boundary_bench.refiners.files.matlab import Sparse, read_variable


class MatFile:
    """One variable of a MATLAB file of version 5 to 7.2. Nothing in a file is run.

    Args:
        path: the file.
        key: name of the variable.

    Attributes:
        value: see `boundary_bench.refiners.files.matlab.Value`.

    Raises:
        InputError: no readable file, or no such variable in it.
    """

    def __init__(self, path: str | Path, key: str) -> None:
        self.path, self.key = Path(path), key
        allowed = f"a MATLAB file (version 5 to 7.2) with the variable {key}"
        try:
            names, self.value = read_variable(path, key)
        except OSError as error:
            raise InputError(Problem(str(path), (error.strerror or str(error)).lower(), allowed)) from None
        except ValueError as error:
            raise InputError(Problem(str(path), f"a file that {error}", allowed)) from None
        if key not in names:
            raise InputError(Problem(str(path), f"variables {', '.join(names) or 'none'}", allowed))

    def field(self, name: str, of: Any = None) -> Any:
        """A field of a struct: of the variable itself or, where given, of a value in it.

        Raises:
            InputError: no struct, or none that has the field.
        """
        struct = self.value if of is None else of
        if not isinstance(struct, dict) or name not in struct:
            found = f"a struct of {', '.join(struct)}" if isinstance(struct, dict) else "no struct"
            raise self.refused(found, f"one struct with the field {name}")
        return struct[name]

    def cells(self, value: Any) -> list[Any]:
        """The values of a cell array, of whatever shape.

        Raises:
            InputError: no cell array.
        """
        if not isinstance(value, list):
            raise self.refused("no cell array", "a cell array")
        return value

    def matrix(self, value: Any, size: tuple[int, int] | None = None) -> NDArray[Any]:
        """A matrix of numbers, full or sparse, with at least one element: (H, W).

        Raises:
            InputError: no such matrix, one of another size where one is given, or above the limit of pixels.
        """
        shape: tuple[int, ...] = getattr(value, "shape", ())
        if len(shape) != 2 or 0 in shape:
            raise self.refused("something that is no matrix", "a matrix of numbers")
        if size is not None and shape != size:
            raise self.refused(f"a matrix of {shape[0]}x{shape[1]}", f"{size[0]}x{size[1]}, as the others")
        if shape[0] * shape[1] > most_pixels():
            raise self.refused(f"a matrix of {shape[0]}x{shape[1]}", f"at most {in_words(most_pixels())}")
        return value.dense() if isinstance(value, Sparse) else np.asarray(value)

    def refused(self, found: str, allowed: str) -> InputError:
        """An error to raise that names what was found in the file."""
        return InputError(Problem(f"{self.path}: {self.key}", found, allowed))
