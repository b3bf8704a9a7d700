"""What a run's references hold."""

from __future__ import annotations

import re

from boundary_bench.bench.plugins import catalogue
from boundary_bench.bench.report.page.bibliography import _entries, bibtex

WORDS = {"statistics", "average_precision boundary", "panoptic_quality boundary", "boundary_errors boundary"}


def test_every_entry_is_for_something_in_the_catalogue():
    known = {name for kind in catalogue.BUILT_IN.values() for name in kind} | WORDS
    assert {name for entry in _entries() for name in entry["for"]} <= known


def test_entries_are_whole_and_have_keys_of_their_own():
    keys = []
    for entry in _entries():
        text = entry["bibtex"].strip()
        depth = 0
        for place, sign in enumerate(text):
            depth += (sign == "{") - (sign == "}")
            assert depth > 0 or place < text.index("{") or place == len(text) - 1
        keys += re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)
        fields = re.findall(r"^  (\w+) +=", text, re.MULTILINE)
        assert {"author", "title", "year"} <= set(fields)
    assert len(keys) == len(_entries()) == len(set(keys))


def test_a_run_cites_what_it_used_and_nothing_else():
    experiment = {
        "refiners": [
            "identity", {"chain": ["grabcut", {"name": "segfix-offsets"}]}, {"name": "bpr", "label": "densecrf"},
        ],
        "metrics": ["mean_iou", {"name": "average_precision", "iou": "boundary"}],
    }  # fmt: skip
    text = bibtex({"experiment": experiment, "versions": {"boundary-bench": "1.2"}, "code": "abc"}, "camvid")
    cited = set(re.findall(r"^@\w+\{(\w+),", text, re.MULTILINE))
    assert cited == {
        "yuan2020segfix", "tang2021bpr", "hu2022bpr", "rother2004grabcut", "everingham2010voc", "lin2014coco",
        "cheng2021boundary", "brostow2009camvid", "efron1993bootstrap", "holm1979simple", "boundary_bench",
    }  # fmt: skip
    assert "version = {1.2}" in text
