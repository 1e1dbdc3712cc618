"""One of the two processes a benchmark measures: starts a worker script and calls its functions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from make_peer import make_peer

FOLDER = Path(__file__).resolve().parent
THREADS = 2


class DifferenceError(Exception):
    """The sides disagree, or one failed, so no time counts (exit code 1)."""


class Side:
    """A running worker script.

    Args:
        script: file name in benchmarks/sides.
        peer: the peer's environment it runs in; None for octavo's own, this interpreter's.
        threads: how many cores, and how many threads of every numerical library, it may use.
    """

    def __init__(
        self,
        script: str,
        peer: str | None = None,
        threads: int = THREADS,
    ) -> None:
        python = sys.executable if peer is None else str(make_peer(peer))
        path = Path(script) if Path(script).is_absolute() else FOLDER / "sides" / script
        self.name = path.stem
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115  (closed in __exit__)
            "w+", encoding="utf-8", errors="replace"
        )
        cores = _allowed_cores()[:threads]
        reading_end, writing_end = os.pipe()
        self._replies = open(reading_end, encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, str(path)],
            stdin=subprocess.PIPE,
            stdout=self._errors,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=_environment(threads) | {"REPLIES": str(writing_end)},
            pass_fds=(writing_end,),
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
        )
        os.close(writing_end)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._replies.close()
        self._errors.close()

    def call(self, function: str, **arguments: Any) -> Any:
        """What `function` of the script returns for these JSON arguments."""
        return self.timed(function, **arguments)[0]

    def timed(self, function: str, **arguments: Any) -> tuple[Any, float]:
        """What `function` returns, and the seconds it took.

        Raises:
            DifferenceError: if the script raised an exception or ended.
        """
        request = json.dumps({"call": function, "arguments": arguments})
        try:
            print(request, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise DifferenceError(f"{self.name} ended: {self._last_words()}") from None
        line = self._replies.readline()
        if not line:
            raise DifferenceError(f"{self.name} ended: {self._last_words()}")
        reply = json.loads(line)
        if "error" in reply:
            raise DifferenceError(f"{self.name}, {function}: {reply['error']}")
        return reply["result"], reply["seconds"]

    def _last_words(self) -> str:
        self._process.wait()  # its pipe closes a moment before its last line is written
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else "no message"


def _allowed_cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _environment(threads: int) -> dict[str, str]:
    """The variables of this process, with every numerical library held to `threads` threads."""
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]
    names += ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NUMBA_NUM_THREADS"]
    names += ["POLARS_MAX_THREADS"]
    return {
        **os.environ,
        **{name: str(threads) for name in names},
        "PYTHONPATH": str(FOLDER),
        "PYTHONIOENCODING": "utf-8",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
