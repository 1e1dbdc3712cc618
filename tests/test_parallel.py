"""Tasks in processes: all are done, whoever is killed; errors come back; nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from octavo._parallel import START_METHOD, run_tasks
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


@pytest.mark.skipif(START_METHOD != "forkserver", reason="there is no fork server")
def test_a_killed_fork_server_is_replaced():
    tasks = range(6)
    wanted = {number: number * number for number in tasks}
    for pause in (0, 0.001, 0.01, 0.1):
        for during in (False, True):
            results = run_tasks(square, tasks, 2)
            found = dict([next(results)] if during else [])
            if not during:
                found = dict(results)
            os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
            time.sleep(pause)
            found |= dict(results)
            assert {place: value for place, (value, _) in found.items()} == wanted
    assert not children()


def test_what_cannot_be_started_is_one_error(monkeypatch):
    def refuse(process):
        raise ConnectionRefusedError

    monkeypatch.setattr("octavo._parallel.BETWEEN_STARTS", 0)
    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    with pytest.raises(WorkerError, match="no process could be started, 3 times in a row"):
        list(run_tasks(square, range(3), 2, "spawn"))


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
