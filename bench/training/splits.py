"""Recognise test splits by name."""

from __future__ import annotations

import re
from typing import Final

_OTHER_WORDS: Final = re.compile(
    r"(at|con|de|pro)test(s|ed|ing)?|(con|pro)test(er|ant|ation)s?|attestations?|"
    r"(brigh|cu|fas|grea|la|ligh|nea|quie|shor|sof|swee|swif|tigh|whi)test|"
    r"testaments?|testate|testif(y|ies|ied)|testimon(y|ies)"
)
"""Words with `test` in them that have nothing to do with tests."""


def is_test_split(split: str) -> bool:
    """Whether it is one that results are reported on, so that nothing may be tuned or trained on it.

    It is where one of its words, which are runs of letters, has `test` in it, such as `mytest_a`, `testing` or
    `test-dev2017`; `latest` and `contest` are other words.
    """
    words = re.findall(r"[^\W\d_]+", split.casefold())
    return any("test" in word and not _OTHER_WORDS.fullmatch(word) for word in words)
