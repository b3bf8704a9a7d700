"""Whole commands on large sets of objects, beside other evaluators: from files to numbers, CPU seconds and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import psutil
import pytest

from tests.speed.objects import write_world
from tests.speed.ratio import Section, record_line

COCO = {"images": 5000, "categories": 80, "objects": 36_712, "detections": 100, "seed": 0}
LVIS = {"images": 2000, "categories": 1203, "objects": 24_000, "detections": 300, "seed": 0}
ONE = {"images": 1, "categories": 80, "objects": 5000, "detections": 5000, "seed": 0}

SCALE = Section(
    "Objects at scale",
    "Whole commands, start-up included, on generated files (`tests/speed/objects.py`). CPU seconds of all processes;\n"
    "memory is the highest proportional set size of all processes together, looked at five times a second. Peers give\n"
    "the numbers of AP alone, without intervals, and check less; vernier 0.5.4 refuses results without boxes.",
    ("what", "tool", "CPU s", "wall clock s", "memory, MB"),
)
SETS = {
    "5,000 images, 80 categories, 36,712 objects, 500,000 detections": COCO,
    "2,000 images, 1,203 categories, 24,000 objects, 600,000 detections, LVIS": LVIS,
    "1 image, 5,000 objects, 5,000 detections": ONE,
}
QUESTIONS = {
    "mask AP": ("--metric", "average_precision", "--no-intervals"),
    "mask AP, intervals": ("--metric", "average_precision"),
    "all metrics, intervals": (),
}
PEERS = {
    "pycocotools": "from pycocotools.coco import COCO; from pycocotools.cocoeval import COCOeval\n"
    "truth = COCO(sys.argv[1]); e = COCOeval(truth, truth.loadRes(sys.argv[2]), 'segm')\n"
    "e.evaluate(); e.accumulate(); e.summarize()",
    "faster-coco-eval": "from faster_coco_eval import COCO, COCOeval_faster\n"
    "truth = COCO(sys.argv[1]); e = COCOeval_faster(truth, truth.loadRes(sys.argv[2]), 'segm')\n"
    "e.evaluate(); e.accumulate(); e.summarize()",
    "hotcoco": "from hotcoco import COCO, COCOeval\n"
    "truth = COCO(sys.argv[1]); e = COCOeval(truth, truth.load_res(sys.argv[2]), 'segm')\n"
    "e.evaluate(); e.accumulate(); e.summarize()",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    made = {}

    def of(name):
        if name not in made:
            made[name] = write_world(tmp_path_factory.mktemp("objects"), **SETS[name])
        return made[name]

    return of


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", SETS)
def test_evaluate(files, name, question):
    dataset = "lvis" if name.endswith("LVIS") else "coco"
    asked = [one if dataset == "coco" else one.replace("average_precision", "lvis_ap") for one in QUESTIONS[question]]
    truth, results = files(name)
    command = [sys.executable, "-m", "boundary_bench", "evaluate", "--dataset", dataset, "--annotations", str(truth)]
    record_line(
        SCALE, f"{question}; {name}", "boundary-bench", *spent([*command, "--predictions", str(results), *asked])
    )


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", [name for name in SETS if not name.endswith("LVIS")])
def test_peers(files, name, peer):
    code = f"import sys\n{PEERS[peer]}"
    record_line(SCALE, f"mask AP; {name}", peer, *spent([sys.executable, "-c", code, *map(str, files(name))]))


def spent(command: list[str]) -> tuple[str, str, str]:
    """CPU seconds, seconds and MB of a command and of what it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{cpu:.1f}", f"{time.perf_counter() - start:.1f}", f"{peak / 2**20:.0f}"


def _memory(pid: int) -> int:
    total = 0
    try:
        parent = psutil.Process(pid)
        for one in (parent, *parent.children(recursive=True)):
            total += one.memory_full_info().pss
    except psutil.Error:
        return 0
    return total
