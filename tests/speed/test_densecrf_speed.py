"""DenseCRF against the original C++ code, and how its time divides and grows.

The original's Python wrapper, pydensecrf 1.0rc3, has no wheels, and its sdist does not compile as it is on Python 3.11.
Where it can be imported the two are compared, else only our own times are taken. To build it: unpack the sdist, run
`cython --cplus -3 pydensecrf/*.pyx` with Cython 0.29 over it, `pip install --no-build-isolation --target DIR .`, and
start the measurement with `PYTHONPATH=DIR`.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from boundary_bench.refiners.densecrf.lattice import Order, build, threads
from boundary_bench.refiners.densecrf.mean_field import infer, log_rows
from boundary_bench.refiners.densecrf.parameters import Parameters
from tests.speed.ratio import Section, best_s, measure_ratio, record, record_line
from tests.speed.scenes import street_labels

CITY, CAMVID = (1024, 2048), (360, 480)
WIDE, NARROW = Parameters(3, 3, 80, 13, 10, iterations=10), Parameters(3, 3, 30, 5, 4, iterations=10)
STAGES = Section(
    "DenseCRF by stage",
    "Gaussian 3 px, bilateral 80 px and 13; ms, wall clock. `lattices` and `unary` come once for an image, and 10\n"
    "iterations include them.",
    ("height x width", "classes", "threads", "lattices", "unary", "one iteration", "10 iterations"),
)
Scene = tuple[NDArray[np.uint8], NDArray[np.float32]]


def scene(size: tuple[int, int], classes: int) -> Scene:
    """A picture with shading, texture and noise of a camera's strength, and smooth probabilities."""
    rng = np.random.default_rng(0)
    labels = street_labels(*size, classes=classes)
    colours = rng.integers(20, 236, (256, 3)).astype(np.float32)[labels]
    texture = [cv2.resize(rng.normal(0, 12, (size[0] // s, size[1] // s, 3)), size[::-1]) for s in (4, 16, 64)]
    image = cv2.GaussianBlur(colours, (0, 0), 0.8) + sum(texture) + rng.normal(0, 2, (*size, 3))
    fields = [
        cv2.resize(rng.random((size[0] // 16, size[1] // 16)).astype(np.float32) ** 4, size[::-1])
        for _ in range(classes)
    ]
    probabilities = np.stack(fields) + 1e-3
    return np.clip(image, 0, 255).astype(np.uint8), probabilities / probabilities.sum(axis=0)


def original(
    image: NDArray[np.uint8], probabilities: NDArray[np.float32], parameters: Parameters
) -> NDArray[np.float32]:
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    utils = pytest.importorskip("pydensecrf.utils")
    model = densecrf.DenseCRF2D(image.shape[1], image.shape[0], len(probabilities))
    model.setUnaryEnergy(np.ascontiguousarray(utils.unary_from_softmax(probabilities)))
    model.addPairwiseGaussian(sxy=parameters.gaussian_sxy, compat=parameters.gaussian_compat)
    colours = {"srgb": parameters.bilateral_srgb, "rgbim": image, "compat": parameters.bilateral_compat}
    model.addPairwiseBilateral(sxy=parameters.bilateral_sxy, **colours)
    return np.array(model.inference(parameters.iterations), np.float32).reshape(probabilities.shape)


@pytest.mark.parametrize("thread_count", [1, 2])
@pytest.mark.parametrize(("size", "classes", "parameters"), [(CAMVID, 11, WIDE), (CITY, 19, WIDE), (CITY, 19, NARROW)])
def test_against_the_original(
    benchmark: Any, size: Any, classes: int, parameters: Parameters, thread_count: int
) -> None:
    pytest.importorskip("pydensecrf.densecrf")
    image, probabilities = scene(size, classes)
    ours = infer(image, probabilities, parameters, thread_count=thread_count)
    theirs = original(image, probabilities, parameters)
    assert np.count_nonzero(ours.argmax(axis=0) != theirs.argmax(axis=0)) <= ours[0].size / 10_000
    ratio = measure_ratio(
        benchmark,
        lambda: infer(image, probabilities, parameters, thread_count=thread_count),
        lambda: original(image, probabilities, parameters),
        rounds=2 if size == CITY else 7,
    )
    what = f"{size[0]} x {size[1]} x {classes}, {parameters.bilateral_sxy:g} px, {parameters.bilateral_srgb:g}"
    name = f"DenseCRF, 10 iterations, {what}, {thread_count} thread{'s' * (thread_count > 1)}"
    record(name, ratio, 1 / 0.65 if thread_count == 1 else 1 / 0.4, peer="pydensecrf (C++), one thread")


@pytest.mark.parametrize("thread_count", [1, 2])
@pytest.mark.parametrize(
    ("size", "classes"),
    [(CAMVID, 11), (CITY, 2), (CITY, 8), (CITY, 19), (CITY, 32), ((512, 1024), 19), ((2048, 2048), 19)],
)
def test_stages(size: tuple[int, int], classes: int, thread_count: int) -> None:
    image, probabilities = scene(size, classes)
    order = Order.of(*size)
    with threads(thread_count) as run:
        lattices = best_s(lambda: [build(image, order, 3, None, run), build(image, order, 80, 13, run)])
        unary = best_s(lambda: log_rows(probabilities, order, run))
    one, ten = (
        best_s(lambda n=n: infer(image, probabilities, Parameters(3, 3, 80, 13, 10, n), thread_count=thread_count))
        for n in (1, 10)
    )
    times = (f"{1e3 * seconds:.0f}" for seconds in (lattices, unary, (ten - one) / 9, ten))
    record_line(STAGES, f"{size[0]} x {size[1]}", f"{classes}", f"{thread_count}", *times)
