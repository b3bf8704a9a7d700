"""One target under coverage guidance, in a process of its own: see `tests.fuzz.run`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import atheris

from tests.paths import REPOSITORY

ROOMS = ("bench", "metrics", "refiners")
BLIND = 0.3
"""Share of inputs that the fuzzer changes by its own means, beside those that keep the structure."""


def fuzz(name: str, folder: Path, corpus: Path, options: Sequence[str]) -> None:
    """Never returns; what is found lies in `corpus`, named after the place it was raised at."""
    with atheris.instrument_imports(include=["boundary_bench"], exclude=list(compiled())):
        from tests.fuzz.mutations import several
        from tests.fuzz.targets import TARGETS

        target = TARGETS[name](folder)
        for seed in target.seeds:
            target.read(seed)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < BLIND:
            return bytes(atheris.Mutate(data, most))
        start = data if data and rng.random() < 0.8 else rng.choice(target.seeds)
        return several(target.mutation, start, rng)[:most]

    for place, seed in enumerate(target.seeds):
        (corpus / f"seed{place}").write_bytes(seed)
    atheris.Setup([sys.argv[0], str(corpus), *options], kept(target.read, corpus), custom_mutator=mutated)
    atheris.Fuzz()


def compiled() -> Iterator[str]:
    """Modules that numba compiles: it must find them as they were written."""
    for path in (path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")):
        if "njit" in path.read_text(encoding="utf-8"):
            yield ".".join(("boundary_bench", *path.relative_to(REPOSITORY).with_suffix("").parts))


def kept(read: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    """The reader that goes on after what it raises, once it has kept the input and the traceback."""

    def run(data: bytes) -> None:
        try:
            read(data)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            name = f"finding-{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
            if not (folder / name).exists():
                (folder / name).write_bytes(data)
                (folder / f"{name}.txt").write_text(traceback.format_exc(), encoding="utf-8", errors="replace")

    return run


if __name__ == "__main__":
    fuzz(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
