"""Tasks in processes: all are done, whoever is killed; errors come back; nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from octavo._parallel import run_tasks
from octavo.errors import DataError, UsageError, WorkerError
from parallel_tasks import die_always, die_once, fail, panic, square


def children():
    return multiprocessing.active_children()


@pytest.mark.parametrize("start_method", ["spawn", "forkserver"])
def test_every_task_is_done_once(start_method):
    results = dict(run_tasks(square, range(20), 2, start_method))
    assert {place: value for place, (value, _) in results.items()} == {i: i * i for i in range(20)}
    assert len({process for _, process in results.values()} - {os.getpid()}) == 2
    assert not children()


def test_a_panic_ends_the_tasks():
    with pytest.raises(WorkerError, match="it broke"):
        list(run_tasks(panic, range(4), 2))
    assert not children()


def test_one_worker_is_this_process():
    assert {process for _, (_, process) in run_tasks(square, range(3), 1)} == {os.getpid()}


def test_no_task_needs_no_process():
    assert list(run_tasks(square, [], 2)) == []


@pytest.mark.parametrize("start_method", ["spawn", "forkserver"])
def test_a_killed_process_loses_no_task(start_method, tmp_path):
    marker = str(tmp_path / "died")
    results = dict(run_tasks(die_once, [(i, marker) for i in range(8)], 2, start_method))
    assert results == {i: i * i for i in range(8)}
    assert Path(marker).exists()
    assert not children()


def test_a_task_that_kills_every_process_is_given_up():
    with pytest.raises(WorkerError, match=r"3 processes died \(.*exit code 7\) at 4"):
        list(run_tasks(die_always, [4], 2))
    assert not children()


def test_an_error_comes_back_as_it_was():
    with pytest.raises(DataError) as caught:
        list(run_tasks(fail, range(9), 2))
    assert str(caught.value) == "file.txt, line 5: no good"
    assert not children()


def test_what_is_not_wanted_any_more_ends():
    results = run_tasks(square, range(100), 2)
    next(results)
    results.close()
    assert not children()


@pytest.mark.parametrize("workers", [0, -1, True, 1.5])
def test_workers_are_a_whole_number(workers):
    with pytest.raises(UsageError, match="Received: workers="):
        list(run_tasks(square, [1], workers))
