"""Panoptic quality beside another implementation, on maps with void, crowds and segments that others cover."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.structures.segmentation import PanopticMap

vernier = pytest.importorskip("vernier.panoptic")

SHAPE, IMAGES, SEGMENTS = (40, 52), 5, 24


def painted(rng):
    """Ids of boxes painted over one another: those that nothing is left of are hidden."""
    ids = np.zeros(SHAPE, np.int32)
    for number in rng.permutation(SEGMENTS) + 1:
        top, left = rng.integers(0, SHAPE[0] - 6), rng.integers(0, SHAPE[1] - 6)
        ids[top : top + rng.integers(2, 20), left : left + rng.integers(2, 20)] = 1000 * number
    return ids


def truth_of(rng, classes):
    ids = painted(rng)
    segments = (1000 * (rng.permutation(SEGMENTS) + 1)).astype(np.int32)
    categories = rng.integers(0, classes, SEGMENTS)
    # One crowd of a category at most: of several the peer takes another one than the published evaluation.
    crowd = np.zeros(SEGMENTS, np.bool_)
    crowd[np.unique(categories, return_index=True)[1]] = rng.random(len(np.unique(categories))) < 0.5
    return PanopticMap(ids, segments, categories, crowd, hidden=~np.isin(segments, ids))


def prediction_of(rng, truth, classes):
    ids = np.where(rng.random(SHAPE) < 0.1, 0, np.roll(truth.ids, rng.integers(-2, 3, 2), (0, 1)))
    segments = np.unique(ids[ids > 0]).astype(np.int32)
    own = dict(zip(truth.segments.tolist(), truth.categories.tolist(), strict=True))
    categories = [own[s] if rng.random() < 0.8 else int(rng.integers(classes)) for s in segments.tolist()]
    return PanopticMap(ids.astype(np.int32), segments, np.array(categories))


def theirs(pairs, classes):
    def infos(found):
        pixels = [int((found.ids == s).sum()) for s in found.segments]
        columns = zip(found.segments.tolist(), found.categories.tolist(), found.crowd.tolist(), pixels, strict=True)
        return [
            {"id": s, "category_id": c, "iscrowd": int(w), "area": a, "bbox": [0, 0, 1, 1]} for s, c, w, a in columns
        ]

    def given(place):
        maps = {number: np.ascontiguousarray(pair[place].ids, np.uint32) for number, pair in enumerate(pairs)}
        return maps, json.dumps({number: infos(pair[place]) for number, pair in enumerate(pairs)}).encode()

    categories = [{"id": c, "name": f"c{c}", "isthing": c % 2} for c in range(classes)]
    truth = vernier.Dataset.from_arrays(*given(1), json.dumps(categories).encode())
    return vernier.Evaluator(parity_mode="strict").evaluate(truth, vernier.Predictions.from_arrays(*given(0)))


@pytest.mark.parametrize("classes", [4, 300])
@pytest.mark.parametrize("seed", range(6))
def test_random_worlds(seed, classes):
    rng = np.random.default_rng(seed)
    truths = [truth_of(rng, classes) for _ in range(IMAGES)]
    pairs = [(prediction_of(rng, truth, classes), truth) for truth in truths]
    assert any((truth.hidden & ~truth.crowd).any() for truth in truths)
    metric = PanopticQuality(classes, range(1, classes, 2))
    measured = [metric.measure(prediction=p, truth=t) for p, t in pairs]
    peer = theirs(pairs, classes)
    found = metric.summarise(measured).values
    for name, value in {"PQ": peer.pq, "SQ": peer.sq, "RQ": peer.rq, "PQ_th": peer.pq_things}.items():
        assert found[name] == pytest.approx(value, rel=1e-12)
    for name in ("tp", "fp", "fn"):
        counts = sum(each[name] for each in measured)
        assert {k: v for k, v in enumerate(counts.tolist()) if v} == counted(peer, f"n_{name}")


def counted(peer, name):
    return {int(k): getattr(v, name) for k, v in peer.per_class().items() if getattr(v, name)}
