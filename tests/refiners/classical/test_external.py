"""Programs by files: what they are given, what is taken from them, and how they fail."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.classical.external import External
from tests import children
from tests.refiners.programs import REFINE
from tests.strategies import wide
from tests.void import VOID, WIDE_VOID

LABELS = np.array([[0, 1, 0, 2, VOID], [3, 3, 3, 3, 2], [2, VOID, 2, 2, 2]], np.uint8)
IMAGE = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
FILES = ("{image}", "{mask}", "{output}")

RECORD = """
import os, shutil, sys
folder, image, mask, output = sys.argv[1:]
number = len(os.listdir(folder)) // 2
shutil.copy(image, f"{folder}/{number}.image.png")
shutil.copy(mask, f"{folder}/{number}.mask.png")
shutil.copy(mask, output)
"""


def shell(script: str, **settings: object) -> External:
    """The arguments are $1 image, $2 mask, $3 output; a shell is one of the programs that may be asked for."""
    return External(["sh", "-c", script, "sh", *FILES], **settings)


def given(folder: Path, name: str) -> np.ndarray:
    """As a foreign reader sees it."""
    with Image.open(folder / name) as picture:
        return np.asarray(picture)


def as_program(folder: Path, text: str) -> list[str]:
    (folder / "program.py").write_text(text)
    return [sys.executable, "-I", "-S", str(folder / "program.py")]


@pytest.fixture
def kept(tmp_path):
    folder = tmp_path / "it's; $HOME *"  # nothing to a program that no shell starts
    folder.mkdir()
    return folder


@pytest.fixture
def recording(tmp_path, kept):
    return External([*as_program(tmp_path, RECORD), str(kept), *FILES])


def smoothed(labels):
    left, own, right = labels[:, :-2], labels[:, 1:-1], labels[:, 2:]
    result = labels.copy()
    result[:, 1:-1] = np.where((left == right) & (left != VOID) & (own != VOID), left, own)
    return result


def test_a_program_refines(tmp_path):
    labels = np.random.default_rng(1).integers(0, 3, (20, 30), np.uint8)
    labels[5:8, 5:20] = VOID
    refiner = External([*as_program(tmp_path, REFINE), "{mask}", "{output}"])
    for given_labels, expected in ((labels, smoothed(labels)), (wide(labels), wide(smoothed(labels)))):
        result = refiner.refine(np.zeros((20, 30, 3), np.uint8), SemanticMap(given_labels))
        assert result.labels.dtype == given_labels.dtype
        np.testing.assert_array_equal(result.labels, expected)


def test_it_is_given_image_and_labels(recording, kept):
    recording.refine(IMAGE, SemanticMap(LABELS))
    np.testing.assert_array_equal(given(kept, "0.image.png"), IMAGE)
    np.testing.assert_array_equal(given(kept, "0.mask.png"), LABELS)
    assert given(kept, "0.mask.png").dtype == np.uint8


@pytest.mark.parametrize("highest", [255, 256, 300, 65533, 65534])
def test_ids_of_255_and_more_are_given_16_bits_and_void_is_65535(recording, kept, highest):
    labels = np.array([[0, highest, 254], [WIDE_VOID, 7, WIDE_VOID]], np.int32)
    result = recording.refine(IMAGE[:2, :3], SemanticMap(labels))
    assert result.labels.dtype == np.int32
    np.testing.assert_array_equal(result.labels, labels)
    assert given(kept, "0.mask.png").dtype == np.uint16
    np.testing.assert_array_equal(given(kept, "0.mask.png"), [[0, highest, 254], [65535, 7, 65535]])


def test_wide_maps_of_lower_ids_are_given_8_bits_and_void_is_255(recording, kept):
    labels = np.array([[0, 254, WIDE_VOID]], np.int32)
    np.testing.assert_array_equal(recording.refine(IMAGE[:1, :3], SemanticMap(labels)).labels, labels)
    assert given(kept, "0.mask.png").dtype == np.uint8
    np.testing.assert_array_equal(given(kept, "0.mask.png"), [[0, 254, 255]])


@pytest.mark.parametrize("wrong", [65535, 65536, -2])
def test_ids_that_no_png_holds_beside_void_are_refused(recording, wrong):
    labels = np.array([[1, wrong]], np.int32)
    with pytest.raises(ValueError, match=r"ids lie in .*; allowed: 0 to 65534"):
        recording.refine(IMAGE[:1, :2], SemanticMap(labels))


def test_each_object_is_a_call_on_the_whole_image(recording, kept):
    masks = [np.zeros((3, 5), np.bool_) for _ in range(3)]
    masks[0][0, 1:3] = masks[2][1:, 2:] = True
    objects = InstanceSet(Masks.from_dense((3, 5), masks), np.array([0, 1, 1]), np.array([0.5, 0.1, 0.9]))
    result = recording.refine(IMAGE, objects)
    assert len(list(kept.iterdir())) == 4  # an empty mask has nothing to refine
    for place, name in ((0, "0.mask.png"), (2, "1.mask.png")):
        np.testing.assert_array_equal(given(kept, name), masks[place] * 255)
        np.testing.assert_array_equal(result.masks.dense(place), masks[place])
    np.testing.assert_array_equal(given(kept, "1.image.png"), IMAGE)


def test_segments_are_given_their_numbers(recording, kept):
    ids = np.array([[900, 900, 7], [7, 0, 7]], np.int32)
    result = recording.refine(IMAGE[:2, :3], PanopticMap(ids, np.array([7, 900], np.int32), np.array([0, 1])))
    np.testing.assert_array_equal(given(kept, "0.mask.png"), [[1, 1, 0], [0, VOID, 0]])
    np.testing.assert_array_equal(result.ids, ids)


def answering(folder: Path, answer: np.ndarray, palette: bool = False) -> External:
    """A program that always writes this."""
    picture = Image.fromarray(answer)
    if palette:
        picture.putpalette([level for colour in ((9, 9, 9), (200, 0, 0), (0, 200, 0)) for level in colour])
    picture.save(folder / "answer.png")
    return External(["cp", str(folder / "answer.png"), "{output}", "--suffix={mask}"])


def test_void_stays_void_whatever_is_written_there(tmp_path):
    answer = np.where(LABELS == VOID, 99, 3).astype(np.uint8)
    result = answering(tmp_path, answer).refine(IMAGE, SemanticMap(LABELS))
    np.testing.assert_array_equal(result.labels, np.where(LABELS == VOID, VOID, 3))


@pytest.mark.parametrize(("dtype", "palette"), [(np.uint8, False), (np.uint8, True), (np.uint16, False)])
def test_grey_and_palette_are_read(tmp_path, dtype, palette):
    answer = np.full((3, 5), 2, dtype)
    answer[0, 0] = 1
    result = answering(tmp_path, answer, palette).refine(IMAGE, SemanticMap(LABELS))
    with Image.open(tmp_path / "answer.png") as picture:
        assert picture.mode == ("P" if palette else "L" if dtype == np.uint8 else "I;16")
    np.testing.assert_array_equal(result.labels, np.where(LABELS == VOID, VOID, answer))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.full((3, 4), 2, np.uint8), r"the output is \(3, 4\); allowed: \(3, 5\), the size of the mask"),
        (np.full((3, 5), 77, np.uint8), r"the output holds 77; allowed: 0, 1, 2, 3, the values of the mask"),
        (np.full((3, 5), VOID, np.uint8), r"the output holds 255; allowed: 0, 1, 2, 3"),
        (np.zeros((3, 5, 3), np.uint8), r"the output is of mode RGB; allowed: a PNG, grey"),
        (np.zeros((3, 5), np.bool_), r"the output is of mode 1; allowed: a PNG, grey"),
    ],
)
def test_answers_that_are_none(tmp_path, answer, message):
    with pytest.raises(ValueError, match=message):
        answering(tmp_path, answer).refine(IMAGE, SemanticMap(LABELS))


def test_objects_of_ones_are_refused(tmp_path):
    objects = InstanceSet(Masks.from_dense((3, 5), [np.ones((3, 5), np.bool_)]), np.array([0]), np.ones(1))
    with pytest.raises(ValueError, match=r"holds 1; allowed: 0, 255"):
        answering(tmp_path, np.ones((3, 5), np.uint8)).refine(IMAGE, objects)


def test_half_a_png_is_none(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (3, 5), np.uint8)
    cv2.imwrite(str(tmp_path / "whole.png"), noise)
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:50])
    for name in ("half.png", "../program.txt"):
        (tmp_path.parent / "program.txt").write_text("no picture at all")
        with pytest.raises(ValueError, match="the output is no complete PNG"):
            shell(f"cp '{tmp_path / name}' $3").refine(IMAGE, SemanticMap(LABELS))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "for i in 1 2 3 4 5 6; do echo line $i >&2; done; exit 3",
            r"ended with exit code 3; it said last: line 2 \| line 3 \| line 4 \| line 5 \| line 6$",
        ),
        ("echo on stdout; exit 4", r"exit code 4; it said last: on stdout$"),
        ("exit 5", r"exit code 5; it said nothing$"),
        ("echo all is well", r"wrote nothing to \{output\}; it said last: all is well$"),
        ("kill -SEGV $$", "was ended by SIGSEGV"),
        ("cat; exit 6", r"exit code 6; it said nothing$"),  # there is nothing to be read on standard input
    ],
)
def test_failing_programs(script, message):
    with pytest.raises(RuntimeError, match=message):
        shell(script).refine(IMAGE, SemanticMap(LABELS))


def test_a_program_that_is_gone_when_it_is_needed(tmp_path):
    command = tmp_path / "program"
    command.write_text("no shebang")
    command.chmod(0o755)
    refiner = External([str(command), *FILES])
    for message in ("Exec format error", "No such file or directory"):
        with pytest.raises(RuntimeError, match=rf"could not be started \({message}\)"):
            refiner.refine(IMAGE, SemanticMap(LABELS))
        command.unlink(missing_ok=True)


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 30
    while alive(process):
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.02)


def alive(process: int) -> bool:
    """Whether it runs; what only waits to be buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_hanging_program_is_killed_with_its_children(tmp_path):
    script = f"sleep 600 & echo $! > '{tmp_path}/child'; echo $$ > '{tmp_path}/itself'; sleep 600"
    with pytest.raises(RuntimeError, match=r"ran longer than timeout_s, 3 s"):
        shell(script, timeout_s=3).refine(IMAGE, SemanticMap(LABELS))
    for name in ("child", "itself"):
        wait_until_gone(int((tmp_path / name).read_text()))


