from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.networks import checkpoint, device
from boundary_bench.refiners.segfix import inference
from boundary_bench.refiners.segfix import refiner as module
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.offset_io import read_offsets
from boundary_bench.refiners.segfix.offsets import apply_offsets
from boundary_bench.refiners.segfix.refiner import SegFix
from tests import children
from tests.refiners.filled_networks import drawn_bgr, fill_by_rule
from tests.refiners.inputs import one_label

IMAGE = drawn_bgr(40, 56)


@pytest.fixture(scope="module")
def network() -> SegFixNetwork:
    return fill_by_rule(SegFixNetwork("hrnet_tiny"))


@pytest.fixture
def file(tmp_path, network):
    path = tmp_path / "net.safetensors"
    SEGFIX_CHECKPOINTS.save(path, network, {}, half=False)
    return path


@pytest.fixture
def build(file, tmp_path):
    def make(**parameters) -> SegFix:
        return SegFix(**{"checkpoint": str(file), "cache": tmp_path / "cache", **parameters})

    return make


@pytest.fixture
def calls(monkeypatch) -> list[dict[str, object]]:
    """Settings of every call of the network."""
    seen, predict = [], inference.predict

    def spy(network, image, **settings):
        seen.append(settings)
        return predict(network, image, **settings)

    monkeypatch.setattr(inference, "predict", spy)
    return seen


def kept(tmp_path) -> list:
    return sorted((tmp_path / "cache").rglob("*.npz"))


def test_labels_follow_what_the_network_says(build, network):
    expected = inference.offsets(*inference.predict(network, IMAGE), 8)
    assert 0.05 < (expected != 0).any(axis=-1).mean() < 0.95
    found = build().offsets(IMAGE)
    assert found.dtype == np.int8
    assert (found == expected).all(axis=-1).mean() > 0.999  # normalisations are fused: rounding
    labels = np.random.default_rng(0).integers(0, 5, IMAGE.shape[:2], np.uint8)
    np.testing.assert_array_equal(
        build().refine(IMAGE, SemanticMap(labels)).labels, apply_offsets(labels, found, scale=2)
    )


def test_an_image_is_looked_at_once_for_all(build, calls, tmp_path):
    refiner = build()
    fresh = refiner.offsets(IMAGE)
    np.testing.assert_array_equal(refiner.offsets(IMAGE.copy()), fresh)
    (path,) = kept(tmp_path)
    path.unlink()
    np.testing.assert_array_equal(refiner.offsets(IMAGE), fresh)  # of memory
    assert len(calls) == 1


def test_offsets_outlive_the_process(build, calls, tmp_path):
    fresh = build().offsets(IMAGE)
    (path,) = kept(tmp_path)
    np.testing.assert_array_equal(read_offsets(path), fresh)
    np.testing.assert_array_equal(build(scale=5).offsets(IMAGE), fresh)
    np.testing.assert_array_equal(build(until_interior=True).offsets(IMAGE), fresh)
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", None])
def test_a_damaged_file_is_made_anew(build, calls, tmp_path, damage):
    fresh = build().offsets(IMAGE)
    (path,) = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    np.testing.assert_array_equal(build().offsets(IMAGE), fresh)
    assert len(calls) == 2
    np.testing.assert_array_equal(read_offsets(path), fresh)


def test_what_decides_offsets_tells_them_apart(build, calls, tmp_path):
    changed = IMAGE.copy()
    changed[0, 0, 0] ^= 1
    refiner = build()
    for image in (IMAGE, changed, IMAGE.reshape(56, 40, 3)):
        refiner.offsets(image)
    build(crops=True).offsets(IMAGE)
    build(precision="bfloat16").offsets(IMAGE)
    assert len(calls) == len(kept(tmp_path)) == 5
    assert [(one["crops"], one["precision"]) for one in calls[2:]] == [
        (False, "float32"),
        (True, "float32"),
        (False, "bfloat16"),
    ]


def test_a_checkpoint_counts_by_its_contents(build, calls, file, tmp_path, network):
    first = build().offsets(IMAGE)
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(file.read_bytes())
    build(checkpoint=str(copy)).offsets(IMAGE)
    assert len(calls) == 1
    other = SegFixNetwork("hrnet_tiny", 4)
    SEGFIX_CHECKPOINTS.save(file, fill_by_rule(other), {})
    assert (build().offsets(IMAGE) != first).any()
    assert len(calls) == 2


def test_code_that_makes_other_offsets_counts_too(build, calls, monkeypatch):
    build().offsets(IMAGE)
    monkeypatch.setattr(module, "_code_digest", lambda: "changed")
    build().offsets(IMAGE)
    assert len(calls) == 2


def test_an_emptied_cache_is_filled_again(build, calls, tmp_path):
    refiner = build()
    for folder in (tmp_path / "cache").iterdir():
        folder.rmdir()
    refiner.offsets(IMAGE)
    assert len(kept(tmp_path)) == 1


def test_writers_do_not_disturb_each_other(build, tmp_path):
    images = [drawn_bgr(40, 56, seed=seed) for seed in range(2)]
    expected = [build(cache=tmp_path / "alone").offsets(image) for image in images]

    def work(number: int) -> bool:
        return bool((build().offsets(images[number % 2]) == expected[number % 2]).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(16)))
    assert len(kept(tmp_path)) == len(list((tmp_path / "cache").glob("*/*"))) == 2


