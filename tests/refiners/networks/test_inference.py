from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")


def test_a_network_computes_on_one_thread_and_leaves_the_others_as_they_were():
    from boundary_bench.refiners.networks.inference import inference

    before, network = torch.get_num_threads(), torch.nn.Conv2d(1, 1, 1)
    torch.set_num_threads(2)
    try:
        with inference(network, torch.device("cpu"), "float32"):
            assert torch.get_num_threads() == 1
            assert not network.training
            assert not network(torch.ones(1, 1, 2, 2)).requires_grad
        assert torch.get_num_threads() == 2
        assert network.training
        with pytest.raises(KeyError), inference(network, torch.device("cpu"), "float32"):
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
