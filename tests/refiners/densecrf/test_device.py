import numpy as np
import pytest

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.densecrf.mean_field import infer
from boundary_bench.refiners.densecrf.parameters import Parameters
from boundary_bench.refiners.densecrf.refiner import DenseCRF
from tests.refiners.densecrf.problems import problem

torch = pytest.importorskip("torch")
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
# torch says of every sparse matrix that it may still change.
pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(2, 3, 5, 40, 4, iterations=5),
        Parameters(3, 0, 80, 13, 10, iterations=10),
        Parameters(1, 3, 20, 5, 0, iterations=2),
        Parameters(2, [[0, 1, 2], [1, 0, 1], [2, 1, 0]], 6, 30, 2, iterations=3),
        Parameters(iterations=0),
    ],
)
def test_both_ways_are_one(name, parameters):
    from boundary_bench.refiners.densecrf import device

    image, probabilities = problem((70, 40), 3)
    tensors = (torch.from_numpy(array).to(name) for array in (image, probabilities))
    marginals = device.infer(*tensors, parameters).cpu().numpy()
    np.testing.assert_allclose(marginals, infer(image, probabilities, parameters), rtol=0, atol=1e-4)


def test_the_refiner_takes_the_device():
    image, probabilities = problem((20, 30), 3)
    prediction = SemanticMap(probabilities.argmax(axis=0).astype(np.uint8), probabilities)
    refined, expected = (DenseCRF(iterations=2, device=name).refine(image, prediction) for name in ("cpu", None))
    np.testing.assert_array_equal(refined.labels, expected.labels)


def test_sizes_and_bandwidths_are_checked():
    from boundary_bench.refiners.densecrf import device

    image, probabilities = problem()
    with pytest.raises(ValueError, match="allowed: the same device, height and width"):
        device.infer(torch.from_numpy(image[1:]), torch.from_numpy(probabilities), Parameters())
    tiny = Parameters(bilateral_sxy=1e-4, bilateral_srgb=1e-4)
    with pytest.raises(ValueError, match="bandwidths are so small"):
        device.infer(torch.from_numpy(image), torch.from_numpy(probabilities), tiny)
