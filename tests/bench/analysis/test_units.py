"""Units of numbers by their names: what is printed, in which decimals, and which way is better."""

import math

import pytest

from boundary_bench.bench.analysis.units import in_units, lower_is_better, unit_of


@pytest.mark.parametrize(
    ("metric", "value", "score", "gain"),
    [
        ("mIoU", 0.58234, "58.2", "+58.23"),
        ("boundary_f@1px", 0.5, "50.0", "+50.00"),
        ("NSD@2px", 0.70254, "70.3", "+70.25"),
        ("error_rate@3px", 0.021, "2.1", "+2.10"),
        ("HD95_px", 12.3456, "12.35", "+12.346"),
        ("HD95_pooled_px", 3.0, "3.00", "+3.000"),
        ("HD95_px (sub-voxel)", 0.5, "0.50", "+0.500"),
        ("ASSD_mm", 1.25, "1.25", "+1.250"),
        ("HCE", 1016.4, "1016", "+1016.4"),
        ("MAE", 0.0349, "0.035", "+0.0349"),
        ("image_MSE", 0.0012, "0.001", "+0.0012"),
        ("MAEX", 0.5, "50.0", "+50.00"),
        ("mIoU", -1e-9, "0.0", "0.00"),
        ("HD95_px", math.nan, "–", "–"),
    ],
)
def test_numbers_are_printed_in_their_unit(metric, value, score, gain):
    unit = unit_of(metric)
    assert (unit.text(value, 1), unit.text(value, 2, signed=True)) == (score, gain)


def test_no_decimals_are_never_fewer_than_none():
    assert unit_of("HCE").text(12.6, 0) == "13"


FALLING = ["error_rate", "error_rate@3px", "worse_share", "HD_px", "HD95_px", "HD95_pooled_px", "ASD_px", "ASSD_mm"]
FALLING += ["HCE", "MAE", "MSE", "MAE (soft)"]
RISING = ["mIoU", "IoU", "mBA", "boundary_IoU", "NSD@2px", "boundary_f@1px", "F_max", "S", "E_mean", "J_and_F"]


def test_errors_distances_and_corrections_fall_as_methods_get_better():
    assert [name for name in FALLING if not lower_is_better(name)] == []
    assert [name for name in RISING if lower_is_better(name)] == []


@pytest.mark.parametrize(
    ("metrics", "gains", "said"),
    [
        (["mIoU", "NSD@2px"], False, "in per cent"),
        (["mIoU"], True, "in points"),
        ([], False, "in per cent"),
        (["HD95_px", "ASSD_px"], False, "in pixels, lower is better"),
        (["HD95_px"], True, "in pixels, below 0 is better"),
        (["IoU", "HD95_px", "HD_px"], False, "in per cent; _px in pixels, lower is better"),
        (
            ["HD_mm", "MAE", "MSE"],
            False,
            "_mm in millimetres, lower is better; MAE, MSE as fractions of 1, lower is better",
        ),
        (["IoU", "HCE (a)"], True, "in points; HCE in corrections an image, below 0 is better"),
    ],
)
def test_captions_say_only_the_units_there_are(metrics, gains, said):
    assert in_units(metrics, gains=gains) == said


@pytest.mark.parametrize(
    ("metric", "label"),
    [("mIoU", "mIoU [%]"), ("HD95_px", "HD95_px [px]"), ("MAE", "MAE"), ("HCE", "HCE [corrections]")],
)
def test_axes_name_their_unit(metric, label):
    assert unit_of(metric).axis(metric) == label
