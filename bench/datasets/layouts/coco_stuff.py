"""COCO-Stuff 164k: 80 things and 91 kinds of stuff, 171 classes.

    root/images/{train2017,val2017}/000000000139.jpg           may be absent: scoring needs the truth alone
    root/annotations/{train2017,val2017}/000000000139.png      pixel maps: ids 0..181; 255, unlabelled, is not scored
    root/annotations/{split}/000000000139_labelTrainIds.png    ids 0..170 and 255, where only those were made

Of the 182 ids, 11 are of things that nobody annotated and no file holds; training ids leave them out. Source: Caesar et
al., COCO-Stuff: Thing and Stuff Classes in Context, CVPR 2018, and the list of labels beside its files, whose numbers
are one higher than those in pixel maps. It fixes no colours: here they are Pascal VOC's for the numbers of that list.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.files import SemanticFiles
from boundary_bench.bench.datasets.folders import folder_of, folders_in, image_files, require_files, unlabelled
from boundary_bench.bench.datasets.layouts.tree import FileSpace, entries, label_files
from boundary_bench.bench.formats.labels.palette import palette

_NAMES = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, street sign,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, hat,
backpack, umbrella, shoe, eye glasses, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite,
baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, plate, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch,
potted plant, bed, mirror, dining table, window, desk, toilet, door, tv, laptop, mouse, remote, keyboard, cell
phone, microwave, oven, toaster, sink, refrigerator, blender, book, clock, vase, scissors, teddy bear, hair
drier, toothbrush, hair brush, banner, blanket, branch, bridge, building-other, bush, cabinet, cage, cardboard,
carpet, ceiling-other, ceiling-tile, cloth, clothes, clouds, counter, cupboard, curtain, desk-stuff, dirt,
door-stuff, fence, floor-marble, floor-other, floor-stone, floor-tile, floor-wood, flower, fog, food-other,
fruit, furniture-other, grass, gravel, ground-other, hill, house, leaves, light, mat, metal, mirror-stuff, moss,
mountain, mud, napkin, net, paper, pavement, pillow, plant-other, plastic, platform, playingfield, railing,
railroad, river, road, rock, roof, rug, salad, sand, sea, shelf, sky-other, skyscraper, snow, solid-other,
stairs, stone, straw, structural-other, table, tent, textile-other, towel, tree, vegetable, wall-brick,
wall-concrete, wall-other, wall-panel, wall-stone, wall-tile, wall-wood, water-other, waterdrops, window-blind,
window-other, wood
"""
NAMES = tuple(" ".join(_NAMES.split()).split(", "))
"""By their ids in pixel maps."""
UNUSED = frozenset(
    NAMES.index(name)
    for name in (
        "street sign",
        "hat",
        "shoe",
        "eye glasses",
        "plate",
        "mirror",
        "window",
        "desk",
        "door",
        "blender",
        "hair brush",
    )
)
"""Ids of things without annotations."""
_USED = [raw for raw in range(len(NAMES)) if raw not in UNUSED]
CLASSES = tuple(NAMES[raw] for raw in _USED)
COLOURS = palette(len(NAMES) + 1)[1:][_USED]
LABEL_IDS = {**dict.fromkeys(sorted(UNUSED), -1), **{raw: train for train, raw in enumerate(_USED)}}

PIXEL_MAPS = FileSpace(
    len(CLASSES),
    {raw: LABEL_IDS[raw] for raw in _USED},
    other=(*range(len(CLASSES)), 255),
    hint="no pixel map holds these: training ids are read from {id}_labelTrainIds.png",
)
TRAIN_SUFFIX = "_labelTrainIds"
SPACES = {"": PIXEL_MAPS, TRAIN_SUFFIX: FileSpace(len(CLASSES))}
LAYOUT = "images/{train2017,val2017}/{id}.jpg, annotations/{train2017,val2017}/{id}.png"


class CocoStuff(SemanticFiles):
    """COCO-Stuff 164k, things and stuff.

    Args:
        root: folder that holds `annotations` and, where images are needed, `images`.
        split: `train2017` or `val2017`.

    Raises:
        InputError: no such folder, or no label files in it.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        splits = folders_in(root / "annotations")
        folder = folder_of(root, f"annotations/{split}", LAYOUT, split=split, splits=splits)
        truths, images = label_files(folder, SPACES), image_files(root / "images" / split)
        require_files(truths, folder, LAYOUT)
        super().__init__(
            entries(truths, images),
            name="coco_stuff",
            split=split,
            classes=CLASSES,
            colours=COLOURS,
            label_ids=LABEL_IDS,
        )
        self._notes += unlabelled(images, truths, root / "images" / split)
