"""Rows of large tables: which had a gradient, and how they are taken and put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from octavo._keras import keras, ops


class Rows(NamedTuple):
    """Updates of some rows of a table.

    Args:
        index: the rows, each once, int32 (n,).
        old: what stands in them, (n, ...).
        values: what is to be added, (n, ...).
    """

    index: Any
    old: Any
    values: Any


def choose_rows(touched: Any, count: int) -> tuple[Any, Any]:
    """`count` different rows, those touched first.

    Args:
        touched: boolean (rows,), true for at most `count` and fewer than all rows.
        count: how many to choose.

    Returns:
        Indices, int32 (count,), and whether each is a touched row, boolean (count,).

    Example:
        >>> index, valid = choose_rows(ops.array([False, True, False, True, False]), 3)
        >>> index.tolist(), valid.tolist()
        ([1, 3, 0], [True, True, False])
    """
    ordinal = ops.arange(1, count + 1, dtype="int32")
    sums = ops.cumsum(ops.cast(touched, "int32"))
    others = ops.cumsum(ops.cast(ops.logical_not(touched), "int32"))
    valid = ordinal <= sums[-1]
    of_touched = ops.searchsorted(sums, ordinal)
    of_others = ops.searchsorted(others, ordinal - sums[-1])
    return ops.cast(ops.where(valid, of_touched, of_others), "int32"), valid


def put_rows(variable: Any, index: Any, values: Any) -> None:
    """Assign rows of a variable, in place where the backend can.

    Args:
        variable: (rows, ...).
        index: int32 (n,), each row once.
        values: (n, ...).
    """
    backend = keras.backend.backend()
    if backend == "jax":
        variable.assign(variable.value.at[index].set(values, unique_indices=True))
    elif backend == "torch":
        variable.value.index_copy_(0, index.long(), values)
    else:
        variable.assign(ops.scatter_update(variable.value, index[:, None], values))


def owner(name: str, paths: Sequence[str]) -> str:
    """The path of the variable that a slot was made for: Keras names slots by paths.

    Example:
        >>> owner("words_embeddings_momentum", ["words/embeddings", "words"])
        'words/embeddings'
    """
    fits = [path for path in paths if name.startswith(path.replace("/", "_") + "_")]
    return max(fits, key=len, default="")
