"""Start the processes of a training run, and all of them again when one dies.

A process whose neighbour died cannot go on: JAX ends it. So all start anew and go on from the last
state of the run, as often as allowed. This module starts no Keras.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from octavo._checks import check_whole
from octavo._interrupts import terminations_raised
from octavo.errors import LaunchError, UsageError

# What each process finds in its environment: where they meet, how many they are, which it is, and
# how often all were started again.
COORDINATOR, PROCESSES, PROCESS = "OCTAVO_COORDINATOR", "OCTAVO_PROCESSES", "OCTAVO_PROCESS"
RESTARTS = "OCTAVO_RESTARTS"
SAID = "OCTAVO_SAID"  # a folder in which they mark the errors that one of them has said
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux' prctl
HIGHEST_PORT = 65_535
POLL = 0.1  # seconds between two looks at the processes
STEADY = 3600.0  # seconds of work after which deaths are counted anew
GRACE = 10.0  # seconds that the others have to end by themselves
OWN_FAULT = (1, 2)  # exit codes of `octavo`: wrong data or usage, which a new start does not mend


def launch(
    command: Sequence[str],
    processes: int,
    max_restarts: int = 3,
    hosts: Sequence[str] = (),
    node_rank: int = 0,
    port: int = 0,
) -> int:
    """Run a command in several processes that find each other.

    Args:
        command: program and arguments, the same for all.
        processes: on this machine.
        max_restarts: how often all are started again when one dies; counted anew after an hour of
            work.
        hosts: names or addresses of all machines, the first of which the others ask; none for this
            machine alone. Each runs the same call, with its own `node_rank`.
        node_rank: number of this machine in `hosts`, from 0.
        port: of the first machine, at which processes meet; 0 takes a free one, where there is
            one machine.

    Returns:
        0, or the exit code of a process that ended by itself because of wrong data or usage.

    Raises:
        UsageError: if an argument is impossible, or the port is taken.
        LaunchError: if processes died once more than `max_restarts`.
        KeyboardInterrupt: after the processes were ended; so does `Terminated`, at SIGTERM.

    Example:
        >>> import sys
        >>> launch([sys.executable, "-c", "import os; os.environ['OCTAVO_PROCESS']"], processes=2)
        0
    """
    check_whole("processes", processes, 1)
    check_whole("max_restarts", max_restarts, 0)
    check_whole("node_rank", node_rank, 0, max(len(hosts) - 1, 0))
    check_whole("port", port, 0, HIGHEST_PORT)
    if len(hosts) > 1 and not port:
        raise UsageError("several hosts need a port at which they meet. Received: port=0")
    if port and node_rank == 0:
        _check_free(port)
    left, restarts = max_restarts, 0
    while True:
        start = time.monotonic()
        meeting = f"{hosts[0] if hosts else '127.0.0.1'}:{port or _free_port()}"
        total = max(len(hosts), 1) * processes
        with terminations_raised():
            code = _run(list(command), processes, total, node_rank, meeting, restarts)
        if code in (0, *OWN_FAULT):
            return code
        if time.monotonic() - start >= STEADY:
            left = max_restarts
        if not left:
            died = (
                f"processes died {max_restarts + 1} times in a row, the last with {_describe(code)}"
            )
            raise LaunchError(died)
        left, restarts = left - 1, restarts + 1
        print(
            f"octavo: a process ended with {_describe(code)}; all start again, from the last "
            f"save (restart {max_restarts - left} of {max_restarts})",
            file=sys.stderr,
        )


def _run(
    command: list[str], processes: int, total: int, node_rank: int, meeting: str, restarts: int
) -> int:
    """Run all once; gives 0, or the exit code of the first that failed."""
    team: list[subprocess.Popen[bytes]] = []
    said = mkdtemp(prefix="octavo-launch-")
    try:
        for number in range(processes):
            told = {
                COORDINATOR: meeting,
                PROCESSES: str(total),
                PROCESS: str(node_rank * processes + number),
                RESTARTS: str(restarts),
                SAID: said,
            }
            # a session of its own, as Ctrl-C is for this process to handle
            team.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **told},
                    start_new_session=True,
                    preexec_fn=partial(_end_with, os.getpid()) if sys.platform == "linux" else None,
                )
            )
        while True:
            codes = [process.poll() for process in team]
            failed = [code for code in codes if code]
            if failed:
                return _first_cause(team, failed)
            if all(code == 0 for code in codes):
                return 0
            time.sleep(POLL)
    finally:
        for process in team:
            process.kill()
        for process in team:
            process.wait()
        shutil.rmtree(said, ignore_errors=True)


def is_first_to_say(text: str) -> bool:
    """Whether no other process of this start has said an error yet, so that it is said once.

    Where no `octavo launch` has started this process, it is alone.

    Example:
        >>> is_first_to_say("no such file")
        True
    """
    folder = os.environ.get(SAID)
    if folder is None:
        return True
    try:
        Path(folder, f"{zlib.crc32(text.encode()):08x}").touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError:  # the folder is gone, and with it who made it
        return True
    return True


def _end_with(parent: int) -> None:
    """In a process that is about to begin: Linux ends it when its parent is gone, however early.

    Elsewhere the processes of a launcher that is killed go on.
    """
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, int(signal.SIGKILL))
    if os.getppid() != parent:  # it was killed before that
        os._exit(1)


def _first_cause(team: list[subprocess.Popen[bytes]], failed: list[int]) -> int:
    """The exit code that tells most: a process' own fault, before what it did to the others."""
    end = time.monotonic() + GRACE
    while time.monotonic() < end and any(process.poll() is None for process in team):
        if any(code in OWN_FAULT for code in failed):
            break
        time.sleep(POLL)
        failed = [code for process in team if (code := process.poll())]
    return next((code for code in failed if code in OWN_FAULT), failed[0])


def _free_port() -> int:
    with socket.socket() as waiting:
        waiting.bind(("127.0.0.1", 0))
        return int(waiting.getsockname()[1])


def _check_free(port: int) -> None:
    """Refuse a port at which another program listens: JAX would wait there for minutes."""
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has ended is no matter
        try:
            trying.bind(("", port))
        except OSError as error:
            raise UsageError(
                f"cannot meet there: {error.strerror}. Received: port={port}"
            ) from None


def _describe(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:  # a real-time signal has no name
        return f"signal {-code}"
