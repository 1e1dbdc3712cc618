"""Lazy rows: rows of an embedding that got no gradient stay as they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from octavo._keras import ops, register
from octavo.errors import UsageError
from octavo.optimizers.checks import check_count
from octavo.optimizers.gradient_accumulation import GradientAccumulation
from octavo.optimizers.patterns import check_patterns, find_match, warn_of_unmatched
from octavo.optimizers.rows import Rows, choose_rows, owner, put_rows
from octavo.optimizers.tensors import choose, snapshot
from octavo.optimizers.wrapper import Wrapper


@register("LazyRows")
class LazyRows(Wrapper):
    """Rows of chosen variables without a gradient keep their value and, by choice, their slots.

    u[r] <- u[r] if g[r] has an element that is not 0, else 0.

    A momentum moves every word of a vocabulary at every step, and decays the moments of words that
    were not seen; here only the rows seen do. Where all rows have a gradient, as those of an
    embedding that is the output head as well, this does nothing, and says so when `fit` ends.

    It belongs next to the optimizer at the bottom. With `rows`, only rows with a gradient are
    gathered, updated and scattered back: less work where a batch sees a small part of a large
    vocabulary. Were there once more rows than that, this step is made the long way.

    Args:
        inner_optimizer: the optimizer to wrap.
        include: patterns of the paths of variables that are treated so; by default Keras'
            embeddings.
        keep_slots: whether moments of a row without gradient stay as well.
        rows: most rows with a gradient in one batch, such as batch size times length; None
            computes all rows and drops what is not wanted.
        name: of the optimizer.

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
        rows: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.include = check_patterns(include, "include")
        self.keep_slots = bool(keep_slots)
        self.rows = None if rows is None else check_count("rows", rows)
        inside = [wrapper for wrapper in self.chain() if isinstance(wrapper, GradientAccumulation)]
        if rows is not None and (inside or not keep_slots):
            raise UsageError(
                "rows needs keep_slots=True, and no GradientAccumulation inside LazyRows. "
                f"Received: rows={rows!r}, keep_slots={keep_slots!r}, "
                f"inner_optimizer={inner_optimizer!r}"
            )

    def inner_variables(self, variables: list[Any]) -> list[Any]:
        """The variables, and a window of `rows` rows for each that is lazy and larger."""
        tables = [variable for variable in variables if len(variable.shape) > 1]
        warn_of_unmatched(self.include, [table.path for table in tables], "include")
        lazy = [table for table in tables if find_match(self.include, table.path)]
        self._lazy = {self.place(table): k for k, table in enumerate(lazy)}
        self._windows = [self._make_window(table) for table in lazy]
        return [*variables, *(window for window in self._windows if window is not None)]

    def _make_window(self, table: Any) -> Any:
        if self.rows is None or self.rows >= table.shape[0]:
            return None
        shape = (self.rows, *table.shape[1:])
        window = self.add_variable(shape, dtype=table.dtype, name="window")
        window._path = table.path  # patterns and the names of slots mean the variable
        return window

    def build_state(self, variables: Sequence[Any]) -> None:
        """Rows that had a gradient since the last update, and their share on average."""
        self._count = self.add_variable((), dtype="int32", name="steps")
        lazy = [variables[place] for place in self._lazy]
        self._touched = [self.add_variable(v.shape[:1], dtype="bool", name="touched") for v in lazy]
        self._shares = [self.add_variable((), dtype="float32", name="share") for _ in lazy]
        paths = [variable.path for variable in variables]
        self._slots = [self._find_slots(table, paths) for table in lazy]
        self._window_slots = [
            [] if window is None else self._find_slots(window, paths) for window in self._windows
        ]

    def _find_slots(self, table: Any, paths: list[str]) -> list[Any]:
        """The inner optimizers' variables of a table, but for gathered gradients."""
        wrappers = list(self.chain())
        slots = list(wrappers[-1].inner_optimizer.variables)
        for wrapper in wrappers[1:]:
            if not isinstance(wrapper, GradientAccumulation):
                slots += wrapper._variables
        return [s for s in slots if s.shape == table.shape and owner(s.name, paths) == table.path]

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's, zero in rows without gradient."""

        def dense(update: Any, variable: Any) -> Any:
            if not isinstance(update, Rows):
                return update
            zeros = ops.zeros(variable.shape, variable.dtype)
            return ops.scatter_update(zeros, update.index[:, None], update.values)

        def use(updates: list[Any]) -> list[Any]:
            return [dense(u, v) for u, v in zip(updates, variables, strict=True)]

        return self._act(gradients, variables, use, assigned=[], read=variables)

    def step(self, gradients: list[Any], variables: list[Any]) -> None:
        """Move the variables; where rows were gathered, only those rows."""

        def use(updates: list[Any]) -> list[Any]:
            for variable, update in zip(variables, updates, strict=True):
                if isinstance(update, Rows):
                    put_rows(variable, update.index, update.old + update.values)
                else:
                    self.assign_add(variable, update)
            return []

        self._act(gradients, variables, use, assigned=variables, read=[])

    def _act(
        self,
        gradients: list[Any],
        variables: list[Any],
        use: Callable[[list[Any]], list[Any]],
        *,
        assigned: list[Any],
        read: list[Any],
    ) -> list[Any]:
        """Get the updates, gathering rows where they fit the windows, and `use` them."""
        numbers = {
            place: self._lazy[self.place(variable)]
            for place, variable in enumerate(variables)
            if self.place(variable) in self._lazy
        }
        touched = {place: self._mark(k, gradients[place]) for place, k in numbers.items()}
        windows = {p: self._windows[k] for p, k in numbers.items() if self._windows[k] is not None}
        before = ops.add(self.iterations, 0)

        def gathered() -> list[Any]:
            return use(self._gathered_updates(gradients, variables, numbers, touched))

        def masked() -> list[Any]:
            return use(self._masked_updates(gradients, variables, numbers, touched))

        if windows:
            counts = ops.stack([ops.sum(ops.cast(touched[p], "int32")) for p in windows])
            fits = ops.all(counts <= self.rows)
            own = [*self.inner_optimizer.variables, *windows.values(), *assigned]
            result = choose(fits, gathered, masked, assigned=own, read=read)
        else:
            result = masked()
        waits = ops.logical_not(ops.greater(self.iterations, before))
        for place, k in numbers.items():
            self._touched[k].assign(ops.logical_and(touched[place], waits))
        self._count.assign_add(1)
        return result

    def _mark(self, k: int, gradient: Any) -> Any:
        """Rows of table k with a gradient in this call or since the last update, boolean."""
        largest = ops.max(ops.abs(gradient), axis=tuple(range(1, len(gradient.shape))))
        rows = ops.logical_not(ops.equal(largest, 0.0))  # a NaN is a gradient
        share = ops.mean(ops.cast(rows, "float32"))
        count = ops.cast(self._count + 1, "float32")
        self._shares[k].assign_add((share - self._shares[k]) / count)
        return ops.logical_or(rows, self._touched[k].value)

    def _masked_updates(
        self,
        gradients: list[Any],
        variables: list[Any],
        numbers: dict[int, int],
        touched: dict[int, Any],
    ) -> list[Any]:
        """All rows computed, those without gradient dropped."""
        slots = {p: self._slots[k] if self.keep_slots else [] for p, k in numbers.items()}
        before = {place: [snapshot(slot) for slot in slots[place]] for place in slots}
        updates, _ = self.inner_updates(gradients, variables)
        for place, rows in touched.items():
            keep = ops.reshape(rows, (-1, *(1 for _ in updates[place].shape[1:])))
            updates[place] = ops.where(keep, updates[place], 0.0)
            for slot, value in zip(slots[place], before[place], strict=True):
                slot.assign(ops.where(keep, slot.value, value))
        return updates

    def _gathered_updates(
        self,
        gradients: list[Any],
        variables: list[Any],
        numbers: dict[int, int],
        touched: dict[int, Any],
    ) -> list[Any]:
        """Rows with a gradient taken into the windows, computed there, and put back."""
        gradients, inside = list(gradients), list(variables)
        taken, rest = {}, dict(touched)
        for place, k in numbers.items():
            if self._windows[k] is None:
                continue
            index, valid = choose_rows(rest.pop(place), self._windows[k].shape[0])
            valid = ops.reshape(valid, (-1, *(1 for _ in gradients[place].shape[1:])))
            pairs = list(zip(self._slots[k], self._window_slots[k], strict=True))
            old = [ops.take(slot.value, index, axis=0) for slot, _ in pairs]
            for (_, window), value in zip(pairs, old, strict=True):
                window.assign(value)
            gradients[place] = ops.take(gradients[place], index, axis=0)
            weights = ops.take(variables[place].value, index, axis=0)
            inside[place] = self._windows[k]
            inside[place].assign(weights)
            taken[place] = index, valid, pairs, old, weights
        updates = self._masked_updates(
            gradients, inside, {p: k for p, k in numbers.items() if p in rest}, rest
        )
        for place, (index, valid, pairs, old, weights) in taken.items():
            for (slot, window), value in zip(pairs, old, strict=True):
                put_rows(slot, index, ops.where(valid, window.value, value))
            updates[place] = Rows(index, weights, ops.where(valid, updates[place], 0.0))
        return updates

    @property
    def shares(self) -> dict[str, float]:
        """By path, the share of rows that had a gradient, on average over all steps."""
        tables = [self._trainable_variables[place] for place in self._lazy]
        return {t.path: float(s) for t, s in zip(tables, self._shares, strict=True)}

    def end_training(self) -> bool:
        """Say where nothing was saved."""
        for path, share in self.shares.items() if self.built and int(self._count) else ():
            if share > 1.0 - 1e-6:
                warnings.warn(
                    f"LazyRows does nothing for {path}: every row had a gradient at every step, "
                    "as the rows of an embedding that is the output head as well",
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
