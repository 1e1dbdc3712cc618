"""What JoSE draws from: which places of frequent words are trained, and negatives.

Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases", sections 2.2, 2.3.
"""

from __future__ import annotations

import numpy as np

from octavo.embedding.tables import Corpus, Draws
from octavo.vectors.neighbours import unit_rows

POWER = 0.75  # of the counts: rare words are drawn oftener than they stand


def make_draws(counts: np.ndarray, sample: float) -> Draws:
    """Tables for words of these counts.

    Args:
        counts: how often each word stands, int64 (words,), all above 0.
        sample: the share of all tokens above which a word loses places; 0 keeps all.

    Example:
        >>> draws = make_draws(np.array([900_000, 90_000, 10_000]), sample=1e-3)
        >>> (draws.kept / 2**32).round(3).tolist()
        [0.034, 0.117, 0.416]
    """
    own, others = make_alias(np.power(counts, POWER))
    return Draws(as_bits(keep_rates(counts, sample)), own, others)


def keep_rates(counts: np.ndarray, sample: float) -> np.ndarray:
    """How likely a place of each word is trained, float64 (words,), as word2vec's program has it.

    With t = sample * tokens / count, min(1, sqrt(t) + t).
    """
    if sample == 0:
        return np.ones(len(counts))
    rare = sample * counts.sum() / counts
    return np.minimum(np.sqrt(rare) + rare, 1)


def make_alias(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tables from which one look draws a number by its weight.

    Args:
        weights: float64 (numbers,), above 0.

    Returns:
        As `Draws` has them: what is the slot's own, uint32, and whose the rest is, int32.

    Source: Walker 1977, "An Efficient Method for Generating Discrete Random Variables".
    """
    shares = weights * (len(weights) / weights.sum())
    own, others = np.ones(len(weights)), np.arange(len(weights), dtype=np.int32)
    order = np.argsort(shares, kind="stable")
    poor, rich = list(order[shares[order] < 1]), list(order[shares[order] >= 1])
    while poor and rich:
        slot, giver = poor.pop(), rich[-1]
        own[slot], others[slot] = shares[slot], giver
        shares[giver] -= 1 - shares[slot]
        if shares[giver] < 1:
            poor.append(rich.pop())
    return as_bits(own), others


def as_bits(rates: np.ndarray) -> np.ndarray:
    """Rates of 0 to 1 as the largest of 32 random bits that hits, uint32.

    Example:
        >>> as_bits(np.array([0.5, 1.0])).tolist()
        [2147483648, 4294967295]
    """
    return np.minimum(rates * 2.0**32, 2.0**32 - 1).astype(np.uint32)


def random_rows(rows: int, size: int, generator: np.random.Generator) -> np.ndarray:
    """Vectors of length 1 in random directions, float32 (rows, size)."""
    vectors = generator.standard_normal((rows, size), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def information(document_counts: np.ndarray, documents: int) -> np.ndarray:
    """How much a word says of a document, by how few have it: float32 (words,), 0 or above.

    Args:
        document_counts: how many documents have each word, int64 (words,).
        documents: how many there are.

    Source: Spärck Jones 1972, "A Statistical Interpretation of Term Specificity".
    """
    return np.log(max(documents, 1) / np.maximum(document_counts, 1)).astype(np.float32)


def mean_rows(
    corpus: Corpus, words: np.ndarray, weights: np.ndarray, first: int, last: int
) -> np.ndarray:
    """Where the words of some documents point together, float32 (last - first, size), of length 1.

    Where no word counts for anything, as all documents have it, each counts for 1. A document
    without words, or whose words cancel, has zeros.

    Args:
        corpus: all documents.
        words: the words' vectors, float32 (words, size).
        weights: what each word counts for, float32 (words,).
        first: the first document.
        last: one past the last one.
    """
    sums = np.zeros((last - first, words.shape[1]), np.float32)
    begin = corpus.ends[first - 1] if first else 0
    for row, end in enumerate(corpus.ends[first:last]):
        tokens = corpus.tokens[begin:end]
        weight = weights[tokens]
        sums[row] = (weight if weight.any() else np.ones_like(weight)) @ words[tokens]
        begin = end
    return unit_rows(sums)
