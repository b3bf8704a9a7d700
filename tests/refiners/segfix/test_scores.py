from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.refiners.segfix.scores import branch_counts, branch_scores, total

# Two rows of six pixels; "." is off the boundary, "v" void.
PREDICTED = ["####..", "#...#."]
TRUE = ["##..#v", ".#..vv"]
#          0 0 0 0 . .  right, next, wrong direction, none
CLASSES = [[0, 7, 3, 2, 5, 1], [0, 4, 4, 4, 4, 4]]
TRUE_CLASSES = [[0, 0, 0, -1, 6, -1], [1, 4, 0, 0, -1, -1]]


@pytest.fixture
def counts() -> dict[str, int]:
    true = np.array([[{"#": 1, ".": 0, "v": -1}[char] for char in row] for row in TRUE], np.int8)
    predicted = np.array([[char == "#" for char in row] for row in PREDICTED])
    return branch_counts(predicted, np.array(CLASSES, np.uint8), true, np.array(TRUE_CLASSES, np.int8), 8)


def test_counts_by_hand(counts):
    """Predicted and not void: (0,0..3), (1,0). True: (0,0), (0,1), (0,4), (1,1)."""
    assert counts == {
        "pixels": 9,
        "both": 2,
        "predicted": 5,
        "true": 4,
        "directed@predicted": 4,  # (0,3) has no direction
        "right@predicted": 1,  # (0,0)
        "near@predicted": 3,  # (0,1): 7 is next to 0; (1,0): 0 is next to 1
        "directed@true": 4,
        "right@true": 2,  # (0,0), (1,1)
        "near@true": 4,
    }


def test_scores_by_hand(counts):
    assert branch_scores(counts) == {
        "mask_precision": pytest.approx(2 / 5),
        "mask_recall": pytest.approx(2 / 4),
        "mask_F": pytest.approx(2 * 0.4 * 0.5 / 0.9),
        "direction_accuracy@predicted": pytest.approx(1 / 4),
        "direction_accuracy_pm1@predicted": pytest.approx(3 / 4),
        "direction_accuracy@true": pytest.approx(2 / 4),
        "direction_accuracy_pm1@true": 1.0,
    }


def test_images_count_by_their_pixels(counts):
    empty = dict.fromkeys(counts, 0)
    assert total([counts, empty, counts]) == {name: 2 * number for name, number in counts.items()}
    assert branch_scores(total([counts, counts])) == branch_scores(counts)
    assert total([]) == {}


@pytest.mark.parametrize("directions", [4, "4_axis", 8, 16, 32])
def test_neighbours_of_a_direction(directions):
    m = 4 if directions == "4_axis" else directions
    on = np.ones((1, m), np.int8)
    classes = np.arange(m, dtype=np.uint8)[None]
    for true in range(m):
        found = branch_counts(on == 1, classes, on, np.full((1, m), true, np.int8), directions)
        assert (found["right@true"], found["near@true"]) == (1, 3)


def test_what_there_is_none_of_has_no_score(counts):
    scores = branch_scores(dict.fromkeys(counts, 0))
    assert set(scores.values()) == {None}
    missed = branch_scores({**dict.fromkeys(counts, 0), "true": 5})
    assert (missed["mask_F"], missed["mask_recall"], missed["mask_precision"]) == (0.0, 0.0, None)
