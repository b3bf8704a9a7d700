"""A refiner that is a program: any language, any environment, nothing of it is imported."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, Window, is_uniform, refined

SUPERVISOR = Path(__file__).with_name("external_supervisor.py")
OBJECT = 255
"""Value of an object's pixels in the file of its mask."""
ANY_GREY, GREY_OR_BITS = ("L", "P", "I;16"), ("L", "1", "I;16")
"""Kinds of PNG, as Pillow calls them: with ids or levels, with levels alone."""
VOID_OF_FILES = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
"""By the type of their values: the highest one."""
LAST_LINES, LAST_BYTES = 5, 2000
"""How much of what a program wrote stands in the message about its failure."""

Values = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W), as they stand in a grey PNG."""


class External:
    """Lets a program refine files: it is given an image and a mask, and writes the new mask.

    In the arguments `{image}`, `{mask}` and `{output}` stand for paths of PNG files: the image, RGB; a label map, grey;
    and what the program is to write, of the size of the mask, grey with 8 or 16 bits or with a palette. No shell is
    involved: spaces and stars in arguments mean nothing.

    - Semantic maps are one call. Ids are training ids, at most 65534. Where an image has none above 254, the file has 8
      bits and void is 255, else it has 16 bits and void is 65535. Void pixels stay void whatever is written there;
      elsewhere the program chooses among the ids that it was given, and any other value is refused.
    - Panoptic maps likewise; the ids are numbers of segments, from 0 on.
    - Each object that has pixels is a call of its own, on the whole image: 255 where the object is and 0 elsewhere. The
      program writes the same two values.
    - A binary mask is one call: 255 where the object is and 0 elsewhere, soft masks too. The program may answer with
      levels in between, of 8 or 16 bits: the object is where they reach the middle, from 128 on, and they are kept as
      its probabilities. A mask that is empty or fills the image stays as it is, without a call.

    The program has `timeout_s` for each call and is then killed with all that it started, as it is when whoever runs
    this is. It runs in the current folder, with the environment of the process that calls it; in worker processes
    libraries are told there to use one thread. Its result must depend on its files alone.

    In an experiment, arguments that are files or folders beside it are given to the program with their full paths, and
    count by their contents in the identity of the results, so that a changed script is noticed. A program that is found
    on the PATH counts by its name.

    Args:
        command: the program and its arguments, of which some hold `{mask}` and `{output}`.
        timeout_s: seconds for each call.
        depends_on: files and folders that decide the result though the command does not name them, such as weights.

    Raises:
        ValueError: a command that is no list, lacks a file or has a program that is not there; a `timeout_s` that is
            not positive; or nothing where `depends_on` points.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(self, command: Sequence[str], timeout_s: float = 600.0, depends_on: Sequence[Path] = ()) -> None:
        if isinstance(command, str) or not command:
            raise ValueError(f"command is {command!r}; allowed: a list, the program and its arguments")
        self.command = [str(part) for part in command]
        absent = [name for name in ("{mask}", "{output}") if not any(name in part for part in self.command[1:])]
        if absent:
            raise ValueError(f"command is {self._name}; allowed: arguments with {' and '.join(absent)} in them")
        if shutil.which(self.command[0]) is None:
            raise ValueError(f"program is {self.command[0]}; allowed: an executable file, or its name on the PATH")
        if not 0 < timeout_s < float("inf"):
            raise ValueError(f"timeout_s is {timeout_s}; allowed: seconds above 0")
        missing = [str(path) for path in depends_on if not os.path.exists(path)]
        if missing:
            raise ValueError(f"depends_on holds {', '.join(missing)}; allowed: files and folders that are there")
        self.timeout_s = timeout_s

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """The program's result; probabilities are dropped.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind; semantic labels uint8 or int32 (H, W).

        Raises:
            ValueError: image and prediction differ in size, ids that a PNG cannot hold, or a result that is no grey
                PNG, of another size, or with values other than those given.
            RuntimeError: the program failed, took too long, or wrote nothing; with the last lines of what it said.
        """
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image is {image.shape[:2]}; allowed: the size of the prediction, {prediction.size}")
        of_objects = isinstance(prediction, InstanceSet)
        with TemporaryDirectory(prefix="external-") as folder:
            _write(Path(folder, "image.png"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
            if isinstance(prediction, BinaryMask):
                return self._binary(prediction.mask, Path(folder, "0"))
            numbers = count()

            def of_labels(labels: Labels, window: Window) -> Labels:  # noqa: ARG001
                place = Path(folder, str(next(numbers)))
                return self._object(labels, place) if of_objects else self._labels(labels, place)

            # Programs see whole images: nobody knows how far they look.
            return refined(prediction, of_labels, margin_px=max(prediction.size))

    @property
    def _name(self) -> str:
        return shlex.join(self.command)

    def _labels(self, labels: Labels, place: Path) -> Labels:
        labelled = labels != void_of(labels)
        ids = np.unique(labels[labelled])
        if not len(ids):
            return labels
        most = VOID_OF_FILES[np.dtype(np.uint16)]
        if ids[0] < 0 or ids[-1] >= most:
            raise ValueError(
                f"ids lie in [{ids[0]}, {ids[-1]}]; allowed: 0 to {most - 1}, what a PNG holds beside void"
            )
        answer = self._called(_as_values(labels, labelled, int(ids[-1])), place)
        self._require_known(answer[labelled], ids)
        result = labels.copy()
        result[labelled] = answer[labelled]
        return result

    def _object(self, mask: Labels, place: Path) -> Labels:
        answer = self._called(np.where(mask == 1, OBJECT, 0).astype(np.uint8), place)
        self._require_known(answer, np.array([0, OBJECT]))
        refined_mask: Labels = np.where(answer == OBJECT, mask.dtype.type(1), mask.dtype.type(0))
        return refined_mask

    def _binary(self, mask: NDArray[np.bool_], place: Path) -> BinaryMask:
        if is_uniform(mask):
            return BinaryMask(mask)
        levels = self._called(np.where(mask, OBJECT, 0).astype(np.uint8), place, GREY_OR_BITS)
        top, highest = np.iinfo(levels.dtype).max, int(levels.max())
        # Levels of 8 bits in 16, and 0 and 1 for no and yes, would be read as next to nothing.
        if 0 < highest <= (1 if levels.dtype == np.uint8 else OBJECT):
            raise ValueError(f"{self._name}: the output has levels up to {highest}; allowed: {top} for the object")
        if np.isin(levels, (0, top)).all():
            return BinaryMask(levels == top)
        if levels.dtype == np.uint8:
            return BinaryMask.soft(levels.astype(np.uint8, copy=False))
        return BinaryMask.soft((levels / np.float32(top)).astype(np.float32))

    def _called(self, mask: Values, place: Path, modes: Sequence[str] = ANY_GREY) -> Values:
        """The program's answer to one mask; its files are named after `place`."""
        mask_file, output = place.with_suffix(".mask.png"), place.with_suffix(".output.png")
        _write(mask_file, mask)
        paths = {"{image}": place.with_name("image.png"), "{mask}": mask_file, "{output}": output}
        arguments = []
        for part in self.command:
            for name, path in paths.items():
                part = part.replace(name, str(path))  # noqa: PLW2901
            arguments.append(part)
        self._run(arguments, place.with_suffix(".log"))
        if not output.is_file():
            raise self._failure("wrote nothing to {output}", place.with_suffix(".log"))
        answer = self._read(output, modes)
        if answer.shape != mask.shape:
            raise ValueError(f"{self._name}: the output is {answer.shape}; allowed: {mask.shape}, the size of the mask")
        return answer

    def _run(self, arguments: Sequence[str], log: Path) -> None:
        supervised = [sys.executable, "-I", "-S", str(SUPERVISOR), str(self.timeout_s), *arguments]
        pipe = subprocess.PIPE
        # A session of its own: Ctrl-C is for this process, whose end of the pipe closes whatever happens.
        with (
            log.open("wb") as said,
            subprocess.Popen(supervised, stdin=pipe, stdout=pipe, stderr=said, start_new_session=True) as process,
        ):
            assert process.stdout is not None
            ending = process.stdout.read().decode()
        if ending != "done":
            raise self._failure(ending or "lost its supervisor", log)

    def _failure(self, ending: str, log: Path) -> RuntimeError:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()[-LAST_LINES:]
        said = f"; it said last: {' | '.join(lines)}" if lines else "; it said nothing"
        return RuntimeError(f"{self._name} {ending}{said}")

    def _read(self, output: Path, modes: Sequence[str]) -> Values:
        try:
            with Image.open(output, formats=["PNG"]) as picture:
                if picture.mode in modes:
                    return np.asarray(picture.convert("L") if picture.mode == "1" else picture)
                found = f"of mode {picture.mode}"
        except (OSError, SyntaxError, Image.DecompressionBombError):
            found = "no complete PNG"
        palette = " or with a palette" if "P" in modes else ""
        raise ValueError(f"{self._name}: the output is {found}; allowed: a PNG, grey of 8 or 16 bits{palette}")

    def _require_known(self, found: Values, ids: NDArray[np.generic]) -> None:
        unknown = np.setdiff1d(found, ids)
        if len(unknown):
            shown = ", ".join(map(str, unknown[:5].tolist())) + (" ..." if len(unknown) > 5 else "")
            allowed = ", ".join(map(str, ids[:20].tolist())) + (" ..." if len(ids) > 20 else "")
            raise ValueError(f"{self._name}: the output holds {shown}; allowed: {allowed}, the values of the mask")


def _as_values(labels: Labels, labelled: NDArray[np.bool_], highest: int) -> Values:
    """A label map of ids up to the highest, as its file holds it."""
    narrow = highest < VOID_OF_FILES[np.dtype(np.uint8)]
    mask: Values = labels.astype(np.uint8) if narrow else labels.astype(np.uint16)
    mask[~labelled] = VOID_OF_FILES[mask.dtype]
    return mask


def _write(path: Path, values: NDArray[np.generic]) -> None:
    if not cv2.imwrite(str(path), values, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
        raise OSError(f"{path} cannot be written; allowed: a folder for temporary files with space in it")
