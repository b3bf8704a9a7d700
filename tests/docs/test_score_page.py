"""What docs/score.md and docs/cityscapes.md quote is said, in the situations that they name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.bench.cli.street import call, read, write
from tests.paths import REPOSITORY
from tests.recipes.street_files import frames, write_label_map, write_objects, write_offset_file, write_truth

SPOILT = ("small", "coloured", "cut", "high", "fewer", "raw", "void", "stretched")
DATA = ("--dataset", "cityscapes", "--root", "cityscapes", "--split", "val")


def quoted(page: str, heading: str) -> list[str]:
    """The code in the first column of the table below a heading."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8").split(f"## {heading}\n")[1]
    return re.findall(r"^\| `([^`]*)`", text, re.MULTILINE)


@pytest.fixture
def world(tmp_path, monkeypatch) -> Path:
    """Three frames; their label maps in training ids lie in `maps`."""
    monkeypatch.chdir(tmp_path)
    for frame in frames(3):
        write_truth(Path("cityscapes"), frame)
        write(Path("maps", f"{frame.name}.png"), np.where(frame.labels == 255, 0, frame.labels))
        write_label_map(Path("raw"), frame, 1)
        write_objects(Path("objects"), frame, 1)
        np.savez(Path(f"{frame.name}.npz"), prob=np.full((19, 9, 16), 255 / 19, np.float32))
    write_offset_file(Path("offsets"), frame)
    return tmp_path


def spoil(one: Path) -> None:
    """Each of some maps in a folder of its own, so that all that is wrong is said of the right one."""
    labels = read(one)
    for folder in ("small", "coloured", "cut", "high", "fewer", "void", "stretched"):
        for path in Path("maps").glob("*.png"):
            write(Path(folder, path.name), read(path) + (folder == "high"))
    write(Path("small", one.name), labels[::2, ::2])
    write(Path("coloured", one.name), np.dstack([labels, labels, 255 - labels]))
    Path("cut", one.name).write_bytes(one.read_bytes()[:200])
    Path("fewer", one.name).unlink()
    write(Path("void", one.name), np.where(labels == 1, 19, labels))
    write(Path("stretched", one.name), np.linspace(0, 255, 12).round().astype(np.uint8)[labels % 12])
    write(Path("binary/valannot/a.png"), np.where(labels > 1, 255, 0).astype(np.uint8))
    write(Path("empty/valannot/a.png"), np.full_like(labels, 11))


def said(capsys) -> str:
    """By the checks of all that is wrong."""
    spoil(next(Path("maps").glob("*.png")))
    checks = [(*DATA, "--predictions", folder) for folder in SPOILT]
    camvid = ("--dataset", "camvid", "--split", "val", "--predictions")
    checks += [(*camvid, f"{root}/valannot", "--root", root) for root in ("binary", "empty")]
    checks.append((*DATA, "--predictions", "maps", "--probabilities", "."))
    next(Path("objects").glob("*.png")).unlink()
    results = [{"image_id": 99, "category_id": 26, "score": 0.5, "segmentation": {"size": [72, 128], "counts": "0"}}]
    Path("other.json").write_text(json.dumps(results))
    checks += [(*DATA, "--task", "instance", "--predictions", name) for name in ("objects", "other.json")]
    checks.append(("--dataset", "cityscape", *DATA[2:], "--predictions", "maps"))
    checks.append((*DATA[:2], "--root", "cityscapes/gtFine", *DATA[4:], "--predictions", "maps"))
    for check in checks:
        call("check", *check)
    Path("list.txt").write_text("elsewhere_000000_000001\n")
    call("check", *DATA, "--predictions", "maps", "--ids", "list.txt")
    for more in (("--offsets", "offsets", "--predictions", "deeplabv3=maps"), ("--predictions", "deeplabv3=maps")):
        call("paper", "check", "segfix/8", *DATA[:4], *more)
    return capsys.readouterr().err


def test_what_is_quoted_is_said(world, capsys):
    err = said(capsys)
    expected = [*quoted("score.md", "When it refuses"), *quoted("cityscapes.md", "When a check fails")]
    assert len(expected) == 21
    assert [text for text in expected if text not in err] == []
