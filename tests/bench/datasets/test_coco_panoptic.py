"""COCO panoptic truth: ids from colours, things and stuff, and everything in which PNG and JSON may not agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.coco_panoptic import CocoPanoptic
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.validation import check_run
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.bench.coco_json import PANOPTIC_IDS, panoptic, removing, setting, write_ids, write_json
from tests.bench.label_files import chunk
from tests.paths import data_dir

INFO = ("annotations", 0, "segments_info", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_ids(tmp_path / "val" / "first.png", PANOPTIC_IDS)
    return write_json(tmp_path / "val.json", panoptic())


def problems_of(path: Path, **folders: Any) -> list[Problem]:
    try:
        return check_run(CocoPanoptic(path, **folders), []).problems
    except InputError as error:
        return list(error.problems)


def test_segments_by_hand(path: Path) -> None:
    dataset = CocoPanoptic(path)
    (sample,) = dataset.samples()
    truth = dataset.truth(sample)
    assert (dataset.task, dataset.classes, dataset.things) == ("panoptic", ("sky", "cat"), {1})
    np.testing.assert_array_equal(truth.ids, PANOPTIC_IDS)
    assert truth.ids.dtype == np.int32
    assert truth.segments.tolist() == [70000, 300], "in the order of the file"
    assert truth.categories.tolist() == [0, 1]
    assert truth.crowd.tolist() == [False, True]
    assert truth.scores.tolist() == [1, 1]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_alpha_and_colour_management_change_no_id(tmp_path: Path, path: Path, mode: str) -> None:
    png = write_ids(tmp_path / "val" / "first.png", PANOPTIC_IDS, mode)
    data = png.read_bytes()
    extra = chunk(b"gAMA", (20000).to_bytes(4)) + (chunk(b"tRNS", bytes([0, 44, 0, 1, 0, 0])) if mode == "RGB" else b"")
    png.write_bytes(data[:33] + extra + data[33:])
    dataset = CocoPanoptic(path)
    np.testing.assert_array_equal(dataset.truth(dataset.samples()[0]).ids, PANOPTIC_IDS)


def test_random_ids_as_panopticapi_decodes_them(tmp_path: Path) -> None:
    ids = np.random.default_rng(1).integers(1, 2**24, (31, 17))
    infos = [{"id": int(number), "category_id": 4} for number in np.unique(ids)]
    document = panoptic() | {"images": [{"id": 7, "file_name": "first.jpg", "height": 31, "width": 17}]}
    setting("annotations", 0, "segments_info", infos)(document)
    png = write_ids(tmp_path / "val" / "first.png", ids)
    dataset = CocoPanoptic(write_json(tmp_path / "val.json", document))
    colours = np.array(Image.open(png), dtype=np.uint32)
    expected = colours[..., 0] + 256 * colours[..., 1] + 256 * 256 * colours[..., 2]
    np.testing.assert_array_equal(dataset.truth(dataset.samples()[0]).ids, expected)


def test_names_instead_of_numbers(tmp_path: Path) -> None:
    """Cityscapes' converted form: images are named, and their files have an ending."""
    document, name = panoptic(), "ulm_000001_000019"
    document["images"][0] |= {"id": name, "file_name": f"{name}_gtFine_leftImg8bit.png"}
    document["annotations"][0] |= {"image_id": name, "file_name": f"{name}_gtFine_panoptic.png"}
    write_ids(tmp_path / "png" / f"{name}_gtFine_panoptic.png", PANOPTIC_IDS)
    dataset = CocoPanoptic(write_json(tmp_path / "val.json", document), tmp_path / "png")
    assert [sample.id for sample in dataset.samples()] == [name]
    assert check_run(dataset, []).problems == []


def test_digests_follow_contents(tmp_path: Path, path: Path) -> None:
    (sample,) = CocoPanoptic(path).samples()
    digests = [CocoPanoptic(path).digest(sample)]
    digests.append(CocoPanoptic(write_json(path, panoptic(), setting(*INFO, "iscrowd", 1))).digest(sample))
    digests.append(CocoPanoptic(write_json(path, panoptic(), setting("categories", 1, "isthing", 1))).digest(sample))
    write_ids(tmp_path / "val" / "first.png", PANOPTIC_IDS[::-1])
    digests.append(CocoPanoptic(write_json(path, panoptic())).digest(sample))
    assert len(set(digests)) == 4