def test_processes_share_the_folder(build, file, tmp_path):
    code = (
        "import pickle, sys; from tests.refiners.filled_networks import drawn_bgr;"
        "pickle.load(sys.stdin.buffer).offsets(drawn_bgr(40, 56))"
    )
    workers = [children.started([sys.executable, "-c", code], stdin=subprocess.PIPE) for _ in range(2)]
    for worker in workers:
        worker.communicate(pickle.dumps(build()))
        assert worker.returncode == 0
    (path,) = kept(tmp_path)
    np.testing.assert_array_equal(read_offsets(path), build().offsets(IMAGE))


def test_the_network_stays_behind_when_a_refiner_travels(build, file):
    refiner = build()
    assert len(pickle.dumps(refiner)) < file.stat().st_size / 100
    again = pickle.loads(pickle.dumps(refiner))
    np.testing.assert_array_equal(again.offsets(IMAGE), refiner.offsets(IMAGE))


@pytest.mark.parametrize(
    ("parameters", "scales"),
    [({}, (2, 2, 1)), ({"scale": 3}, (3, 3, 3)), ({"until_interior": True}, (1, 1, 1))],
)
def test_the_scale_is_that_of_the_kind(build, monkeypatch, parameters, scales):
    used = []

    def spy(shift, prediction, offsets):
        used.append((shift.scale, shift.until_interior))
        return prediction

    monkeypatch.setattr("boundary_bench.refiners.segfix.offset_files.Shift.refined", spy)
    refiner = build(**parameters)
    for task in ("semantic", "panoptic", "instance"):
        refiner.refine(IMAGE, one_label(task, IMAGE.shape[:2]))
    assert used == [(scale, "until_interior" in parameters) for scale in scales]


def test_results_depend_on_the_checkpoint(build, file):
    refiner = build()
    assert list(refiner.files("any")) == [file]
    assert refiner.for_sample("any") is refiner


def test_an_image_of_another_size_than_the_prediction_is_refused(build):
    with pytest.raises(ValueError, match=r"offsets have size \(40, 56\); allowed: \(8, 8\)"):
        build().refine(IMAGE, SemanticMap(np.zeros((8, 8), np.uint8)))


def test_a_checkpoint_of_the_package_is_known_by_its_name(build, file, tmp_path, monkeypatch):
    monkeypatch.setattr(SegFix, "shipped", tmp_path / "weights")
    with pytest.raises(ValueError, match=r"checkpoint is 'street', which is not there; allowed: a file$"):
        build(checkpoint="street")
    (tmp_path / "weights").mkdir()
    for name in ("street", "cells"):
        (tmp_path / "weights" / f"{name}.safetensors").write_bytes(file.read_bytes())
    assert build(checkpoint="street").checkpoint == tmp_path / "weights" / "street.safetensors"
    with pytest.raises(ValueError, match=r"'sea', which is not there; allowed: cells, street, or a file$"):
        build(checkpoint="sea")


def test_checkpoints_that_do_not_hold_such_a_network_are_refused(build, file, tmp_path, network):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"cut\.safetensors: is truncated or damaged"):
        build(checkpoint=str(cut))
    other = tmp_path / "other.safetensors"
    checkpoint.save(other, network.state_dict(), {"kind": "bpr"})
    with pytest.raises(ValueError, match="kind of the network is 'bpr'; allowed: 'segfix'"):
        build(checkpoint=str(other))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"scale": 0}, "scale is 0"),
        ({"scale": 2, "until_interior": True}, "allowed with until_interior"),
        ({"precision": "int8"}, "precision is 'int8'; allowed: float32, bfloat16, float16"),
        ({"device": "tpu"}, "device is 'tpu'; allowed on this machine: cpu"),
        ({"cache": __file__}, r"cache is .*\.py, in which no folder can be made"),
    ],
)
def test_parameters_out_of_range_are_refused(build, parameters, said):
    with pytest.raises(ValueError, match=said):
        build(**parameters)


def test_without_torch_it_says_what_to_install(build, monkeypatch):
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"SegFix networks need torch and safetensors, not .*boundary-bench\[torch\]"):
        build()


@pytest.mark.parametrize("variable", [True, False])
def test_offsets_are_usually_kept_with_other_caches(build, tmp_path, monkeypatch, variable):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg") if variable else "")
    build(cache=None).offsets(IMAGE)
    base = tmp_path / ("xdg" if variable else ".cache")
    assert len(list((base / "boundary-bench" / "offsets").glob("*/*.npz"))) == 1


def test_the_cache_stays_below_its_limit(build, calls, tmp_path):
    images = [drawn_bgr(40, 56, seed=seed) for seed in range(4)]
    build().offsets(images[0])
    size = kept(tmp_path)[0].stat().st_size
    refiner = build(cache_limit_gb=2.5 * size / 1e9)
    for image in images[1:]:
        refiner.offsets(image)
    assert len(kept(tmp_path)) == 2
    build().offsets(images[3])
    assert len(calls) == 4
    build().offsets(images[0])
    assert len(calls) == 5
    with pytest.raises(ValueError, match="cache_limit_gb is 0; allowed: above 0"):
        build(cache_limit_gb=0)


def test_a_full_disk_makes_it_slower_only(build, calls, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_offsets", full)
    found = build().offsets(IMAGE)
    np.testing.assert_array_equal(build().offsets(IMAGE), found)
    assert (len(calls), kept(tmp_path)) == (2, [])
