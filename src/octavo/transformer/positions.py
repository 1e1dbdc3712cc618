"""More positions than a model was trained with, by hierarchical decomposition."""

from __future__ import annotations

import numpy as np

from octavo.errors import UsageError


def extend_positions(table: np.ndarray, length: int, alpha: float = 0.4) -> np.ndarray:
    """Position vectors for `length` positions made from the n that were trained.

    Position i n + j gets alpha u_i + (1 - alpha) u_j with u_i = (p_i - alpha p_0) / (1 - alpha):
    the first n stay what they were, and n^2 can be told apart.

    Args:
        table: the trained vectors p, float (n, d).
        length: how many positions are wanted, at most n^2.
        alpha: weight of the coarse index, in (0, 1) and not 0.5.

    Returns:
        float (length, d), of the dtype of `table`.

    Raises:
        UsageError: if length is over n^2 or alpha is outside its range.

    Source: Su Jianlin, "Hierarchical decomposition of position codes" (kexue.fm/archives/7947).

    Example:
        >>> table = np.random.default_rng(0).normal(size=(4, 3))
        >>> np.allclose(extend_positions(table, 16)[:4], table)
        True
    """
    trained = len(table)
    if not 0 < alpha < 1 or alpha == 0.5:
        raise UsageError(f"alpha must lie in (0, 1) and not be 0.5. Received: {alpha}")
    if length > trained**2:
        raise UsageError(f"{trained} positions extend to {trained**2} at most. Received: {length}")
    base = (table - alpha * table[:1]) / (1 - alpha)
    coarse, fine = np.divmod(np.arange(length), trained)
    return (alpha * base[coarse] + (1 - alpha) * base[fine]).astype(table.dtype)
