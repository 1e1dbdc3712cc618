"""The log of a run in files: log.csv, and the same numbers for TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from octavo._files import write_atomic
from octavo.training.tensorboard import EventFile

LOG = "log.csv"


class LogFiles:
    """Writes the lines of a run's log, and measures the speed that stands in them.

    Args:
        folder: where log.csv and TensorBoard's events go.
        unit: what speed is counted in, such as "tokens".
        per_batch: so many of them are in a batch.

    Example:
        >>> import tempfile
        >>> log = LogFiles(Path(tempfile.mkdtemp()), "images", per_batch=8)
        >>> log.begin([], step=0)
        >>> log.count(batches=50, seconds=2.0, waited=0.01)
        >>> line = {"step": 50, "loss": 0.5, **log.take_speed()}
        >>> line
        {'step': 50, 'loss': 0.5, 'images_per_second': 200, 'waiting': 0.005}
        >>> log.write([line])
    """

    def __init__(self, folder: Path, unit: str, per_batch: int) -> None:
        self.folder, self.unit, self.per_batch = folder, unit, per_batch
        self._batches, self._seconds, self._waited = 0, 0.0, 0.0

    def begin(self, lines: Sequence[dict[str, float]], step: int) -> None:
        """Go on after `lines`, which a process before this one has written, from this update on."""
        self._events, self._written = EventFile(self.folder, step), _places(lines)

    def count(self, batches: int, seconds: float, waited: float) -> None:
        """Note what a call of `fit` took, and how long of that it waited for batches."""
        self._batches += batches
        self._seconds += seconds
        self._waited += waited

    def rate(self, batches: int, seconds: float) -> float:
        """Units a second."""
        return self.per_batch * batches / seconds

    def take_speed(self) -> dict[str, float]:
        """Speed and share of waiting since the last line, as far as this process has made it."""
        figures = {
            f"{self.unit}_per_second": round(self.rate(self._batches, self._seconds)),
            "waiting": round(self._waited / self._seconds, 4),
        }
        self._batches, self._seconds, self._waited = 0, 0.0, 0.0
        return figures

    def write(self, lines: Sequence[dict[str, float]]) -> None:
        """Write log.csv anew, and append to TensorBoard's events what is not there yet."""
        lines = round_lines(lines)
        write_table(self.folder / LOG, lines)
        new = list(self._find_new(lines))
        if new:
            self._events.write(new)
        self._written = _places(lines)

    def _find_new(self, lines: Sequence[dict[str, float]]) -> Iterator[dict[str, float]]:
        """What is not in the events: a score may join a line after it was written."""
        for line in lines:
            new = {name: line[name] for name in line if (line["step"], name) not in self._written}
            if new:
                yield {**new, "step": line["step"]}


def _places(lines: Sequence[dict[str, float]]) -> set[tuple[float, str]]:
    """Step and name of every figure."""
    return {(line["step"], name) for line in lines for name in line}


def round_lines(lines: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The lines with six digits after the point, about as many as float32 has.

    Example:
        >>> round_lines([{"step": 1, "loss": 0.123456789}])
        [{'step': 1, 'loss': 0.123457}]
    """
    return [{name: round(value, 6) for name, value in line.items()} for line in lines]


def write_table(path: Path, lines: Sequence[dict[str, float]]) -> None:
    """Write all lines; a column for every name that one of them has."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    with write_atomic(path) as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
