"""A refiner, a metric and a dataset for boundary-bench, which finds them by the entry points of this distribution."""

from dataclasses import replace

import numpy as np

from boundary_bench import Sample, SemanticMap, Summary
from boundary_bench.metrics.functional.statistics import divide, weighted_sum


class Grow:
    """Lets a class grow by a pixel to the right, over what is not void."""

    tasks = frozenset({"semantic"})

    def __init__(self, class_id=1):
        self.class_id = class_id

    def refine(self, image, prediction):
        labels = prediction.labels.copy()
        reached = (prediction.labels[:, :-1] == self.class_id) & (labels[:, 1:] != 255)
        labels[:, 1:][reached] = self.class_id
        return replace(prediction, labels=labels, probabilities=None)


class ShareAgreement:
    """How near the share of white pixels comes to the true one; 1 is best."""

    tasks = frozenset({"semantic"})

    def definition(self):
        return {"metric": "1 less the error of class 1's share", "averaging": "all pixels", "source": "this file"}

    def measure(self, *, prediction, truth):
        predicted, true = ((labels == 1).sum() for labels in (prediction.labels, truth.labels))
        return {"more": predicted - true, "pixels": np.array(truth.labels.size)}

    def summarise(self, measurements, weights=None):
        more, pixels = (weighted_sum(measurements, name, weights) for name in ("more", "pixels"))
        return Summary(values={"share_agreement": 1 - divide(abs(more), pixels)})


class Checkers:
    """Two boards of black and white fields of `field_px` px."""

    name, task, classes, things, label_ids = "checkers", "semantic", ("black", "white"), frozenset(), {}
    colours = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)

    def __init__(self, split, field_px=8):
        self.split, self.field_px = split, field_px

    def samples(self):
        return [Sample("board0"), Sample("board1")]

    def size(self, sample):
        return 8 * self.field_px, 8 * self.field_px

    def image(self, sample):
        return self.colours[self.truth(sample).labels]

    def truth(self, sample):
        rows, columns = np.indices(self.size(sample)) // self.field_px
        return SemanticMap(((rows + columns + int(sample.id[-1])) % 2).astype(np.uint8))

    def digest(self, sample):
        return f"{sample.id} {self.field_px}"

    def check(self, *, images=False):
        return []
