"""The batches of a reader's training by number, through all epochs."""

from __future__ import annotations

from typing import Any

from octavo.reading.examples import Example, ExampleSampler


class Batches:
    """The batches of all epochs; the examples of each epoch are drawn afresh.

    Args:
        sampler: draws the examples.
        batch_size: rows of a batch.

    Attributes:
        epoch_steps: batches of an epoch.
    """

    def __init__(self, sampler: ExampleSampler, batch_size: int) -> None:
        self.sampler, self.batch_size = sampler, batch_size
        self.epoch_steps = -(-len(sampler) // batch_size)
        self._drawn: tuple[int, list[list[Example]]] = (-1, [])

    def __call__(self, number: int) -> tuple[dict[str, Any], Any, Any]:
        """Inputs, labels and weights of batch `number`, from 0."""
        epoch, index = divmod(number, self.epoch_steps)
        if self._drawn[0] != epoch:
            self._drawn = epoch, self.sampler.batches(epoch, self.batch_size)
        return self.sampler.arrays(self._drawn[1][index], self.batch_size)
