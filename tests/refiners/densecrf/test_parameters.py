import json

import pytest

from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters, as_json, parameters_of


@pytest.mark.parametrize("name", ["gaussian_sxy", "bilateral_sxy", "bilateral_srgb"])
@pytest.mark.parametrize("value", [0, -1.0, float("inf"), float("nan")])
def test_bandwidths(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed: a finite number above 0"):
        Parameters(**{name: value})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "allowed: finite numbers, 0 or more"),
        (float("nan"), "allowed: finite numbers, 0 or more"),
        ([1.0, 2.0], r"has shape \(2,\)"),
        ([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]], r"has shape \(2, 3\)"),
        ([[0.0, 1.0], [2.0, 0.0]], "is not symmetric"),
    ],
)
def test_compatibilities(value, message):
    with pytest.raises(ValueError, match=message):
        Parameters(bilateral_compat=value)


@pytest.mark.parametrize("value", [-1, 21, True])
def test_iterations(value):
    with pytest.raises(ValueError, match=f"iterations is {value}; allowed: 0 to 20"):
        Parameters(iterations=value)


def test_penalties_tell_the_number_of_classes():
    assert Parameters().classes is None
    assert Parameters(bilateral_compat=[[0, 1], [1, 0]]).classes == 2


@pytest.mark.parametrize("name", PRESETS)
def test_presets_by_name(name):
    assert parameters_of(name) is PRESETS[name]


@pytest.mark.parametrize("parameters", [Parameters(1, 2, 3, 4, 5, 6), Parameters(gaussian_compat=[[0, 1], [1, 0]])])
def test_a_file_gives_back_what_was_written(tmp_path, parameters):
    preset = tmp_path / "tuned.json"
    preset.write_text(json.dumps({"parameters": as_json(parameters), "seed": 0}))
    assert parameters_of(preset) == parameters


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"parameters": {"sxy": 3}}', '{"parameters": {"iterations": 99}}']
)
def test_files_that_hold_none(tmp_path, content):
    preset = tmp_path / "tuned.json"
    preset.write_text(content)
    with pytest.raises(ValueError, match=r"tuned.json is no preset of a DenseCRF .*; allowed: JSON with the key"):
        parameters_of(preset)


def test_an_unknown_name():
    with pytest.raises(ValueError, match="preset is 'deeplap'; allowed: pydensecrf-default, deeplab"):
        parameters_of("deeplap")
