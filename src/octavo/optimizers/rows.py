"""Rows of large tables: which had a gradient, and how they are taken and put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from octavo._keras import keras, ops
from octavo.optimizers.patterns import path_of


class IndexedRows(NamedTuple):
    """What is to be done to some rows of a table.

    Args:
        index: the rows, each once, int32 (n,).
        valid: whether each is meant; the others fill the window, boolean (n,).
        values: what stands in each of the rows, (n, ...).
    """

    index: Any
    valid: Any
    values: Any


def find_rows(gradient: Any) -> Any:
    """Whether each row of a gradient has an element that is not 0, boolean (rows,).

    Example:
        >>> find_rows(ops.array([[0.0, 0.0], [0.0, -1.0]])).tolist()
        [False, True]
    """
    largest = ops.max(ops.abs(gradient), axis=tuple(range(1, len(gradient.shape))))
    return ops.logical_not(ops.equal(largest, 0.0))  # so that NaN counts


def choose_rows(touched: Any, count: int, number: Any = 0) -> tuple[Any, Any]:
    """The `number`-th `count` touched rows, made up to `count` different rows with others.

    Args:
        touched: which rows have a gradient, boolean (rows,).
        count: how many to choose, fewer than there are rows.
        number: from 0, which of the groups of `count` touched rows.

    Returns:
        Indices, int32 (count,), and whether each is of the group, boolean (count,).

    Example:
        >>> index, valid = choose_rows(ops.array([False, True, True, False, True]), 2, number=1)
        >>> index.tolist(), valid.tolist()
        ([4, 0], [True, False])
    """
    place = ops.cumsum(ops.cast(touched, "int32")) - 1
    group = ops.logical_and(touched, ops.equal(place // count, number))
    ordinal = ops.arange(1, count + 1, dtype="int32")
    inside = ops.cumsum(ops.cast(group, "int32"))
    outside = ops.cumsum(ops.cast(ops.logical_not(group), "int32"))
    valid = ordinal <= inside[-1]
    of_group = ops.searchsorted(inside, ordinal)
    of_others = ops.searchsorted(outside, ordinal - inside[-1])
    return ops.cast(ops.where(valid, of_group, of_others), "int32"), valid


def stretch(mask: Any, like: Any) -> Any:
    """A mask of rows with as many axes as `like`.

    Example:
        >>> stretch(ops.array([True, False]), ops.zeros((2, 3))).shape
        (2, 1)
    """
    return ops.reshape(mask, (-1, *(1 for _ in like.shape[1:])))


def put_rows(table: Any, rows: IndexedRows, *, add: bool) -> Any:
    """The table with the valid rows replaced, or added to.

    Example:
        >>> valid = ops.array([True, False])
        >>> rows = IndexedRows(ops.array([1, 0]), valid, ops.array([[5.0], [7.0]]))
        >>> put_rows(ops.ones((3, 1)), rows, add=True)[:, 0].tolist()
        [1.0, 6.0, 1.0]
    """
    return ops.scatter_update(table, rows.index[:, None], _new_rows(table, rows, add))


def assign_rows(variable: Any, rows: IndexedRows, *, add: bool) -> None:
    """Do the same to a variable, in place where the backend can."""
    new = _new_rows(variable.value, rows, add)
    backend = keras.backend.backend()
    if backend == "jax":
        variable.assign(variable.value.at[rows.index].set(new, unique_indices=True))
    elif backend == "torch":
        variable.value.index_copy_(0, rows.index.long(), new)
    else:
        variable.assign(ops.scatter_update(variable.value, rows.index[:, None], new))


def _new_rows(table: Any, rows: IndexedRows, add: bool) -> Any:
    old = ops.take(table, rows.index, axis=0)
    return ops.where(stretch(rows.valid, old), old + rows.values if add else rows.values, old)


def slots_of(
    table: Any, tables: Sequence[Any], slots: Sequence[Any], paths: list[str]
) -> list[Any]:
    """The slots an optimizer made for a table: of its path and shape.

    Of tables that share both, each has the slots in its place among those of one name.
    """
    alike = [t for t in tables if (path_of(t), t.shape) == (path_of(table), table.shape)]
    place = next(i for i, other in enumerate(alike) if other is table)
    named: dict[str, list[Any]] = {}
    for slot in slots:
        if slot.shape == table.shape and owner(slot.name, paths) == path_of(table):
            named.setdefault(slot.path, []).append(slot)
    return [same[place] for same in named.values()]


def owner(name: str, paths: Sequence[str]) -> str:
    """The path of the variable that a slot was made for: Keras names slots by paths.

    Example:
        >>> owner("words_embeddings_momentum", ["words/embeddings", "words"])
        'words/embeddings'
    """
    fits = [path for path in paths if name.startswith(path.replace("/", "_") + "_")]
    return max(fits, key=len, default="")
