"""Progress of long work, on stderr alone so that stdout stays the result.

A terminal shows a bar with count, time passed, time left and rate. Anything else (a log file, a
pipe) gets a plain line at most every ten seconds, so that a log stays short and short work says
nothing. rich is imported only when a bar is drawn.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Counts work done, and shows it while used as a context manager.

    Args:
        total: the units of work expected, None when unknown.
        description: what is being done, a few words.
        enabled: False shows nothing at all.
        in_bytes: the units are bytes; shown are megabytes (10^6).

    Example:
        >>> with Progress(3, "reading", enabled=False) as progress:
        ...     progress.advance(2)
        >>> progress.done
        2
    """

    def __init__(
        self, total: int | None, description: str, enabled: bool = True, in_bytes: bool = False
    ) -> None:
        self.total = total
        self.description = description
        self.enabled = enabled
        self._unit, self._suffix = (10**6, " MB") if in_bytes else (1, "")
        self.done = 0
        self.note = ""
        self._printed = 0
        self._skipped = 0
        self._started = self._measured = self._last_line = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        self._started = self._measured = self._last_line = time.monotonic()
        if self.enabled and sys.stderr.isatty():
            self._bar = _make_bar()
            texts = {"count": self._count_text(), "left": "", "rate": "", "note": ""}
            self._task = self._bar.add_task(self.description, total=self.total, **texts)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        elif self._printed and self._printed != self.done:  # a log that begins has an end too
            self._print_line()

    def advance(self, amount: int = 1, note: str | None = None) -> None:
        """Report `amount` more units done; `note` (a loss, a file) stays until the next one."""
        self.done += amount
        self.note = self.note if note is None else note
        if self._bar is not None:
            texts = {"count": self._count_text(), "left": self._left_text()}
            texts |= {"rate": self._rate_text(), "note": self.note}
            self._bar.update(self._task, advance=amount, **texts)
        elif self.enabled and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._print_line()

    def skip(self, amount: int, note: str | None = None) -> None:
        """Like `advance`, for what was done before, or slower: no rate is made of it."""
        self._skipped, self._measured = self.done + amount, time.monotonic()
        self.advance(amount, note)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, a bar is taken away, so that another may be shown."""
        if self._bar is None:
            yield
            return
        self._bar.live.transient = True  # it leaves no line behind
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.live.transient = False
            self._bar.start()

    def _print_line(self) -> None:
        self._last_line, self._printed = time.monotonic(), self.done
        passed = self._last_line - self._started
        parts = [f"{self.description}: {self._count_text()}", f"{format_seconds(passed)} passed"]
        parts += [self._left_text(), self._rate_text(), self.note]
        print(", ".join(part for part in parts if part), file=sys.stderr, flush=True)

    def _count_text(self) -> str:
        known = [self.done] if self.total is None else [self.done, self.total]
        return "/".join(f"{number // self._unit}" for number in known) + self._suffix

    def _left_text(self) -> str:
        rate = self._rate()
        if not rate or self.total is None or self.done >= self.total:
            return ""
        return f"{format_seconds((self.total - self.done) / rate)} left"

    def _rate(self) -> float:
        """Units a second, 0 while unknown."""
        passed = time.monotonic() - self._measured
        return (self.done - self._skipped) / passed if passed > 0 else 0.0

    def _rate_text(self) -> str:
        rate = self._rate()
        return f"{rate / self._unit:.3g}{self._suffix}/s" if rate else ""


def format_seconds(seconds: float) -> str:
    """A duration as m:ss, or h:mm:ss from an hour on.

    Example:
        >>> format_seconds(75.2), format_seconds(3600)
        ('1:15', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _make_bar() -> Any:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[count]}"),
        progress.TimeElapsedColumn(),
        # not rich's own, which takes what was done before, or compiled, for speed
        progress.TextColumn("{task.fields[left]}"),
        progress.TextColumn("{task.fields[rate]} {task.fields[note]}", markup=False),
        console=Console(stderr=True),
    )
