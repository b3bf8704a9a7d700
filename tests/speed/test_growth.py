"""How time and memory of `bench evaluate` grow with the number of images, on generated COCO files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.metrics.structures.masks import Masks
from tests.speed.ratio import Section, record_line

SIZE = (480, 640)
OBJECTS = 7
IMAGES = (1250, 2500, 5000)

GROWTH = Section(
    "Growth",
    "`bench evaluate` on generated files, one process, wall clock with start-up, reading and intervals.",
    ("what", "images", "s", "ms an image", "peak memory, MB"),
)


def test_instances(tmp_path):
    evaluate(*write_coco(tmp_path, 3))  # kernels are compiled
    for images in IMAGES:
        truth, results = write_coco(tmp_path, images)
        seconds, megabytes = evaluate(truth, results)
        name, each = "instances: COCO, 7 objects an image, all metrics", f"{1e3 * seconds / images:.2f}"
        record_line(GROWTH, name, f"{images}", f"{seconds:.1f}", each, f"{megabytes:.0f}")


@pytest.mark.parametrize("images", [3])
def test_generated_files_are_scored(tmp_path, images):
    evaluate(*write_coco(tmp_path, images))


def write_coco(folder: Path, images: int) -> tuple[Path, Path]:
    """Ellipses of three categories, and detections that miss them by a few pixels; the same for every eighth image."""
    rng = np.random.default_rng(0)
    drawn = [[ellipse(rng) for _ in range(OBJECTS)] for _ in range(8)]
    annotations, detections = [], []
    for image in range(1, images + 1):
        for truth, near in drawn[image % 8]:
            number = len(annotations) + 1
            common = {"image_id": image, "category_id": number % 3 + 1}
            area = int(sum(truth["runs"][1::2]))
            annotations.append(
                {
                    **common,
                    "id": number,
                    "segmentation": truth["code"],
                    "area": area,
                    "iscrowd": 0,
                    "bbox": [0, 0, 1, 1],
                }
            )
            detections.append({**common, "segmentation": near["code"], "score": float(rng.random())})
    listed = [{"id": i, "file_name": f"{i:06d}.png", "height": SIZE[0], "width": SIZE[1]} for i in range(1, images + 1)]
    categories = [{"id": i, "name": f"kind {i}"} for i in (1, 2, 3)]
    paths = folder / f"truth_{images}.json", folder / f"results_{images}.json"
    paths[0].write_text(json.dumps({"images": listed, "annotations": annotations, "categories": categories}))
    paths[1].write_text(json.dumps(detections))
    return paths


def ellipse(rng: np.random.Generator) -> tuple[dict, dict]:
    """A mask and one near it, as COCO codes and runs."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centre, axes = rng.uniform((60, 60), (420, 580)), rng.uniform(10, 60, 2)
    found = []
    for shift in (0, rng.integers(1, 6)):
        inside = ((y - centre[0]) / axes[0]) ** 2 + ((x - centre[1] - shift) / axes[1]) ** 2 <= 1
        masks = Masks.from_dense(SIZE, [inside])
        found.append({"code": masks.coco(0), "runs": masks.runs(0)})
    return found[0], found[1]


def evaluate(truth: Path, results: Path) -> tuple[float, float]:
    """Seconds of wall clock, and the peak memory in MB, of scoring in one process."""
    files = ["--annotations", str(truth), "--predictions", str(results), "--json", str(truth.with_suffix(".scores"))]
    code = (
        "import resource, sys; from boundary_bench.bench.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    start = time.perf_counter()
    arguments = ["evaluate", "--dataset", "coco", *files, "--workers", "1"]
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    assert ended.returncode == 0, ended.stderr
    assert math.isfinite(json.loads(truth.with_suffix(".scores").read_text())["metrics"]["AP"]["value"])
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, int(ended.stderr.split()[-1]) / unit
