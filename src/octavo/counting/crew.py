"""Who counts the parts of a corpus: this process, its threads, others, or those of a cluster.

The compiled code is imported where it is used: it takes a second to load, in every process, and the
workers are to start before that.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from octavo._parallel import run_tasks
from octavo._progress import Progress
from octavo.corpus.files import STANDARD_INPUT, FileRange, layout
from octavo.counting.cluster import Task, run_on_cluster
from octavo.counting.options import Options
from octavo.counting.parts import Part, load_part, name_parts, save_part
from octavo.errors import UsageError
from octavo.segmenting.protocol import Segmenter, SegmenterLike

PRELOADED = "octavo.counting.preloaded"


class Crew(NamedTuple):
    """Who counts, and with what.

    Args:
        workers: how many threads or processes count.
        memory: how many bytes the table of each may take.
        cluster: the address of a Dask scheduler whose workers count instead, or None.
        segmenter: what cuts the texts.
    """

    workers: int
    memory: int
    cluster: str | None
    segmenter: Segmenter


def count_parts(
    options: Options, ranges: list[FileRange], folder: Path, crew: Crew, bar: Progress
) -> list[Part]:
    """Count all ranges of a corpus, but for those that are counted already.

    Args:
        options: how texts become tokens.
        ranges: the ranges of the corpus, each to be a part.
        folder: where parts are kept.
        crew: who counts.
        bar: told the bytes that are done.

    Raises:
        DataError: naming file and line, if a file cannot be counted.
        UsageError: if other processes cannot get the segmenter, or no cluster answers.
        WorkerError: if processes died again and again at one part.
    """
    names = name_parts(options, ranges, crew.segmenter.path)
    parts = {
        n: part for n, name in enumerate(names) if (part := load_part(folder / f"{name}.json"))
    }
    bar.skip(sum(ranges[n].size for n in parts))
    todo = [n for n in range(len(ranges)) if n not in parts]
    run = token_hex(4)  # a worker that outlives its parent may still write files of another run
    tasks = [(options, ranges[n], f"{folder}/{names[n]}-{run}", crew.memory) for n in todo]
    for place, part in _run(tasks, crew, bar.advance):
        number = todo[place]
        save_part(folder / f"{names[number]}.json", part)
        parts[number] = part
        bar.advance(ranges[number].size)
    return [parts[n] for n in range(len(ranges))]


def _run(
    tasks: list[Task], crew: Crew, advance: Callable[[int], None]
) -> Iterator[tuple[int, Part]]:
    """Count parts; standard input here, as other processes have one of their own."""
    here = [place for place, task in enumerate(tasks) if STANDARD_INPUT in task[1].paths]
    yield from ((place, _count_range(tasks[place], advance)) for place in here)
    others = [place for place in range(len(tasks)) if place not in here]
    for number, part in _run_crew([tasks[place] for place in others], crew):
        yield others[number], part


def _run_crew(tasks: list[Task], crew: Crew) -> Iterator[tuple[int, Part]]:
    if crew.cluster is not None:
        yield from run_on_cluster(crew.cluster, tasks)
    elif min(crew.workers, len(tasks)) <= 1:
        yield from ((place, _count_range(task)) for place, task in enumerate(tasks))
    elif _in_threads(tasks, crew.segmenter):
        with ThreadPoolExecutor(crew.workers) as pool:
            futures = {pool.submit(_count_range, task): place for place, task in enumerate(tasks)}
            try:
                yield from ((futures[future], future.result()) for future in as_completed(futures))
            finally:
                pool.shutdown(cancel_futures=True)
    else:
        _check_sent(tasks[0][0].segmenter)
        preload = [PRELOADED, *crew.segmenter.preload]
        yield from run_tasks(_count_in_process, tasks, crew.workers, preload=preload)


def _in_threads(tasks: list[Task], segmenter: Segmenter) -> bool:
    """Whether compiled code does it all, which runs in threads side by side; they start at once."""
    ranges = [file_range for _, file_range, *_ in tasks]
    texts = all(layout(path) == "text" for file_range in ranges for path in file_range.paths)
    return texts and tasks[0][0].keep_bytes(segmenter)


def _count_range(task: Task, advance: Callable[[int], None] | None = None) -> Part:
    from octavo._numba import compiling_said
    from octavo.counting.counter import count_range

    with compiling_said():
        return count_range(*task, advance)


def _count_in_process(task: Task) -> Part:
    import octavo.counting.preloaded  # noqa: F401  (where no server has)

    return _count_range(task)


def _check_sent(segmenter: SegmenterLike) -> None:
    try:
        pickle.dumps(segmenter)
    except Exception as error:
        raise UsageError(
            f"other processes cannot get this segmenter ({error}); take one of a module, or "
            f"workers=1. Received: {segmenter!r}"
        ) from None
