"""One process of several: how it ends where something is wrong, and that it waits for the first."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from octavo.errors import DataError
from octavo.training import processes
from octavo.training.launch import COORDINATOR
from octavo.training.processes import LOST, ends_alone, say_ready, wait_until_ready

ENDS = """
import atexit
from octavo.errors import DataError
from octavo.training.processes import ends_alone
atexit.register(print, "waited for the others")

def report(error):
    print(error)
    return 5

with ends_alone(PROCESSES, report):
    raise DataError("damaged")
"""


@pytest.mark.parametrize(("number", "code", "waited"), [(1, 1, True), (2, 5, False)])
def test_one_of_several_ends_before_anything_waits(number, code, waited):
    script = ENDS.replace("PROCESSES", str(number))
    done = subprocess.run([sys.executable, "-u", "-c", script], capture_output=True, text=True)
    assert done.returncode == code
    assert ("waited for the others" in done.stdout) is waited
    assert ("damaged" in done.stdout) is not waited


def test_a_lost_neighbour_is_no_mistake(capsys):
    with pytest.raises(SystemExit) as caught, ends_alone(2, report=lambda error: 5):
        raise ValueError("Gloo: connection closed by peer")
    assert caught.value.code == LOST
    assert capsys.readouterr().err == "octavo: another process is gone\n"
    with pytest.raises(ValueError, match="Gloo"), ends_alone(1, report=lambda error: 5):
        raise ValueError("Gloo: connection closed by peer")
    with pytest.raises(ValueError, match="shapes"), ends_alone(2, report=lambda error: 5):
        raise ValueError("shapes differ")


def test_the_others_wait_for_the_first_of_their_own_start(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "POLL", 0.01)
    monkeypatch.setenv(COORDINATOR, "127.0.0.1:1")
    say_ready(tmp_path)
    monkeypatch.setenv(COORDINATOR, "127.0.0.1:2")  # another start
    other = threading.Thread(target=wait_until_ready, args=[tmp_path])
    other.start()
    other.join(timeout=0.2)
    assert other.is_alive()
    say_ready(tmp_path)
    other.join(timeout=10)
    assert not other.is_alive()
    assert [path.name for path in tmp_path.iterdir()] == [".ready-127-0-0-1-2"]


def test_an_error_of_one_process_alone_is_raised():
    with pytest.raises(DataError, match="damaged"), ends_alone(1, report=lambda error: 5):
        raise DataError("damaged")