ENTRIES = {
    "segment 0": (setting(*INFO, "id", 0), "image 7: segment id 0; .*0 is void"),
    "negative segment": (setting(*INFO, "id", -5), "image 7: segment id -5"),
    "more than 24 bits": (setting(*INFO, "id", 2**24), "image 7: segment id 16777216"),
    "segment without id": (removing(*INFO, "id"), "image 7: segment id None"),
    "a number for a segment": (setting(*INFO, 300), "image 7: a JSON number"),
    "pixels that are not listed": (removing(*INFO), "first.png: image 7: segment 70000: 2 px .* no entry"),
    "area below 0": (setting(*INFO, "area", -2), "segment 70000: area -2; allowed: a number of pixels"),
    "area as text": (setting(*INFO, "area", "2"), "segment 70000: area '2'"),
    "unknown category": (setting(*INFO, "category_id", 5), "segment 70000: category_id 5; .* 4, 30"),
    "crowd of two": (setting(*INFO, "iscrowd", 2), "segment 70000: iscrowd 2"),
    "unknown image": (setting("annotations", 0, "image_id", 8), "image 8: no such image"),
    "no image": (removing("annotations", 0, "image_id"), "image None: no such image"),
    "no file": (removing("annotations", 0, "file_name"), "image 7: file_name None"),
    "a name that no file has": (setting("annotations", 0, "file_name", "\1\0"), "image 7: file_name"),
    "a file elsewhere": (setting("annotations", 0, "file_name", "../val/first.png"), "a path that stays within the"),
    "absent file": (setting("annotations", 0, "file_name", "other.png"), "other.png: no such file"),
    "no segments": (removing("annotations", 0, "segments_info"), "image 7: segments_info that is a JSON null"),
    "an unlisted image": (setting("annotations", []), "no annotation for any of 1 images; allowed: some"),
    "two entries for an image": (lambda d: d["annotations"].append(d["annotations"][0]), "a second entry"),
    "another size": (setting("images", 0, "height", 3), "first.png: image 7: 2x3 px; allowed: 3x3, the image's"),
    "transposed": (lambda d: d["images"][0].update(height=3, width=2), "height and width are swapped"),
    "no list of annotations": (removing("annotations"), "no list 'annotations'"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_wrong_is_named(path: Path, name: str) -> None:
    change, expected = ENTRIES[name]
    problems = problems_of(write_json(path, panoptic(), change))
    assert any(re.search(expected, str(problem)) for problem in problems), problems


def noted(path: Path) -> tuple[PanopticMap, list[str]]:
    """The only image's truth, and the notes on it."""
    dataset = CocoPanoptic(path)
    report = check_run(dataset, [])
    assert report.problems == []
    return dataset.truth(dataset.samples()[0]), report.notes


def test_areas_counted_before_others_were_painted_over(path: Path) -> None:
    change = setting(*INFO, "area", 5)
    truth, notes = noted(write_json(path, panoptic(), change))
    assert truth.segments.tolist() == [70000, 300]
    assert len(notes) == 1
    assert "1 segment of 1 image state another area than their pixels: the pixels count (panopticapi" in notes[0]
    assert "e.g. image 7: segment 70000 states 5, has 2 px" in notes[0]
    for right in (2, 2.0, None):
        assert noted(write_json(path, panoptic(), setting(*INFO, "area", right)))[1] == []


def test_segments_that_others_cover(path: Path) -> None:
    def change(document: Any) -> None:
        document["annotations"][0]["segments_info"].insert(0, {"id": 8, "category_id": 4, "area": 0, "iscrowd": None})

    truth, notes = noted(write_json(path, panoptic(), change))
    assert truth.segments.tolist() == [8, 70000, 300]
    assert truth.hidden.tolist() == [True, False, False]
    assert truth.categories.tolist() == [0, 0, 1]
    (note,) = notes
    assert "1 segment of 1 image have no pixel, as others cover them: they count as missed, crowds not" in note
    assert "image 7: segment 8" in note


def test_the_last_of_two_entries_of_a_segment_counts(path: Path) -> None:
    def change(document: Any) -> None:
        document["annotations"][0]["segments_info"].append({"id": 70000, "category_id": 30})

    truth, notes = noted(write_json(path, panoptic(), change))
    assert (truth.segments.tolist(), truth.categories.tolist()) == ([70000, 300], [1, 1])
    (note,) = notes
    assert "1 segment listed again under the same id: the last entry counts; e.g. image 7: segment 70000" in note


def test_images_without_annotation_are_not_scored(path: Path) -> None:
    def change(document: Any) -> None:
        document["images"].append({"id": 9, "file_name": "second.jpg", "height": 2, "width": 3})

    _, notes = noted(write_json(path, panoptic(), change))
    assert [sample.id for sample in CocoPanoptic(path).samples()] == ["first"]
    (note,) = notes
    assert "1 of 2 images have no annotation: not scored; e.g. second" in note


def test_pictures_that_hold_no_ids(tmp_path: Path, path: Path) -> None:
    png = tmp_path / "val" / "first.png"
    whole = png.read_bytes()
    png.write_bytes(whole[:-20])
    assert "truncated" in str(problems_of(path))
    damaged = bytearray(whole)
    damaged[-20] ^= 1
    png.write_bytes(bytes(damaged))
    assert "damaged" in str(problems_of(path))
    Image.fromarray(np.zeros((2, 3), np.uint8)).save(png)
    assert "8-bit grey" in str(problems_of(path))
    assert "no such folder" in str(problems_of(path, truth=tmp_path / "nowhere"))


def test_real_files() -> None:
    folder = data_dir("coco_panoptic_sample")
    dataset = CocoPanoptic(folder / "panoptic_examples.json", images=folder / "input_images")
    assert check_run(dataset, [], images=True).problems == []
    assert (len(dataset.classes), len(dataset.things)) == (133, 80)
    assert [sample.id for sample in dataset.samples()] == ["000000142238", "000000439180"]
    camvid = CocoPanoptic(data_dir("camvid_panoptic", "panoptic_val.json"))
    assert sorted(camvid.classes[k] for k in camvid.things) == ["bicyclist", "car", "pedestrian"]
    (sample, *_), void = camvid.samples(), 0
    truth = camvid.truth(sample)
    assert (truth.size, truth.segments[0]) == ((360, 480), 1001)
    assert int((truth.ids == 1001).sum()) == 15008, "the area that the file states"
    assert void in truth.ids


def test_frames_of_a_video_are_clustered_on_request(path: Path) -> None:
    assert {sample.cluster for sample in CocoPanoptic(path).samples()} == {None}
    clusters = [sample.cluster for sample in CocoPanoptic(path, video_stretch=15).samples()]
    assert None not in clusters
    with pytest.raises(InputError, match="video_stretch: 0"):
        CocoPanoptic(path, video_stretch=0)