def test_what_a_program_leaves_running_is_killed(tmp_path):
    shell(f"sleep 600 & echo $! > '{tmp_path}/child'; cp $2 $3").refine(IMAGE, SemanticMap(LABELS))
    wait_until_gone(int((tmp_path / "child").read_text()))


def test_a_program_ends_with_whoever_waits_for_it(tmp_path):
    code = f"""
import numpy as np
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.external import External
command = ["sh", "-c", "echo $$ > '{tmp_path}/made'; mv '{tmp_path}/made' '{tmp_path}/itself'; sleep 600"]
labels = np.zeros((3, 3), np.uint8)
External([*command, "{{mask}}{{output}}"]).refine(np.zeros((3, 3, 3), np.uint8), SemanticMap(labels))
"""
    with children.started([sys.executable, "-c", code]) as caller:
        while not (tmp_path / "itself").exists():
            assert caller.poll() is None
            time.sleep(0.02)
        program = int((tmp_path / "itself").read_text())
        assert alive(program)
        caller.kill()
    wait_until_gone(program)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"command": "cp {mask} {output}"}, r"command is 'cp \{mask\} \{output\}'; allowed: a list"),
        ({"command": []}, r"command is \[\]; allowed: a list"),
        ({"command": ["cp", "{mask}"]}, r"allowed: arguments with \{output\} in them"),
        ({"command": ["cp", "mask", "output"]}, r"allowed: arguments with \{mask\} and \{output\} in them"),
        ({"command": ["no-such-program", *FILES]}, "program is no-such-program; allowed: an executable file, or"),
        ({"command": [__file__, *FILES]}, "allowed: an executable file, or its name on the PATH"),
        ({"timeout_s": 0}, "timeout_s is 0; allowed: seconds above 0"),
        ({"timeout_s": float("nan")}, "timeout_s is nan"),
        ({"depends_on": ["no/weights"]}, "depends_on holds no/weights; allowed: files and folders that are there"),
    ],
)
def test_what_it_refuses_to_be_built_from(settings, message):
    with pytest.raises(ValueError, match=message):
        External(**{"command": ["cp", *FILES], **settings})


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"image is \(2, 5\); allowed: the size of the prediction, \(3, 5\)"):
        shell("cp $2 $3").refine(IMAGE[:2], SemanticMap(LABELS))


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shell("cp $2 $3").refine(IMAGE, SemanticMap(LABELS))
    with pytest.raises(RuntimeError):
        shell("touch $3.more; exit 1").refine(IMAGE, SemanticMap(LABELS))
    assert not list(tmp_path.iterdir())


