"""A function over many tasks in several processes, which survives that one of them is killed.

`multiprocessing.Pool` waits for ever for a task whose process was killed, and
`concurrent.futures` gives up all the others. Here every process has a pipe of its own: the parent
sees which one ended, starts another in its place and gives the task out again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from octavo._checks import check_whole
from octavo.errors import WorkerError

LONGEST = 300  # characters of a task that are shown
STARTS, BETWEEN_STARTS = 3, 0.1  # of a process, and seconds between them
DEATHS = 3  # of processes at one task, then it is given up
# A server that has loaded what the tasks need forks processes that can begin at once, this time and
# the next; elsewhere forking is not safe (macOS) or not known (Windows).
START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    workers: int,
    start_method: str = START_METHOD,
    preload: Sequence[str] = (),
) -> Iterator[tuple[int, Any]]:
    """Call a function with every task.

    Args:
        function: a function of a module, so that another process finds it; it and tasks and results
            are pickled.
        tasks: what it is called with, one at a time.
        workers: how many processes; 1 calls the function here.
        start_method: how multiprocessing starts a process, "spawn" or "forkserver".
        preload: modules that a fork server loads once for all processes, if it is the first that
            is asked for them.

    Yields:
        The place of a task and the function's result, as they come.

    Raises:
        UsageError: if `workers` is no whole number of 1 or more.
        WorkerError: if three processes died at one task, or none can be started.
        Exception: what the function raised; the other processes are ended.

    Example:
        >>> sorted(run_tasks(len, ["a", "abc"], workers=1))
        [(0, 1), (1, 3)]
    """
    if check_whole("workers", workers, 1) == 1:
        yield from ((place, function(task)) for place, task in enumerate(tasks))
        return
    context: Any = multiprocessing.get_context(start_method)
    if preload:
        context.set_forkserver_preload(list(preload))
    waiting, deaths = deque(range(len(tasks))), [0] * len(tasks)
    team: list[_Worker] = []
    try:
        while waiting or team:
            while waiting and len(team) < workers:
                team.append(_Worker(context, function))
                team[-1].give(waiting.popleft(), tasks)
            for worker in _ready(team):
                try:
                    failed, result = worker.pipe.recv()
                except (EOFError, OSError):  # it died
                    team.remove(worker)
                    code = worker.end()
                    if worker.task < 0:
                        continue
                    deaths[worker.task] += 1
                    if deaths[worker.task] == DEATHS:
                        raise WorkerError(
                            f"{DEATHS} processes died (the last with {_describe(code)}) at "
                            f"{_shorten(tasks[worker.task])}"
                        ) from None
                    waiting.appendleft(worker.task)
                    continue
                if failed:
                    raise result
                place, worker.task = worker.task, -1
                if waiting:
                    worker.give(waiting.popleft(), tasks)
                yield place, result
            for worker in [worker for worker in team if worker.task < 0]:
                team.remove(worker)
                worker.end()
    finally:
        for worker in team:
            worker.process.kill()
            worker.end()


class _Worker:
    """A process, the parent's end of its pipe, and the place of its task."""

    def __init__(self, context: Any, function: Callable[[Any], Any]) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = _start(context, (theirs, function, dict(os.environ)))
        theirs.close()  # so that the pipe ends when the process does
        self.task = -1

    def give(self, place: int, tasks: Sequence[Any]) -> None:
        self.task = place
        with contextlib.suppress(OSError):  # it is dead; reading will tell
            self.pipe.send(tasks[place])

    def end(self) -> int | None:
        self.pipe.close()
        self.process.join()
        return self.process.exitcode


def _start(context: Any, arguments: tuple[Any, ...]) -> Any:
    """A process that works; a fork server that was just killed is replaced when asked again."""
    for _ in range(STARTS):
        process = context.Process(target=_work, args=arguments, daemon=True)
        with contextlib.suppress(EOFError, OSError):
            process.start()
            return process
        time.sleep(BETWEEN_STARTS)
    raise WorkerError(f"no process could be started, {STARTS} times in a row")


def _ready(team: list[_Worker]) -> list[_Worker]:
    """Those that have something to say, when one has."""
    pipes = wait([worker.pipe for worker in team])
    return [worker for worker in team if worker.pipe in pipes]


def _work(pipe: Connection, function: Callable[[Any], Any], environment: dict[str, str]) -> None:
    """What a process does: tasks in, results out, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ.clear()  # a fork server keeps that of its start
    os.environ.update(environment)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = (False, function(task))
        except Exception as error:
            answer = (True, error)
        except BaseException as error:  # a panic of compiled code, which may not be sent as it is
            answer = (True, WorkerError(f"{type(error).__name__}: {error}"))
        pipe.send(answer)


def _shorten(task: Any) -> str:
    text = repr(task)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _describe(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
