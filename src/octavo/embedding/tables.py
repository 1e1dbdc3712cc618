"""What the compiled loops of JoSE are given: documents, vectors, what is drawn from, rules.

Source: Meng et al. 2019, "Spherical Text Embedding", arXiv 1911.01196, sections 3 and 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Corpus(NamedTuple):
    """Documents as numbers.

    Args:
        tokens: the words' numbers, int32 (tokens,).
        ends: one past each document's last token, int64 (documents,).
    """

    tokens: np.ndarray
    ends: np.ndarray


class Tables(NamedTuple):
    """The vectors that are trained, of length 1.

    Args:
        words: u, float32 (words, width).
        contexts: v, float32 (words, width).
        documents: d, float32 (documents, width).
    """

    words: np.ndarray
    contexts: np.ndarray
    documents: np.ndarray


class Draws(NamedTuple):
    """What is drawn from, as `octavo.embedding.draws` makes it.

    Args:
        kept: a word's place is trained if 32 random bits are at most this, uint32 (words,).
        own: a slot stands for the word of its number if 32 random bits are at most this, else for
            its other one, uint32 (words,).
        others: the other words of the slots, int32 (words,).
    """

    kept: np.ndarray
    own: np.ndarray
    others: np.ndarray


class Rules(NamedTuple):
    """What is trained, and how.

    Args:
        window: how many words on each side are near, at most.
        negatives: how many are drawn for a pair.
        margin: of the hinges.
        joint: whether the hinge is the joint one.
        factor: whether steps have the factor of the cosine.
        shared: whether all pairs of a place have the same negatives.
        rate: at the first token.
        last_rate: after the last token of the last pass.
        passes: over the corpus.
        seed: of all that is drawn.
    """

    window: int
    negatives: int
    margin: np.float32
    joint: bool
    factor: bool
    shared: bool
    rate: float
    last_rate: float
    passes: int
    seed: np.uint64


def room_for_draws(rules: Rules) -> int:
    """How many negatives one place has, at most."""
    return rules.negatives * (2 * rules.window + 1)