DRAWN = np.array([[0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]], np.bool_)


def writing(folder: Path, picture: Image.Image) -> External:
    """A program that writes the same picture whatever it is given."""
    picture.save(folder / "answer.png")
    return External(["sh", "-c", 'cp "$1" "$3"', "sh", str(folder / "answer.png"), "{mask}", "{output}"])


@pytest.mark.parametrize("soft", [False, True])
def test_a_binary_mask_is_one_call_of_0_and_255(kept, recording, soft):
    prediction = BinaryMask.soft(np.where(DRAWN, np.uint8(200), np.uint8(90))) if soft else BinaryMask(DRAWN)
    result = recording.refine(IMAGE, prediction)
    np.testing.assert_array_equal(given(kept, "0.mask.png"), np.where(DRAWN, 255, 0))
    np.testing.assert_array_equal(given(kept, "0.image.png"), IMAGE)
    assert len(list(kept.iterdir())) == 2
    np.testing.assert_array_equal(result.mask, DRAWN)
    assert result.probabilities is None


@pytest.mark.parametrize("filled", [False, True])
def test_no_program_is_called_for_a_mask_without_a_boundary(kept, recording, filled):
    result = recording.refine(IMAGE, BinaryMask(np.full((3, 5), filled)))
    np.testing.assert_array_equal(result.mask, np.full((3, 5), filled))
    assert not list(kept.iterdir())


