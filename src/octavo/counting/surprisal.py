"""How little the parts of a word are to be expected: what puts terms before scraps of sentences.

A scrap, such as 这一, is made of words that stand everywhere; a term, such as 饲料添加剂, of rarer
ones, or of characters that are hardly ever words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from octavo.segmenting.jieba_dictionary import Lexicon, cut_known


def measure_surprisal(words: Sequence[str], lexicon: Lexicon) -> np.ndarray:
    """The mean self-information -log p of the lexicon's words that a word is made of.

    Of all ways to cut it into words of the lexicon the most likely one counts, as jieba has it; a
    character that is no word there counts as one that was seen once.

    Args:
        words: the words.
        lexicon: known words and their counts.

    Returns:
        float64 (words,), in nats.

    Source: Shannon 1948, "A Mathematical Theory of Communication", section 6: -log p.

    Example:
        >>> from octavo.segmenting.jieba_dictionary import load_lexicon
        >>> measure_surprisal(["这一", "饲料添加剂"], load_lexicon()).round(1).tolist()
        [5.5, 11.5]
    """
    known = dict(zip(lexicon.words, lexicon.counts, strict=True))
    means = np.zeros(len(words))
    for place, word in enumerate(words):
        counts = [known.get(part) or 1 for part in cut_known(word, known, lexicon.total)]
        means[place] = sum(math.log(lexicon.total / count) for count in counts) / len(counts)
    return np.round(means, 9)  # the same where logarithms differ in their last bit
