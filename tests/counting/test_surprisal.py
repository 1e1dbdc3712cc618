"""Surprisal against all ways to cut a word, and what it is for: terms before scraps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.counting.surprisal import measure_surprisal
from octavo.segmenting.jieba_dictionary import Lexicon, load_lexicon

COUNTS = {"甲": 40, "乙": 7, "甲乙": 3, "乙甲": 29, "乙丙": 2, "甲乙丙": 1, "丙甲": 0}
NOTHING = np.zeros(4)
LEXICON = Lexicon([*COUNTS], [*COUNTS.values()], sum(COUNTS.values()), NOTHING, NOTHING, [])


def cuts(word):
    """All ways to cut a word in known words and single characters."""
    if not word:
        yield []
    for end in range(1, len(word) + 1):
        if end == 1 or COUNTS.get(word[:end]):
            yield from ([word[:end], *rest] for rest in cuts(word[end:]))


def surprisal_slowly(word):
    total = sum(COUNTS.values())
    ways = [[math.log(total / (COUNTS.get(part) or 1)) for part in cut] for cut in cuts(word)]
    least = min(map(sum, ways))
    return {round(np.mean(way), 6) for way in ways if sum(way) < least + 1e-9}


@given(st.text("甲乙丙丁", min_size=1, max_size=7))
def test_it_is_that_of_the_most_likely_cut(word):
    assert round(measure_surprisal([word], LEXICON)[0], 6) in surprisal_slowly(word)


def test_terms_come_before_scraps():
    pytest.importorskip("jieba")
    terms = ["饲料添加剂", "厌氧", "竣工验收", "最优解", "区块链", "住房公积金"]
    scraps = ["这一", "也是", "特别是", "由市", "提出了", "在这"]
    values = measure_surprisal([*terms, *scraps], load_lexicon())
    assert min(values[: len(terms)]) > max(values[len(terms) :]) + 1


def test_nothing_has_none():
    assert measure_surprisal([], LEXICON).shape == (0,)
