from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.refiners.steal.casenet import CASENet, EdgeLogits, preprocess
from boundary_bench.refiners.steal.inference import probabilities
from tests.refiners.filled_networks import drawn_bgr, fill_by_rule


class Pixels(CASENet):
    """Says of each pixel what colour it has, and remembers what it is shown."""

    def __init__(self):
        super().__init__("casenet_tiny", 3)
        self.seen: list[torch.Tensor] = []

    def forward(self, images):
        self.seen.append(images[0].clone())
        return EdgeLogits(images / 100, images, (images[:, :1],) * 3)


def expected(image):
    return (preprocess(image) / 100).sigmoid()


@pytest.mark.parametrize("scheme", ["whole", "windows", "padded"])
@pytest.mark.parametrize("size", [(40, 56), (41, 57), (2, 3)])
def test_pixels_keep_their_places(scheme, size):
    image = drawn_bgr(48, 64)[: size[0], : size[1]]
    found = probabilities(Pixels(), image, scheme=scheme)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected(image), rtol=0, atol=1e-6)


def test_windows_overlap_and_cover_everything():
    image = drawn_bgr(520, 1024)
    network = Pixels()
    np.testing.assert_allclose(probabilities(network, image, scheme="windows"), expected(image), rtol=0, atol=1e-6)
    assert [tuple(seen.shape) for seen in network.seen] == [(3, 544, 544)] * 6
    # Rows 0 and 8, the last that fits; columns 0, 256 and 512.
    lefts = [network.seen[index][:, 16, 16] for index in range(3)]
    np.testing.assert_array_equal(torch.stack(lefts, dim=1), preprocess(image)[:, 0, [0, 256, 512]])
    np.testing.assert_array_equal(network.seen[3][:, 16, 16], preprocess(image)[:, 8, 0])


def test_windows_are_averaged_where_they_overlap():
    class Counting(Pixels):
        def forward(self, images):
            self.seen.append(images[0])
            number = torch.full_like(images, float(len(self.seen)))
            return EdgeLogits(number, number, (number[:, :1],) * 3)

    found = probabilities(Counting(), drawn_bgr(512, 768), scheme="windows")
    one, two = (torch.tensor([1.0, 2.0])).sigmoid()
    np.testing.assert_allclose(
        found[0, 100, [0, 255, 256, 511, 512, 767]], [one, one, *[(one + two) / 2] * 2, two, two]
    )


def test_windows_see_the_image_reflected_beyond_its_border():
    image = drawn_bgr(24, 32)
    network = Pixels()
    probabilities(network, image, scheme="windows")
    padded = np.pad(image, ((16, 16), (16, 16), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(network.seen[0], preprocess(padded))


def test_padding_is_the_mean():
    network = Pixels()
    probabilities(network, drawn_bgr(24, 32), scheme="padded")
    assert network.seen[0].shape == (3, 512, 512)
    assert not network.seen[0][:, 24:].any()
    assert not network.seen[0][:, :, 32:].any()


def test_a_network_is_run_without_statistics_of_the_batch():
    network = fill_by_rule(CASENet("casenet_tiny", 2)).train()
    image = drawn_bgr(32, 40)
    found = probabilities(network, image)
    assert network.training
    with torch.inference_mode():
        alone = network.eval()(preprocess(image)[None]).fused[0].sigmoid()
    np.testing.assert_allclose(found, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        ((1, 8), {}, "image is 1x8; allowed: at least 2x2"),
        ((8, 8), {"scheme": "tiles"}, "scheme is 'tiles'; allowed: whole, windows, padded"),
        ((8, 513), {"scheme": "padded"}, "image is 8x513; allowed in scheme padded: at most 512x512"),
        ((8, 8), {"precision": "int8"}, "precision is 'int8'"),
    ],
)
def test_what_cannot_be_run_is_refused(size, options, message):
    with pytest.raises(ValueError, match=message):
        probabilities(Pixels(), np.zeros((*size, 3), np.uint8), **options)
