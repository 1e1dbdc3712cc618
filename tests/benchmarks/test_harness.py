"""The contract of every benchmark: its JSON object, its exit codes, its two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
KEYS = {"claim", "ratio", "target", "rows", "unit", "versions"}

WORKER = """
import os
from worker import serve
print("a library that prints must not disturb the replies")
def work(value=None):
    print("nor while it works")
    return value
def cores():
    return [len(os.sched_getaffinity(0)), os.environ["OMP_NUM_THREADS"]]
def fail():
    raise ValueError("a bad batch\\nand more")
def leave():
    raise SystemExit("out of memory")
serve(work=work, cores=cores, fail=fail, leave=leave)
"""

BENCHMARK = """
import sys
import harness
from harness import MissingError, Side, Times, alternate, check_equal, compare, run, summary
harness.RESULTS = harness.Path("results")
slow, fast = Times(9.0, (6.0, 60.0, 5.0)), Times(7.0, (2.0, 1.0, 20.0))
def measure(quick):
    if {missing}:
        raise MissingError("data missing: poems.txt")
    with Side({worker!r}) as peer, Side({worker!r}) as ours:
        check_equal("values", peer.call("work", value=1), ours.call("work", value={ours_value}))
        peer.call({peer_call!r})
    rows = [compare(n, slow, fast, t) for n, t in (("a", 1.5), ("b", {target}))]
    other = compare("c", fast, slow, None, quick=quick)
    return summary("sleeping", rows, [other], unit="seconds / seconds", versions={{"sleep": "1"}})
sys.exit(run("fake", "A fake benchmark.", measure))
"""


@pytest.fixture
def run_fake(tmp_path):
    """Run the fake benchmark in a folder of its own: the finished process."""

    def run(*arguments, target=2.0, ours_value=1, missing=False, peer_call="work"):
        worker = tmp_path / "fake_worker.py"
        worker.write_text(WORKER)
        script = tmp_path / "fake.py"
        values = {"target": target, "ours_value": ours_value, "missing": missing}
        script.write_text(BENCHMARK.format(worker=str(worker), peer_call=peer_call, **values))
        return subprocess.run(
            [sys.executable, str(script), *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_last_line_is_the_contract(run_fake, tmp_path):
    done = run_fake()
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == KEYS
    assert figures["target"] == 2.0  # the case nearest to its target stands in the headline
    assert figures["ratio"] == 3.0  # medians: 6 seconds over 2
    assert [row["name"] for row in figures["rows"]] == ["a", "b", "c"]
    assert [row["target"] for row in figures["rows"]] == [1.5, 2.0, None]
    assert [row["ratio"] for row in figures["rows"]] == [3.0, 3.0, 0.333]
    assert figures["versions"].keys() == {"python", "processor", "sleep"}
    assert json.loads((tmp_path / "results" / "fake.json").read_text()) == figures


def test_warm_up_is_stated(run_fake):
    row = json.loads(run_fake().stdout.splitlines()[-1])["rows"][0]
    assert (row["peer_warm_up_seconds"], row["our_warm_up_seconds"]) == (9.0, 7.0)
    assert row["rounds"] == 3


def test_quick_run_leaves_no_results(run_fake, tmp_path):
    done = run_fake("--quick")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rows"][2]["quick"] is True
    assert not (tmp_path / "results").exists()


def test_missed_target_is_exit_1_with_figures(run_fake):
    done = run_fake(target=1000.0)
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["target"] == 1000.0


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({"missing": True}, 2, "data missing: poems.txt"),
        ({"ours_value": 2}, 1, "values differ: peer 1, octavo 2"),
        ({"peer_call": "fail"}, 1, "fake_worker, fail: ValueError: a bad batch"),
        ({"peer_call": "leave"}, 1, "fake_worker ended: out of memory"),
    ],
)
def test_failure_is_one_line_and_no_figures(run_fake, tmp_path, settings, code, message):
    done = run_fake(**settings)
    assert done.returncode == code
    assert done.stderr.splitlines() == [message]
    assert done.stdout == ""
    assert not (tmp_path / "results").exists()


@pytest.fixture
def modules(monkeypatch):
    """The benchmark modules, importable as they are for a script beside them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import harness
    import make_peer
    import side

    return harness, make_peer, side


def test_both_sides_get_the_same_threads(modules, tmp_path):
    _, _, side = modules
    worker = tmp_path / "fake_worker.py"
    worker.write_text(WORKER)
    with side.Side(str(worker), threads=1) as one:
        assert one.call("cores") == [1, "1"]


def test_sides_take_turns_and_the_first_round_is_the_warm_up(modules):
    harness, _, _ = modules
    calls = []

    class RecordingSide:
        def __init__(self, name):
            self.name = name

        def timed(self, function, **arguments):
            calls.append((self.name, function, arguments))
            return self.name.upper(), float(len(calls))

    results, times = harness.alternate(
        {name: RecordingSide(name) for name in "ab"}, "f", 2, warm_up={"a": {"x": 0}}, x=5, y=1
    )
    assert [name for name, _, _ in calls] == list("ababab")
    assert [arguments["x"] for _, _, arguments in calls] == [0, 5, 5, 5, 5, 5]
    assert results == {"a": "A", "b": "B"}
    assert times == {"a": harness.Times(1.0, (3.0, 5.0)), "b": harness.Times(2.0, (4.0, 6.0))}


def test_losses_within_the_limit_only(modules):
    harness, _, side = modules
    harness.check_close("losses", [1.0, 2.0], [1.0, 2.00005], 1e-4)
    for ours in ([1.0, 2.001], [1.0, float("nan")]):
        with pytest.raises(side.DifferenceError, match="losses differ"):
            harness.check_close("losses", [1.0, 2.0], ours, 1e-4)


def test_unknown_peer_is_one_line(modules):
    _, make_peer, _ = modules
    with pytest.raises(make_peer.PeerMissingError, match=r"no peer called 'x'; known: bert4keras"):
        make_peer.make_peer("x")


def test_peer_without_a_package_says_so_and_is_not_ready(modules, tmp_path, monkeypatch):
    _, make_peer, _ = modules
    peer = make_peer.Peer(("./no-such-wheel.whl",))
    monkeypatch.setitem(make_peer.CATALOGUE, "broken", peer)
    with pytest.raises(make_peer.PeerMissingError, match="peer broken cannot be had: ERROR"):
        make_peer.make_peer("broken", tmp_path)
    assert not make_peer.is_ready("broken", peer, tmp_path)


def test_changed_requirements_ask_for_a_new_environment(modules, tmp_path, monkeypatch):
    _, make_peer, _ = modules
    monkeypatch.setitem(make_peer.CATALOGUE, "empty", make_peer.Peer(("pip",)))
    python = make_peer.make_peer("empty", tmp_path)
    assert python.exists()
    marker = tmp_path / "empty" / "marker"
    marker.touch()
    make_peer.make_peer("empty", tmp_path)
    assert marker.exists()
    monkeypatch.setitem(make_peer.CATALOGUE, "empty", make_peer.Peer(("pip", "setuptools")))
    assert not make_peer.is_ready("empty", make_peer.CATALOGUE["empty"], tmp_path)
