"""CamVid: pairs of files, void, stretches of video, and the real dataset's numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boundary_bench.bench.datasets.camvid import CLASSES, COLOURS, STRETCH, Camvid
from boundary_bench.bench.datasets.video import stretches
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.plugins.validation import check_run
from tests.bench.label_files import IDS, write_camvid
from tests.paths import data_dir


def write_image(root: Path, stem: str, suffix: str = ".png", size: tuple[int, int] = (6, 8)) -> None:
    (root / "test").mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1], (200, 100, 50)).save(root / "test" / f"{stem}{suffix}")


def test_truth_without_images(tmp_path: Path) -> None:
    dataset = write_camvid(tmp_path)
    first = dataset.samples()[0]
    assert [sample.id for sample in dataset.samples()] == list(IDS)
    assert dataset.size(first) == (6, 8)
    expected = np.repeat([3, 0], 3)[:, None].repeat(8, axis=1)
    expected[0, 0] = 255
    np.testing.assert_array_equal(dataset.truth(first).labels, expected)
    assert check_run(dataset, []).problems == []
    with pytest.raises(InputError, match=f"camvid/test: {first.id}: no image"):
        dataset.image(first)
    assert len(check_run(dataset, [], images=True).problems) == len(IDS)


def test_images_of_any_format(tmp_path: Path) -> None:
    for stem, suffix in zip(IDS, (".png", ".webp", ".jpg"), strict=True):
        write_image(tmp_path, stem, suffix)
    (tmp_path / "test" / "Thumbs.db").write_text("not an image")
    dataset = write_camvid(tmp_path)
    assert check_run(dataset, [], images=True).problems == []
    np.testing.assert_array_equal(dataset.image(dataset.samples()[0])[0, 0], (200, 100, 50))


def test_files_that_are_no_pairs_are_all_listed(tmp_path: Path) -> None:
    write_image(tmp_path, IDS[0])
    write_image(tmp_path, "alone_1")
    write_image(tmp_path, "alone_2")
    with pytest.raises(InputError) as caught:
        write_camvid(tmp_path)
    images, labels = caught.value.problems
    assert images.found == f"no image for 2 of 3 label files: {IDS[1]}, {IDS[2]}"
    assert labels.found == "no label file for 2 of 3 images: alone_1, alone_2"


def test_two_images_for_one_label_file(tmp_path: Path) -> None:
    write_image(tmp_path, IDS[0], ".png")
    write_image(tmp_path, IDS[0], ".jpg")
    with pytest.raises(InputError, match=r"second file of that name beside .*\.jpg"):
        write_camvid(tmp_path)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Camvid(tmp_path / "absent", "test")
    write_camvid(tmp_path)
    with pytest.raises(InputError, match="did you mean 'test'"):
        Camvid(tmp_path, "tset")
    with pytest.raises(InputError, match="splits there: test"):
        Camvid(tmp_path, "val")
    (tmp_path / "valannot").mkdir()
    with pytest.raises(InputError, match="no PNG file"):
        Camvid(tmp_path, "val")


def test_check_lists_every_bad_file(tmp_path: Path) -> None:
    for stem in IDS:
        write_image(tmp_path, stem)
    dataset = write_camvid(tmp_path)
    write_label_image(tmp_path / "testannot" / f"{IDS[0]}.png", np.full((6, 8), 12, np.uint8))
    (tmp_path / "testannot" / f"{IDS[1]}.png").write_text("broken")
    write_image(tmp_path, IDS[2], size=(8, 6))
    first, second, third = check_run(dataset, [], images=True).problems
    assert first.found == "ids 12"
    assert "not PNG" in second.found
    assert (third.where, third.found) == (f"camvid/test: {IDS[2]}", "an image of shape (8, 6, 3)")
    assert len(check_run(dataset, []).problems) == 2


def test_the_digest_follows_truth_and_image(tmp_path: Path) -> None:
    for stem in IDS:
        write_image(tmp_path, stem)
    dataset = write_camvid(tmp_path)
    first, second, _ = dataset.samples()
    before = dataset.digest(first)
    assert dataset.digest(second) == before  # contents, not names
    write_image(tmp_path, IDS[0], size=(3, 3))
    with_image = dataset.digest(first)
    write_label_image(tmp_path / "testannot" / f"{IDS[0]}.png", np.zeros((6, 8), np.uint8))
    assert len({before, with_image, dataset.digest(first)}) == 3


def test_stretches_are_successive_and_nearly_equal() -> None:
    stems = [f"A_{i:03d}" for i in range(62)] + [f"B_f{i:03d}" for i in range(7)]
    clusters = stretches(reversed(stems), STRETCH)
    lengths = Counter(clusters.values())
    assert sorted(lengths) == ["A/00", "A/01", "A/02", "A/03", "B/00"]
    assert sorted(lengths.values()) == [7, 15, 15, 16, 16]
    assert [clusters[stem] for stem in stems] == sorted(clusters.values())


@pytest.mark.parametrize("frames", [1, 7, 8, 22, 23, 62, 171, 204])
def test_no_stretch_is_far_from_its_length(frames: int) -> None:
    lengths = Counter(stretches((f"A_{i:05d}" for i in range(frames)), STRETCH).values()).values()
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) <= STRETCH * 1.5
    assert min(lengths) >= min(frames, STRETCH // 2)


def test_classes_and_colours() -> None:
    assert len(CLASSES) == len(COLOURS) == 11
    assert len({tuple(colour) for colour in COLOURS.tolist()}) == 11


def test_the_real_test_split() -> None:
    dataset = Camvid(data_dir("camvid"), "test")
    samples = dataset.samples()
    assert len(samples) == 233
    assert Counter(str(sample.cluster).partition("/")[0] for sample in samples) == {
        "0001TP": 62,
        "Seq05VD": 171,
    }
    assert len({sample.cluster for sample in samples}) == 4 + 11
    first = samples[0]
    assert dataset.image(first).shape == (360, 480, 3)
    assert dataset.size(first) == dataset.truth(first).size == (360, 480)
    assert set(np.unique(dataset.truth(first).labels)) <= {*range(11), 255}
