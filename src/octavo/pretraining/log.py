"""The lines of log.csv."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from octavo._files import write_atomic


class Line:
    """Steps and seconds of one line of the log, as far as this process has made it."""

    def __init__(self, tokens: int, waited: float = 0.0) -> None:
        self.tokens, self.waited = tokens, waited
        self.steps, self.seconds = 0, 0.0

    def add(self, steps: int, seconds: float) -> None:
        self.steps += steps
        self.seconds += seconds

    def close(self, waited: float) -> dict[str, float]:
        return {
            "tokens_per_second": round(self.tokens * self.steps / self.seconds),
            "waiting": round((waited - self.waited) / self.seconds, 4),
        }


def write_log(path: Path, lines: Sequence[dict[str, float]]) -> None:
    """Write all lines; a column for every name that one of them has."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    with write_atomic(path) as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
