"""Counting the parts of a corpus on a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from octavo._lazy import require
from octavo.corpus.files import FileRange
from octavo.counting.options import Options
from octavo.counting.parts import Part
from octavo.errors import UsageError, WorkerError

SECONDS = 10  # to wait for a scheduler
POLL, PATIENCE = 1.0, 60.0  # seconds between two looks for workers, and to wait for one

Task = tuple[Options, FileRange, str, int]


def run_on_cluster(address: str, tasks: Sequence[Task]) -> Iterator[tuple[int, Part]]:
    """Count parts on a cluster; their runs come back over the network and are written here.

    Args:
        address: the address of the scheduler, such as "tcp://192.0.2.7:8786".
        tasks: the arguments of `count_range`, whose files all machines see at the same paths.

    Yields:
        The place of a task and its part, as they come.

    Raises:
        UsageError: if no scheduler answers.
        DataError: naming file and line, if a file cannot be counted.
        WorkerError: if workers died again and again at one part; if none is left; if the scheduler
            is gone.
        MissingExtraError: if Dask is not installed.
    """
    distributed = require("distributed", extra="dask")
    try:
        with ThreadPoolExecutor(1) as pool:  # whoever calls may be in an event loop
            pool.submit(asyncio.run, _knock(distributed, address)).result()
        client = distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except Exception as error:  # other servers answer with anything
        reason = str(error) or type(error).__name__
        raise UsageError(f"no Dask scheduler answers ({reason}). Received: {address}") from None
    with _quiet(), client, client.as_current():
        futures = client.map(_count_remotely, tasks, pure=False)
        places = {future: place for place, future in enumerate(futures)}
        try:
            for future in _as_completed(distributed, client, futures):
                place = places[future]
                part, runs = future.result()
                future.release()
                yield place, _keep(part, runs, tasks[place][2])
        except distributed.scheduler.KilledWorker as error:
            raise WorkerError(f"workers died again and again at one part: {error}") from None
        except (CancelledError, distributed.CancelledError):
            raise WorkerError(f"the Dask scheduler at {address} is gone") from None
        finally:
            client.cancel(futures)


@contextmanager
def _quiet() -> Iterator[None]:
    """Inside, Dask logs nothing: what goes wrong is an error here, not its traceback as well."""
    levels = {handler: handler.level for handler in logging.getLogger("distributed").handlers}
    for handler in levels:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in levels.items():
            handler.setLevel(level)


async def _knock(distributed: Any, address: str) -> None:
    """Find out whether a scheduler answers; a client that got no answer complains as it goes."""
    arguments = distributed.Security().get_connection_args("client")
    connecting = distributed.comm.connect(address, timeout=SECONDS, **arguments)
    await (await asyncio.wait_for(connecting, SECONDS + 1)).close()


def _as_completed(distributed: Any, client: Any, futures: Sequence[Any]) -> Iterator[Any]:
    """Futures as they are done; a cluster that has lost all workers would never do one."""
    waiting, seen = set(futures), time.monotonic()
    while waiting:
        try:
            done = distributed.wait(waiting, timeout=POLL, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            if client.scheduler_info()["workers"]:
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                raise WorkerError(f"the cluster has had no worker for {PATIENCE:.0f} s") from None
            continue
        seen = time.monotonic()
        waiting -= done
        yield from done


def _count_remotely(task: Task) -> tuple[Part, list[bytes]]:
    """Count a part on another machine; the part, and what is in its runs."""
    from octavo.counting.counter import count_range

    options, file_range, _, memory = task
    with TemporaryDirectory(prefix="octavo-count-") as folder:
        part = count_range(options, file_range, f"{folder}/part", memory)
        return part, [Path(run).read_bytes() for run in part.runs]


def _keep(part: Part, runs: list[bytes], prefix: str) -> Part:
    paths = [f"{prefix}-{number}.arrow" for number in range(len(runs))]
    for path, data in zip(paths, runs, strict=True):
        Path(path).write_bytes(data)
    return part._replace(runs=tuple(paths))
