"""Every reader of files that users bring, as a function of the file's bytes.

Each feeds its reader the way commands do, and swallows the project's own error alone. Where a check has found nothing,
loading must succeed: what it raises then is a finding whatever its type.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.bench import coco_json
from tests.fuzz.annotations import (
    SEGMENTS,
    SEMANTIC_ENTRIES,
    annotations,
    cityscapes_txt,
    coco,
    instances,
    json_predictions,
    lvis,
    lvis_document,
    panoptic,
    segmentation,
    segments,
    semantic,
)
from tests.fuzz.arrays import boundaries_mat, edges_npz, offsets, probabilities_npz, sbd_list
from tests.fuzz.layouts import camvid_colours, colour_table, mapillary_config, split_list, synthia_png
from tests.fuzz.networks import losses, preset, pth, safetensors
from tests.fuzz.pictures import cityscapes_png, edges_png, id_png, image, image_tiff, label_files, label_png
from tests.fuzz.runs import experiment, manifest, registration, results, shard
from tests.fuzz.target import Target

TARGETS: dict[str, Callable[[Path], Target]] = {
    "label_png": label_png,
    "cityscapes_png": cityscapes_png,
    "id_png": id_png,
    "edges_png": edges_png,
    "image": image,
    "image_tiff": image_tiff,
    "label_files": label_files,
    "coco_json": annotations(coco, [coco_json.annotations()]),
    "lvis_json": annotations(lvis, [lvis_document()]),
    "panoptic_json": annotations(panoptic, [coco_json.panoptic()]),
    "coco_results": json_predictions("coco_results", instances, coco_json.results()),
    "panoptic_predictions": json_predictions("coco_panoptic", segments, {"annotations": SEGMENTS}),
    "detectron2_json": json_predictions("detectron2_sem_seg", semantic, SEMANTIC_ENTRIES),
    "segmentation": segmentation,
    "cityscapes_txt": cityscapes_txt,
    "boundaries_mat": boundaries_mat,
    "offsets_mat": offsets(".mat"),
    "offsets_npz": offsets(".npz"),
    "probabilities_npz": probabilities_npz,
    "edges_npz": edges_npz,
    "sbd_list": sbd_list,
    "synthia_png": synthia_png,
    "camvid_colours": camvid_colours,
    "colour_table": colour_table,
    "mapillary_config": mapillary_config,
    "split_list": split_list,
    "experiment": experiment,
    "registration": registration,
    "manifest": manifest,
    "shard": shard,
    "results": results,
    "prior_shift": preset("prior_shift", {"weights": [1, 0.5, 2]}),
    "densecrf": preset("densecrf", {"parameters": {"gaussian_sxy": 3.0, "bilateral_compat": [[0, 1], [1, 0]]}}),
    "safetensors": safetensors,
    "pth": pth,
    "losses": losses,
}
