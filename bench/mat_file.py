"""MATLAB files of structs and cells, as the boundary data sets store their annotations."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.io import loadmat, whosmat

from bench.errors import InputError, Problem


class MatFile:
    """One variable of a MATLAB file of version 5 to 7.2. Nothing in a file is run.

    Args:
        path: the file.
        key: name of the variable.

    Raises:
        InputError: no readable file, or no such variable in it.
    """

    def __init__(self, path: str | Path, key: str) -> None:
        self.path, self.key = Path(path), key
        allowed = f"a MATLAB file (version 5 to 7.2) with the variable {key}"
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise InputError(Problem(str(path), (error.strerror or str(error)).lower(), allowed)) from None
        try:
            stream: Any = BytesIO(data)
            names = [name for name, _, _ in whosmat(stream)]
            stream.seek(0)
            found = loadmat(stream, variable_names=[key])
        except Exception as error:  # Damaged files make the decoder raise nearly anything.
            raise InputError(Problem(str(path), f"a file that cannot be read ({error})", allowed)) from None
        if key not in found:
            raise InputError(Problem(str(path), f"variables {', '.join(names) or 'none'}", allowed))
        self.value: Any = found[key]

    def field(self, name: str, of: Any = None) -> Any:
        """A field of a struct: of the variable itself or, where given, of a value in it.

        Raises:
            InputError: no struct, or none that has the field.
        """
        struct = self.value if of is None else of
        fields = getattr(getattr(struct, "dtype", None), "names", None) or ()
        if name not in fields or struct.size != 1:
            found = f"a struct of {', '.join(fields)}" if fields else "no struct"
            raise self.refused(found, f"one struct with the field {name}")
        return struct.reshape(-1)[0][name]

    def cells(self, value: Any) -> list[Any]:
        """The values of a cell array, of whatever shape.

        Raises:
            InputError: no cell array.
        """
        if not isinstance(value, np.ndarray) or value.dtype != np.object_:
            raise self.refused("no cell array", "a cell array")
        return list(value.reshape(-1))

    def matrix(self, value: Any, size: tuple[int, int] | None = None) -> NDArray[Any]:
        """A matrix of numbers, full or sparse, with at least one element: (H, W).

        Raises:
            InputError: no such matrix, or one of another size where one is given.
        """
        shape: tuple[int, ...] = getattr(value, "shape", ())
        if len(shape) != 2 or 0 in shape or value.dtype.kind not in "biuf":
            raise self.refused("something that is no matrix", "a matrix of numbers")
        if size is not None and shape != size:
            raise self.refused(f"a matrix of {shape[0]}x{shape[1]}", f"{size[0]}x{size[1]}, as the others")
        if sparse.issparse(value):
            value = self._full(value)
        return np.asarray(value)

    def _full(self, matrix: Any) -> Any:
        try:
            matrix.check_format(full_check=True)  # Indices out of range would be written outside of the matrix.
        except ValueError as error:
            raise self.refused(f"a damaged sparse matrix ({error})", "a matrix of numbers") from None
        return matrix.toarray()

    def refused(self, found: str, allowed: str) -> InputError:
        """What was found in the file, as an error to raise."""
        return InputError(Problem(f"{self.path}: {self.key}", found, allowed))
