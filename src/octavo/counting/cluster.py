"""Counting the parts of a corpus on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from octavo._lazy import require
from octavo.corpus.files import FileRange
from octavo.counting.options import Options
from octavo.counting.parts import Part
from octavo.errors import UsageError, WorkerError

SECONDS = 10  # to wait for a scheduler

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
        WorkerError: if workers died again and again at one part.
        MissingExtraError: if Dask is not installed.
    """
    distributed = require("distributed", extra="dask")
    try:
        client = distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers ({error}). Received: {address}") from None
    with client, client.as_current():
        futures = client.map(_count_remotely, tasks, pure=False)
        places = {future.key: place for place, future in enumerate(futures)}
        try:
            for future in distributed.as_completed(futures):
                place = places[future.key]
                part, runs = future.result()
                future.release()
                yield place, _keep(part, runs, tasks[place][2])
        except distributed.scheduler.KilledWorker as error:
            raise WorkerError(f"workers died again and again at one part: {error}") from None
        finally:
            client.cancel(futures)


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
