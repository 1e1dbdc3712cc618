"""Counting on a Dask cluster of two processes, one of which is killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest

from octavo.counting import count_words
from octavo.errors import DataError, UsageError, WorkerError
from parallel_tasks import fail_at_seven

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def marker(tmp_path_factory):
    return tmp_path_factory.mktemp("marker") / "died"


@pytest.fixture(scope="module")
def cluster(marker):
    """A scheduler and two worker processes on this machine; dead workers are not replaced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIES_ONCE", str(marker))
        with (
            distributed.LocalCluster(
                n_workers=0, host="127.0.0.1", dashboard_address=None, silence_logs=50
            ) as made,
        ):
            made.scale(2)
            made.scheduler.allowed_failures = 1
            yield made


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 20_000)
    lines = [f"{number * number % 997} to be" for number in range(20_000)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    (tmp_path / "b.jsonl").write_text('{"text": "北京 to be"}\n' * 100)
    return tmp_path


def test_a_killed_worker_changes_nothing(cluster, corpus, marker):
    whole = count_words(corpus, "whitespace", progress=False)
    name = "parallel_tasks:split_unless_killed"
    counts = count_words(corpus, name, cluster=cluster.scheduler_address, progress=False)
    assert marker.exists()
    assert counts.table.equals(whole.table)
    assert (counts.tokens, counts.documents) == (whole.tokens, whole.documents)


def test_an_error_names_file_and_line(cluster, corpus):
    (corpus / "c.txt").write_text("one\nseven\n")
    with pytest.raises(DataError, match=r"c\.txt, line 2: the segmenter failed"):
        count_words(corpus, fail_at_seven, cluster=cluster.scheduler_address, progress=False)


def test_a_scheduler_that_is_not_there(corpus, monkeypatch):
    monkeypatch.setattr("octavo.counting.cluster.SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(UsageError, match=f"no Dask scheduler answers.*Received: {address}"):
            count_words(corpus, "whitespace", cluster=address, progress=False)


def test_another_server_is_no_scheduler(corpus, monkeypatch, capfd):
    monkeypatch.setattr("octavo.counting.cluster.SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:  # it never says a word
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UsageError, match="no Dask scheduler answers"):
            count_words(corpus, "whitespace", cluster=address, progress=False)
    assert capfd.readouterr().err == ""


def test_a_cluster_without_workers_is_waited_for_a_while(corpus, monkeypatch):
    monkeypatch.setattr("octavo.counting.cluster.POLL", 0.1)
    monkeypatch.setattr("octavo.counting.cluster.PATIENCE", 0.5)
    empty = distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address=None, silence_logs=50
    )
    with empty, pytest.raises(WorkerError, match="the cluster has had no worker for"):
        count_words(corpus, "whitespace", cluster=empty.scheduler_address, progress=False)


SCHEDULER = """
import asyncio, distributed
async def serve():
    options = {"host": "127.0.0.1", "port": 0, "dashboard": False}
    async with distributed.Scheduler(**options) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(serve())
"""


def test_a_scheduler_that_dies_is_one_line(corpus, capfd):
    command = [sys.executable, "-c", SCHEDULER]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}  # it logs what it does
    with subprocess.Popen(command, text=True, **pipes) as scheduler:
        address = scheduler.stdout.readline().strip()
        threading.Timer(2, scheduler.kill).start()
        with pytest.raises(WorkerError, match=f"the Dask scheduler at {address} is gone"):
            count_words(corpus, "whitespace", cluster=address, progress=False)
    assert capfd.readouterr().err == ""
