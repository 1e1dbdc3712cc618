"""Batches made by a thread while the device works, and how long it had to wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from octavo._keras import keras


class Prefetched(keras.utils.PyDataset):
    """A Keras dataset whose next batches are made ahead, in order, by a thread.

    One, as two that wait for each other's hold of the interpreter make fewer.
    Keras' own workers make batches ahead too, but do not tell whether a step waited for one.

    Args:
        make: the batch of a number; called in the thread.
        first: number of the first batch.
        size: how many.
        ahead: batches that are made before they are asked for.

    Attributes:
        waited: seconds for which a batch was asked for and not there yet.

    Example:
        >>> with Prefetched(lambda number: (number, -number), first=3, size=2) as batches:
        ...     batches[0], batches[1], len(batches)
        ((3, -3), (4, -4), 2)
    """

    def __init__(
        self,
        make: Callable[[int], Any],
        first: int,
        size: int,
        ahead: int = 8,
    ) -> None:
        super().__init__()
        self.make, self.first, self.size, self.ahead = make, first, size, ahead
        self.waited = 0.0
        self._pool = ThreadPoolExecutor(1)
        self._made: dict[int, Future[Any]] = {}

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        for number in range(index, min(index + self.ahead, self.size)):
            if number not in self._made:
                self._made[number] = self._pool.submit(self.make, self.first + number)
        start = time.perf_counter()
        batch = self._made[index].result()
        self.waited += time.perf_counter() - start
        for number in [n for n in self._made if n < index - 1]:  # Keras looks at two batches twice
            del self._made[number]
        return batch

    def chunk(self, number: int, size: int) -> Chunk:
        """Some of the batches as a dataset: `size` of them, from batch `number` on."""
        return Chunk(self, number - self.first, size)

    def __enter__(self) -> Prefetched:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


class Chunk(keras.utils.PyDataset):
    """Some of the batches that are made ahead, for one call of `fit`."""

    def __init__(self, data: Prefetched, start: int, size: int) -> None:
        super().__init__()
        self.data, self.start, self.size = data, start, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return self.data[self.start + index]
