"""Processes that all end well, end badly, or die: what is started again, and what is not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from octavo.errors import LaunchError, UsageError
from octavo.training.launch import is_first_to_say, launch

NUMBER = "import os, sys, time; n = int(os.environ['OCTAVO_PROCESS']); "


def python(code):
    return [sys.executable, "-c", NUMBER + code]


def test_each_process_is_told_its_number(tmp_path):
    code = (
        "open(sys.argv[1] + f'/{n}', 'w').write(os.environ['OCTAVO_COORDINATOR'] + ' '"
        " + os.environ['OCTAVO_PROCESSES'])"
    )
    assert launch([*python(code), str(tmp_path)], 3) == 0
    told = {path.name: path.read_text().split() for path in tmp_path.iterdir()}
    assert set(told) == {"0", "1", "2"}
    assert {total for _, total in told.values()} == {"3"}
    assert len({place for place, _ in told.values()}) == 1


def test_several_hosts_number_their_processes_on(tmp_path):
    code = "open(sys.argv[1] + f'/{n}', 'w').write(os.environ['OCTAVO_COORDINATOR'])"
    for rank in (0, 1):
        hosts = ["one", "two"]
        assert launch([*python(code), str(tmp_path)], 2, hosts=hosts, node_rank=rank, port=77) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2", "3"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"one:77"}


def test_all_start_again_when_one_dies(tmp_path, capfd):
    code = (
        "marks, restarts = sys.argv[1], os.environ['OCTAVO_RESTARTS'];"
        "open(f'{marks}/{n}-{restarts}', 'x'); first = restarts == '0';"
        "os.kill(os.getpid(), 9) if first and n == 1 else time.sleep(60 * (first and n == 0))"
    )
    assert launch([*python(code), str(tmp_path)], 2) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-0", "0-1", "1-0", "1-1"]
    said = capfd.readouterr().err
    assert (
        "a process ended with SIGKILL; all start again, from the last save (restart 1 of 3)" in said
    )


def test_what_dies_always_is_given_up():
    with pytest.raises(
        LaunchError, match="processes died 2 times in a row, the last with exit code 134"
    ):
        launch(python("sys.exit(134)"), 2, max_restarts=1)


def test_deaths_after_long_work_are_counted_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.training.launch.STEADY", 0.0)
    code = (
        "marks = sys.argv[1]; open(f'{marks}/{time.time()}', 'w');"
        "sys.exit(134 * (len(os.listdir(marks)) < 4))"
    )
    assert launch([*python(code), str(tmp_path)], 1, max_restarts=1) == 0
    assert len(list(tmp_path.iterdir())) == 4


def test_being_told_to_end_ends_the_processes(tmp_path):
    code = "open(sys.argv[1] + f'/{n}', 'w').write(str(os.getpid())); time.sleep(60)"
    program = (
        f"from octavo.training.launch import launch; launch({python(code)!r} + sys.argv[1:], 2)"
    )
    told = [sys.executable, "-c", f"import sys; {program}", str(tmp_path)]
    launcher = subprocess.Popen(told, stderr=subprocess.PIPE, text=True)
    while sum(1 for path in tmp_path.iterdir() if path.read_text()) < 2:
        assert launcher.poll() is None
        time.sleep(0.01)
    launcher.terminate()
    assert launcher.communicate(timeout=30)[1] == ""
    assert launcher.returncode == 143
    for path in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)


def test_wrong_data_is_not_tried_again(tmp_path, capfd):
    code = """open(sys.argv[1] + f"/{n}-{time.time()}", "w")
while n and len(os.listdir(sys.argv[1])) < 2:  # until the other has begun too
    time.sleep(0.01)
sys.exit(1) if n else time.sleep(60)"""
    assert launch([*python(code), str(tmp_path)], 2) == 1
    assert len(list(tmp_path.iterdir())) == 2
    assert "start again" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        {"processes": 0},
        {"max_restarts": -1},
        {"node_rank": 1},
        {"hosts": ["a", "b"]},
        {"port": 99_999},
    ],
)
def test_impossible_arguments_are_refused(options):
    with pytest.raises(UsageError, match="Received: "):
        launch(["true"], **{"processes": 1} | options)


def test_a_port_that_is_taken_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot meet there: .* Received: port={port}"):
            launch([*python("open(sys.argv[1], 'w')"), str(tmp_path / "begun")], 1, port=port)
        assert launch(python(""), 1, hosts=["a", "b"], node_rank=1, port=port) == 0  # not ours
    assert launch(python(""), 1, port=port) == 0
    assert not (tmp_path / "begun").exists()


def test_the_command_names_what_it_can_start():
    octavo = [sys.executable, "-m", "octavo", "launch", "--", "count", "a.txt"]
    done = subprocess.run(octavo, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "octavo: after -- stands pretrain. Received: count a.txt\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a parent is gone")
@pytest.mark.parametrize("early", [False, True])
def test_a_killed_launcher_leaves_no_process(tmp_path, early):
    code = "open(sys.argv[1] + f'/{n}', 'w').write(str(os.getpid())); time.sleep(60)"
    program = "import os, sys; from octavo.training import launch; "
    if early:  # killed between the start of a process and its first step
        program += "fork = launch._end_with; "
        program += "launch._end_with = lambda parent: (os.kill(parent, 9), fork(parent)); "
    program += f"launch.launch({python(code)!r} + sys.argv[1:], 2)"
    launcher = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    if early:
        assert launcher.wait(timeout=30) == -9
        time.sleep(1)
        assert not list(tmp_path.iterdir())
        return
    while sum(1 for path in tmp_path.iterdir() if path.read_text()) < 2:
        time.sleep(0.01)
    launcher.kill()
    launcher.wait()
    for path in tmp_path.iterdir():
        end = time.monotonic() + 10
        while Path(f"/proc/{path.read_text()}").exists() and time.monotonic() < end:
            time.sleep(0.01)
        assert not Path(f"/proc/{path.read_text()}").exists()


def test_an_error_is_said_by_the_first_of_several_processes_alone(tmp_path, monkeypatch):
    assert is_first_to_say("wrong")  # alone
    monkeypatch.setenv("OCTAVO_SAID", str(tmp_path))
    assert is_first_to_say("wrong")
    assert not is_first_to_say("wrong")
    assert is_first_to_say("wrong in another way")
    monkeypatch.setenv("OCTAVO_SAID", str(tmp_path / "gone"))
    assert is_first_to_say("wrong")