def test_grey_levels_of_an_answer_are_its_probabilities(tmp_path):
    levels = np.array([[0, 127, 128, 255, 3], [9, 200, 4, 1, 0], [0, 0, 0, 0, 0]], np.uint8)
    result = writing(tmp_path, Image.fromarray(levels)).refine(IMAGE, BinaryMask(DRAWN))
    np.testing.assert_array_equal(result.mask, levels >= 128)
    np.testing.assert_array_equal(result.probabilities, levels)
    of_16_bits = levels.astype(np.uint16) * 257
    result = writing(tmp_path, Image.fromarray(of_16_bits)).refine(IMAGE, BinaryMask(DRAWN))
    assert result.probabilities.dtype == np.float32
    np.testing.assert_allclose(result.probabilities, levels / 255, atol=1e-6)
    np.testing.assert_array_equal(result.mask, levels >= 128)


def test_answers_of_two_levels_are_hard(tmp_path):
    turned = ~DRAWN
    for picture in (turned.astype(np.uint8) * 255, turned.astype(np.uint16) * 65535, turned):
        result = writing(tmp_path, Image.fromarray(picture)).refine(IMAGE, BinaryMask(DRAWN))
        np.testing.assert_array_equal(result.mask, turned)
        assert result.probabilities is None
    nothing = writing(tmp_path, Image.fromarray(np.zeros((3, 5), np.uint8))).refine(IMAGE, BinaryMask(DRAWN))
    assert not nothing.mask.any()


def test_answers_that_would_be_read_as_nearly_nothing_are_refused(tmp_path):
    palette = Image.fromarray(DRAWN.astype(np.uint8)).convert("P")
    for picture, message in (
        (Image.fromarray(DRAWN.astype(np.uint8)), r"levels up to 1; allowed: 255 for the object"),
        (Image.fromarray(DRAWN.astype(np.uint16) * 255), r"levels up to 255; allowed: 65535 for the object"),
        (palette, r"of mode P; allowed: a PNG, grey of 8 or 16 bits$"),
        (Image.fromarray(np.zeros((2, 5), np.uint8)), r"the output is \(2, 5\); allowed: \(3, 5\)"),
    ):
        with pytest.raises(ValueError, match=message):
            writing(tmp_path, picture).refine(IMAGE, BinaryMask(DRAWN))
