"""`bench paper`: list, show, check and run, with stand-ins and on files in the layout of Cityscapes."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pycocotools.mask import encode

from boundary_bench.bench.datasets.cityscapes import LABEL_IDS
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.papers.arrangement import Arrangement
from boundary_bench.bench.papers.cli_inputs import Given
from boundary_bench.bench.papers.published import names
from boundary_bench.bench.papers.recipes import FIGURES
from boundary_bench.bench.papers.spec import spec
from tests.bench.cli.street import call, write
from tests.paths import REPOSITORY

TRAIN_TO_RAW = {train: raw for raw, train in LABEL_IDS.items() if train >= 0}
CITIES = ("frankfurt", "lindau", "munster")
SIZE = (64, 96)


@dataclass(frozen=True)
class Cityscape:
    """root: layout of Cityscapes. maps: a model's label maps, training ids, by city. prob: its probabilities. objects:
    another model's COCO results."""

    root: Path
    maps: Path
    prob: Path
    objects: Path
    truths: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Cityscape:
    """Twelve small frames of three cities; predictions are the truth moved by two pixels."""
    folder = tmp_path_factory.mktemp("city")
    scenes = Synthetic("val", images=12, height_px=SIZE[0], width_px=SIZE[1])
    truths, labels, objects = {}, {}, []
    for place, sample in enumerate(scenes.samples()):
        town = CITIES[place % 3]
        name = f"{town}_{place:06d}_000019"
        truth = scenes.truth(sample).labels
        raw = np.vectorize(lambda train: TRAIN_TO_RAW.get(train, 0), otypes=[np.uint8])(truth)
        write(folder / "root" / "gtFine" / "val" / town / f"{name}_gtFine_labelIds.png", raw)
        image = scenes.image(sample)[..., ::-1]
        write(folder / "root" / "leftImg8bit" / "val" / town / f"{name}_leftImg8bit.png", image)
        ids = scenes.instances(sample)
        things = np.where(ids >= 1000, np.vectorize(TRAIN_TO_RAW.get)(ids // 1000, 0) * 1000 + ids % 1000, raw)
        write(folder / "root" / "gtFine" / "val" / town / f"{name}_gtFine_instanceIds.png", things.astype(np.uint16))
        objects += [found(name, things, number) for number in np.unique(things[things >= 1000])]
        moved = np.where(truth == 255, 0, np.roll(truth, 2, axis=1)).astype(np.uint8)
        moved[moved == 255] = 0
        write(folder / "maps" / town / f"{name}.png", moved)
        shares = 0.9 * (np.arange(19)[:, None, None] == moved) + 0.1 / 19
        (folder / "prob").mkdir(exist_ok=True)
        np.savez_compressed(folder / "prob" / f"{name}.npz", prob=shares.astype(np.float32))
        truths[name], labels[name] = truth, moved
    (folder / "objects.json").write_text(json.dumps(objects))
    return Cityscape(folder / "root", folder / "maps", folder / "prob", folder / "objects.json", truths, labels)


def found(name: str, ids: np.ndarray, number: int) -> dict:
    """An object as detectors write it, two pixels off its place."""
    mask = np.roll(ids == number, 2, axis=1)
    coded = encode(np.asfortranarray(mask.astype(np.uint8)))
    rle = {"size": coded["size"], "counts": coded["counts"].decode()}
    return {"image_id": name, "category_id": int(number) // 1000, "segmentation": rle, "score": 0.9}


def records(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with (folder / "table.csv").open(encoding="utf-8") as file:
        return {(r["baseline"], r["refiner"], r["metric"] + r["class"]): r for r in csv.DictReader(file)}


def mean_iou(city: Cityscape) -> float:
    """By the definition, one class after the other."""
    truth = np.concatenate([t.ravel() for t in city.truths.values()])
    found = np.concatenate([p.ravel() for p in city.labels.values()])[truth != 255]
    truth = truth[truth != 255]
    shares = [
        np.sum((truth == k) & (found == k)) / np.sum((truth == k) | (found == k))
        for k in range(19)
        if np.any(truth == k) or np.any(found == k)
    ]
    return float(np.mean(shares))


def test_the_list_names_every_table_and_figure(capsys):
    assert call("paper", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [*names(), *FIGURES]
    assert lines[lines.index(next(line for line in lines if line.startswith("bpr/1 "))) + 1].strip() == (
        "here: nuclei 5/5"
    )


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("md", "| DeepLabV3 | DenseCRF+SegFix | 80.5 |           64.1 |"),
        ("csv", "Cityscapes,val,DeepLabV3,DenseCRF+SegFix,,boundary_f@1px,,64.1,"),
        ("tex", "DeepLabV3 & DenseCRF+SegFix & 80.5 & 64.1"),
    ],
)
def test_a_table_is_shown_as_printed(form, expected, capsys):
    assert call("paper", "show", "segfix/5", "--format", form) == 0
    out = capsys.readouterr().out
    assert expected in out
    assert ("predictions of deeplabv3 with probabilities" in out) == (form == "md")


def test_a_figure_has_nothing_printed_to_show(capsys):
    assert call("paper", "show", "segfix/fig2") == 0
    assert capsys.readouterr().out.startswith("SegFix (ECCV 2020), Figure 2: ")


def test_an_unknown_table_is_refused(capsys):
    assert call("paper", "show", "segfix/99") == 2
    assert "bench paper list" in capsys.readouterr().err


def test_the_upper_bound_on_scenes(tmp_path, capsys):
    pytest.importorskip("torch")
    options = ("paper", "run", "segfix/1", "--on", "synthetic", "--first", 2)
    assert call(*options, "--workers", 1, "--out", tmp_path / "a") == 0
    first = (tmp_path / "a" / "table.md").read_text()
    assert call(*options, "--workers", 1, "--out", tmp_path / "a") == 0
    assert (tmp_path / "a" / "table.md").read_text() == first
    assert "Made by: bench paper run segfix/1 --on synthetic --first 2\n" in first
    assert "deeplabv3 is played by stride8" in first
    assert "Not made: predictions of hrnet_w48: none." in first
    assert "only gains can be held against the published ones" in first
    assert "| difference |" not in first
    found = records(tmp_path / "a")
    plain, moved = (
        float(found["DeepLabV3", refiner, "boundary_f@1px"]["ours"]) for refiner in ("", "GT-oracle offset m=8")
    )
    assert moved > plain
    gains = first[first.index("Gains over the unrefined predictions") :].splitlines()
    published, ours = gains[gains.index(next(line for line in gains if "m=8" in line)) :][:2]
    assert published.split("|")[5].strip() == "+2.9"  # 82.4 of mIoU over 79.5
    assert published.split("|")[6].strip() == "+11.8"  # 68.4 over 56.6
    assert float(ours.split("|")[6].split()[0]) == pytest.approx(moved - plain, abs=0.005)
    assert sum("| published |" in line for line in gains) == 2  # rows that are not made have no gains
    assert found["DeepLabV3", "", "mIoU"]["published"] == "79.5"
    assert {record["difference"] for record in found.values()} == {""}
    assert found["HRNet-W48", "", "mIoU"]["ours"] == ""
    capsys.readouterr()


def test_table_5_of_segfix_on_files_in_the_layout_of_cityscapes(city, tmp_path, capsys):
    data = ("--dataset", "cityscapes", "--root", city.root)
    assert call("make-offsets", *data, "--split", "val", "--out", tmp_path / "offsets", "--workers", 1) == 0
    given = (*data, "--predictions", f"deeplabv3={city.maps}", "--probabilities", city.prob, "--offsets")
    given = (*given, f"segfix={tmp_path / 'offsets'}")
    assert call("paper", "check", "segfix/5", *given) == 0
    assert "in order: 12 samples, 1 prediction sets, 4 combinations" in capsys.readouterr().out
    assert call("paper", "run", "segfix/5", *given, "--workers", 1, "--out", tmp_path / "t") == 0
    text, found = (tmp_path / "t" / "table.md").read_text(), records(tmp_path / "t")
    assert len(found) == 8
    plain = found["DeepLabV3", "", "mIoU"]
    assert float(plain["ours"]) == pytest.approx(100 * mean_iou(city), abs=1e-6)
    assert float(plain["difference"]) == pytest.approx(100 * mean_iou(city) - 79.5, abs=1e-6)
    # Three cities are too few for an interval, without which nothing is flagged.
    assert (plain["flagged"], plain["high"]) == ("false", "")
    refined = found["DeepLabV3", "SegFix", "boundary_f@1px"]
    assert float(refined["ours"]) > float(found["DeepLabV3", "", "boundary_f@1px"]["ours"])
    assert f"{float(plain['difference']):+.1f}" in text
    assert "too few for an interval: 3 clusters" in text
    assert "Not made" not in text


def test_table_1_of_bpr_on_objects(city, tmp_path, capsys):
    given = ("--dataset", "cityscapes", "--root", city.root, "--predictions", city.objects, "--workers", 1)
    assert call("paper", "run", "bpr/1", *given, "--out", tmp_path) == 0
    table = records(tmp_path)
    aps = [float(r["ours"]) for (_, _, metric), r in table.items() if metric == "AP"]
    assert len(aps) == 5
    assert aps == sorted(aps)
    assert aps[0] < 10
    # With true masks, what is found at all is found at every threshold, as in the paper.
    last = [table["Mask R-CNN (COCO pre-trained)", "GT-oracle replace all", m] for m in ("AP", "AP50", "AP75")]
    assert len({record["published"] for record in last}) == 1
    assert [float(record["ours"]) for record in last] == pytest.approx([aps[-1]] * 3)
    assert aps[-1] > 60
    assert "GT-oracle replace all †" in (tmp_path / "table.md").read_text()
    capsys.readouterr()


def test_a_check_lists_all_that_is_missing(city, capsys):
    given = ("--dataset", "cityscapes", "--root", city.root, "--predictions", f"hrnet_w48={city.maps}")
    assert call("paper", "check", "segfix/13", *given) == 2
    err = capsys.readouterr().err
    assert "--predictions deeplabv3=DIR" in err
    assert "--checkpoint segfix=FILE" in err


def test_shares_of_boundary_pixels_need_the_truth_alone(city, tmp_path, capsys):
    for workers in (1, 2):
        given = ("--dataset", "cityscapes", "--root", city.root, "--workers", workers, "--out", tmp_path / str(workers))
        assert call("paper", "run", "segfix/12", *given) == 0
    for kind in ("md", "csv", "tex"):
        assert len({(tmp_path / str(workers) / f"table.{kind}").read_bytes() for workers in (1, 2)}) == 1
    with (tmp_path / "1" / "table.csv").open(encoding="utf-8") as file:
        shares = {r["setting"]: float(r["ours"]) for r in csv.DictReader(file) if not r["class"]}
    assert list(shares) == [f"width_px={width}" for width in range(1, 6)]
    assert sorted(shares.values()) == list(shares.values())
    # Pixels that touch another label, by comparing neighbours.
    near = total = 0
    for labels in city.truths.values():
        padded = np.pad(labels, 1, mode="edge")
        around = [padded[1 + y : 65 + y, 1 + x : 97 + x] for y, x in ((0, 1), (1, 0), (0, -1), (-1, 0))]
        near += int(np.sum(np.any([labels != other for other in around], axis=0) & (labels != 255)))
        total += int(np.sum(labels != 255))
    assert shares["width_px=1"] == pytest.approx(100 * near / total, abs=1e-6)
    capsys.readouterr()


def test_a_figure_is_drawn_and_its_numbers_are_written(city, tmp_path, capsys):
    models = [f"{role}={city.maps}" for role in ("deeplabv3", "hrnet_w48")]
    given = ("--dataset", "cityscapes", "--root", city.root, "--predictions", models[0], "--predictions", models[1])
    assert call("paper", "run", "segfix/fig2", *given, "--workers", 1, "--out", tmp_path) == 0
    assert {file.name for file in (tmp_path / "figures").glob("*.svg")} == {
        "error-distance-deeplabv3.svg",
        "error-distance-hrnet-w48.svg",
    }
    text = (tmp_path / "table.md").read_text()
    assert "does not print them" in text
    assert "| published |" not in text
    capsys.readouterr()


def test_printing_tables_imports_no_torch():
    from tests.bench.cli.test_start import imported

    modules, out = imported(["paper", "list"])
    assert "torch" not in modules
    assert "segfix/5" in out


def test_the_recipes_of_the_documentation_fit_their_tables():
    page = (REPOSITORY / "docs" / "papers.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [shlex.split(line, comments=True) for line in re.findall(r"^bench paper run (.*)$", page, re.MULTILINE)]
    assert len(commands) == 4
    for name, *options in commands:
        values = dict.fromkeys(options[::2], ())
        for option, value in zip(options[::2], options[1::2], strict=True):
            values[option] = (*values[option], value)
        given = Given(
            on=next(iter(values.get("--on", ())), None),
            dataset=next(iter(values.get("--dataset", ())), None),
            predictions=values.get("--predictions", ()),
            probabilities=values.get("--probabilities", ()),
            checkpoints=values.get("--checkpoint", ()),
            offsets=values.get("--offsets", ()),
        )
        arrangement = Arrangement(spec(name), given.materials(spec(name)))
        told = arrangement.spec.recipe.detectors
        assert any(line.cell and (line.row.stages or told) for line in arrangement.lines)
        assert arrangement.comparable or given.on
