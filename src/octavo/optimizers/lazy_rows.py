"""Lazy rows: rows of an embedding that got no gradient stay as they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from octavo._checks import check_bool, check_whole
from octavo._keras import ops, register
from octavo.optimizers.bare import steps_blind
from octavo.optimizers.gradient_accumulation import GradientAccumulation
from octavo.optimizers.learning_rate_multiplier import LearningRateMultiplier
from octavo.optimizers.lookahead import Lookahead
from octavo.optimizers.patterns import check_patterns, find_match, path_of, warn_of_unmatched
from octavo.optimizers.rows import (
    IndexedRows,
    assign_rows,
    choose_rows,
    find_rows,
    put_rows,
    slots_of,
    stretch,
)
from octavo.optimizers.tensors import repeat, snapshot
from octavo.optimizers.weight_average import WeightAverage
from octavo.optimizers.weight_decay import WeightDecay
from octavo.optimizers.wrapper import Wrapper

_ELEMENTWISE = (WeightDecay, Lookahead, LearningRateMultiplier)


@dataclass(eq=False)
class _Table:
    """A lazy variable, and what is kept for it. (Keras takes variables in a list for own ones.)"""

    weights: Any
    window: Any
    touched: Any = None
    share: Any = None
    slots: Sequence[Any] = ()
    window_slots: Sequence[Any] = ()


def _is_windowed(table: _Table | None) -> bool:
    return table is not None and table.window is not None


class _Batch(NamedTuple):
    """One step: lists with an element a variable, and the inner counters before it."""

    gradients: list[Any]
    variables: list[Any]
    tables: list[Any]
    touched: list[Any]
    counters: list[tuple[Any, Any]]


@register("LazyRows")
class LazyRows(Wrapper):
    """Rows of chosen variables without a gradient keep their value and, by choice, their slots.

    u[r] <- u[r] if g[r] has an element that is not 0, else 0.

    A momentum moves every word of a vocabulary at every step, and decays the moments of words that
    were not seen; here only the rows seen do. Where all rows have a gradient, as those of an
    embedding that is the output head as well, this does nothing, and says so when `fit` ends;
    `shares` has the share of rows that had one, by path.

    It belongs next to the optimizer at the bottom. Of tables with more than `rows` rows those with
    a gradient are gathered, computed and scattered back, so many at a time: less work where a
    batch sees a small part of a large vocabulary. That needs `keep_slots`, and inside only
    WeightDecay, Lookahead and LearningRateMultiplier around an optimizer that treats every element
    alike (Adam, SGD and their like, without clipping by norm). Elsewhere all rows are computed,
    and those without gradient dropped: the same result, for more work.

    Args:
        inner_optimizer: the optimizer to wrap.
        include: patterns of the paths of variables that are treated so; by default Keras'
            embeddings.
        keep_slots: whether moments of a row without gradient stay as well.
        rows: how many rows to gather, best a little more than have a gradient in most batches; a
            saved optimizer is loaded into one with the same.
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import LazyRows
        >>> import keras
        >>> optimizer = LazyRows(keras.optimizers.SGD(1.0, momentum=0.5), include="table")
        >>> table = keras.Variable([[4.0], [4.0]], name="table")
        >>> for gradient in ([[1.0], [1.0]], [[0.0], [1.0]]):
        ...     optimizer.apply([keras.ops.array(gradient)], [table])
        >>> table.numpy().tolist()
        [[3.0], [1.5]]

    Source: Su Jianlin, kexue.fm/archives/7094.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        include: str | Iterable[str] = r"embeddings$",
        keep_slots: bool = True,
        rows: int = 4096,
        name: str | None = None,
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.include = check_patterns(include, "include")
        self.keep_slots = check_bool("keep_slots", keep_slots)
        self.rows = check_whole("rows", rows, 1)

    def _is_elementwise(self) -> bool:
        """Whether the optimizers inside make of some rows what they make of them among all."""
        _, *wrappers, bottom = self.chain_to_bottom()
        norms = bottom.clipnorm or bottom.global_clipnorm
        return (
            all(type(wrapper) in _ELEMENTWISE for wrapper in wrappers)
            and steps_blind(bottom)
            and not norms
        )

    def inner_variables(self, variables: list[Any]) -> list[Any]:
        """The variables, and a window of `rows` rows for each that is lazy and larger."""
        tables = [variable for variable in variables if len(variable.shape) > 1]
        warn_of_unmatched(
            self.include, [path_of(table) for table in tables], "include", "variables with rows"
        )
        self._tables = {
            self.place(table): _Table(table, self._make_window(table))
            for table in tables
            if find_match(self.include, path_of(table))
        }
        windows = [table.window for table in self._tables.values()]
        return [*variables, *(window for window in windows if window is not None)]

    def _make_window(self, table: Any) -> Any:
        if self.rows >= table.shape[0] or not (self.keep_slots and self._is_elementwise()):
            return None
        shape = (self.rows, *table.shape[1:])
        window = self.add_variable(shape, dtype=table.dtype, name="window")
        window._path = path_of(table)  # patterns and the names of slots mean the variable
        return window

    def build_state(self, variables: Sequence[Any]) -> None:
        """Rows that had a gradient since the last update, and their share on average."""
        self._count = self.add_variable((), dtype="int32", name="steps")
        *wrappers, bottom = self.chain_to_bottom()
        inside = list(bottom.variables)
        for wrapper in wrappers[1:]:
            # what is gathered is no slot, and an average follows the weights, moved or not
            if not isinstance(wrapper, GradientAccumulation | WeightAverage):
                inside += wrapper._own
        built = [table.weights for table in self._tables.values()]  # in this order, inside
        built += [table.window for table in self._tables.values() if table.window is not None]
        paths = [path_of(variable) for variable in variables]
        self._waits = any(wrapper.gathers for wrapper in wrappers)
        for table in self._tables.values():
            table.share = self.add_variable((), dtype="float32", name="share")
            table.slots = slots_of(table.weights, built, inside, paths)
            if table.window is not None:
                table.window_slots = slots_of(table.window, built, inside, paths)
            if self._waits:
                rows = table.weights.shape[:1]
                table.touched = self.add_variable(rows, dtype="bool", name="touched")

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's, zero in rows without gradient."""
        with self._marked(gradients, variables) as batch:
            updates = self._propose(batch, 0)
            places = [
                place for place, update in enumerate(updates) if isinstance(update, IndexedRows)
            ]
            zeros = [ops.zeros(variables[p].shape, variables[p].dtype) for p in places]
            dense = [put_rows(z, updates[p], add=False) for z, p in zip(zeros, places, strict=True)]

            def use(more: _Batch, number: Any, tensors: list[Any]) -> list[Any]:
                rows = self._propose(more, number)
                return [put_rows(t, r, add=False) for t, r in zip(tensors, rows, strict=True)]

            dense = self._go_on(batch, places, use, dense, moved=False)
            for place, update in zip(places, dense, strict=True):
                updates[place] = update
        return updates

    def step(self, gradients: list[Any], variables: list[Any]) -> None:
        """Move the variables; where rows are gathered, only those rows."""

        def move(batch: _Batch, number: Any, _: list[Any]) -> list[Any]:
            for variable, update in zip(batch.variables, self._propose(batch, number), strict=True):
                if isinstance(update, IndexedRows):
                    assign_rows(variable, update, add=True)
                else:
                    self.assign_add(variable, update)
            return []

        with self._marked(gradients, variables) as batch:
            move(batch, 0, [])
            places = [place for place, table in enumerate(batch.tables) if _is_windowed(table)]
            self._go_on(batch, places, move, [], moved=True)

    @contextmanager
    def _marked(self, gradients: list[Any], variables: list[Any]) -> Iterator[_Batch]:
        """The tables among the variables, and which of their rows have a gradient.

        Rows whose gradient waits for an update (where it is gathered inside) stay marked.
        """
        tables = [self._tables.get(self.place(variable)) for variable in variables]
        before = snapshot(self.iterations)
        inner = self.inner_optimizer.variables
        counters = [(v, snapshot(v)) for v in inner if len(v.shape) == 0]
        self._count.assign_add(1)
        touched: list[Any] = []
        for table, gradient in zip(tables, gradients, strict=True):
            if table is None:
                touched.append(None)
                continue
            rows = find_rows(gradient)
            share = ops.mean(ops.cast(rows, "float32"))
            table.share.assign_add((share - table.share) / ops.cast(self._count, "float32"))
            touched.append(ops.logical_or(rows, table.touched.value) if self._waits else rows)
        yield _Batch(gradients, variables, tables, touched, counters)
        waits = ops.logical_not(ops.greater(self.iterations, before))
        for table, rows in zip(tables, touched, strict=True):
            if table is not None and self._waits:
                table.touched.assign(ops.logical_and(rows, waits))

    def _propose(self, batch: _Batch, number: Any) -> list[Any]:
        """The inner optimizer's updates, of a table with a window its `number`-th rows."""
        gradients, inside = list(batch.gradients), list(batch.variables)
        taken, kept = {}, {}
        for place, (table, touched) in enumerate(zip(batch.tables, batch.touched, strict=True)):
            if table is None:
                continue
            if table.window is None:
                kept[place] = [(slot, snapshot(slot)) for slot in table.slots if self.keep_slots]
                continue
            index, valid = choose_rows(touched, table.window.shape[0], number)
            for slot, window in zip(table.slots, table.window_slots, strict=True):
                window.assign(ops.take(slot.value, index, axis=0))
            table.window.assign(ops.take(batch.variables[place].value, index, axis=0))
            gradients[place] = ops.take(gradients[place], index, axis=0)
            inside[place] = table.window
            taken[place] = index, valid
        updates, _ = self.inner_updates(gradients, inside)
        for place, before in kept.items():
            keep = stretch(batch.touched[place], updates[place])
            updates[place] = ops.where(keep, updates[place], 0.0)
            for slot, value in before:
                slot.assign(ops.where(keep, slot.value, value))
        for place, (index, valid) in taken.items():
            table = batch.tables[place]
            for slot, window in zip(table.slots, table.window_slots, strict=True):
                assign_rows(slot, IndexedRows(index, valid, window.value), add=False)
            updates[place] = IndexedRows(index, valid, updates[place])
        return updates

    def _go_on(
        self,
        batch: _Batch,
        places: list[int],
        use: Callable[[_Batch, Any, list[Any]], list[Any]],
        tensors: list[Any],
        *,
        moved: bool,
    ) -> list[Any]:
        """The rows beyond the first window, where a batch has more than one holds."""
        if not places:
            return tensors
        gradients, variables, tables, touched = (
            [column[place] for place in places] for column in batch[:4]
        )
        more = _Batch(gradients, variables, tables, touched, batch.counters)
        needed = [
            (ops.sum(ops.cast(touched, "int32")) + self.rows - 1) // self.rows
            for touched in more.touched
        ]

        def again(number: Any, tensors: list[Any]) -> list[Any]:
            for variable, value in batch.counters:
                variable.assign(value)
            return use(more, number, tensors)

        windows = [table.window for table in more.tables]
        assigned = [*self.inner_optimizer.variables, *windows]
        assigned += more.variables if moved else []
        read = [] if moved else more.variables
        return repeat(1, ops.max(ops.stack(needed)), again, tensors, assigned=assigned, read=read)

    @property
    def shares(self) -> dict[str, float]:
        """By path, the share of rows that had a gradient, on average over all steps."""
        tables = self._tables.values() if self.built else ()
        return {path_of(table.weights): float(table.share) for table in tables}

    def end_training(self) -> bool:
        """Say where nothing was saved."""
        for path, share in self.shares.items():
            if int(self._count) and share > 1.0 - 1e-6:
                warnings.warn(
                    f"LazyRows does nothing for {path}: every row had a gradient at every step, "
                    "as in an embedding that is the output head as well, or a small vocabulary",
                    stacklevel=2,
                )
        return False

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "include": list(self.include),
            "keep_slots": self.keep_slots,
            "rows": self.rows,
        }
