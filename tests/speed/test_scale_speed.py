"""The whole semantic evaluation of a large set in the Cityscapes layout: how it grows with workers and with images."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from boundary_bench.bench.formats.labels.label_image import read_label_image, write_label_image
from tests.speed.ratio import Section, record_line
from tests.speed.scenes import prediction_of, street_labels
from tests.void import VOID

IMAGES = 1000
MEMORY = (50, 500, 5000)
SCENES = 8
RAW_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""Cityscapes' label ids of the training ids 0 to 18."""

SCALE = Section(
    "Scale",
    "`bench evaluate` of label maps of 1024 x 2048 with 19 classes in the Cityscapes layout, all semantic metrics,\n"
    "wall clock of the whole command: start-up, the check of every file and intervals are in it. `decoding` is the\n"
    "time of one thread to decode truth and predictions once.",
    ("what", "images", "s", "images/s", "times 1 worker", "times decoding", "peak memory a worker, MB"),
)


def test_workers(tmp_path):
    predictions = write_cityscapes(tmp_path, IMAGES)
    decoding = decoding_s(tmp_path, predictions)
    evaluate(tmp_path, predictions, workers=1, images=2)  # kernels are compiled
    alone = None
    for workers in (1, 2):
        seconds, memory = evaluate(tmp_path, predictions, workers=workers, images=IMAGES)
        alone = alone or seconds
        record_line(
            SCALE, f"{workers} worker{'s' * (workers > 1)}", f"{IMAGES}", f"{seconds:.1f}", f"{IMAGES / seconds:.2f}",
            f"{alone / seconds:.2f}", f"{seconds / decoding:.2f}", f"{memory:.0f}",
        )  # fmt: skip


def test_memory(tmp_path):
    predictions = write_cityscapes(tmp_path, max(MEMORY))
    for images in MEMORY:
        seconds, memory = evaluate(tmp_path, predictions, workers=2, images=images)
        speed = f"{images / seconds:.2f}"
        record_line(SCALE, "2 workers, memory", f"{images}", f"{seconds:.1f}", speed, "", "", f"{memory:.0f}")


@pytest.mark.parametrize("images", [3])
def test_a_generated_set_is_scored(tmp_path, images):
    evaluate(tmp_path, write_cityscapes(tmp_path, images), workers=2, images=images)


def write_cityscapes(root: Path, images: int) -> Path:
    """Truth of `images` samples below root, and predictions in the folder returned; files of eight scenes, linked."""
    raw = np.full(256, 0, np.int32)
    raw[: len(RAW_IDS)] = RAW_IDS
    for scene in range(min(SCENES, images)):
        labels = street_labels(seed=scene)
        predicted = prediction_of(np.where(labels == VOID, 0, labels).astype(np.uint8), seed=scene)
        write_label_image(root / "scenes" / f"truth{scene}.png", raw[labels].astype(np.uint8))
        write_label_image(root / "scenes" / f"prediction{scene}.png", predicted)
    image = np.zeros((1024, 2048, 3), np.uint8)
    cv2.imwrite(str(root / "scenes" / "image.png"), image)
    for number in range(images):
        name, scene = f"generated_{number:06d}_000019", number % SCENES
        _link(
            root / "scenes" / f"truth{scene}.png", root / "gtFine" / "val" / "generated", f"{name}_gtFine_labelIds.png"
        )
        _link(root / "scenes" / "image.png", root / "leftImg8bit" / "val" / "generated", f"{name}_leftImg8bit.png")
        _link(root / "scenes" / f"prediction{scene}.png", root / "predictions", f"{name}.png")
    return root / "predictions"


def _link(source: Path, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.link(source, folder / name)


def decoding_s(root: Path, predictions: Path) -> float:
    """Seconds to decode all truth and predictions once, in this thread."""
    files: Sequence[Path] = [*(root / "gtFine").rglob("*.png"), *predictions.glob("*.png")]
    start = time.perf_counter()
    for file in files:
        read_label_image(file)
    return time.perf_counter() - start


def evaluate(root: Path, predictions: Path, *, workers: int, images: int) -> tuple[float, float]:
    """Seconds of wall clock, and the largest memory of a worker in MB."""
    command = [sys.executable, "-m", "boundary_bench", "evaluate", "--dataset", "cityscapes", "--root", str(root)]
    command += ["--split", "val", "--predictions", str(predictions), "--first", str(images), "--workers", str(workers)]
    command += ["--executor", "processes"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        peaks: dict[int, int] = {}
        watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watch.start()
        _, said = process.communicate()
    seconds = time.perf_counter() - start
    watch.join()
    assert process.returncode == 0, said
    return seconds, max(peak for pid, peak in peaks.items() if pid != process.pid) / 2**20


def _watch(process: subprocess.Popen[str], peaks: dict[int, int]) -> None:
    """The resident memory of a process and of those it started, ten times a second."""
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            for one in (parent, *parent.children(recursive=True)):
                peaks[one.pid] = max(peaks.get(one.pid, 0), one.memory_info().rss)
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.1)
