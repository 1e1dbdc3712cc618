import signal
import threading

import pytest

from octavo.training import States
from octavo.training.interrupts import collect_interrupts, say_how_to_go_on

pytestmark = pytest.mark.usefixtures("interrupts")


def test_the_first_is_collected_and_the_second_interrupts():
    def press_twice():
        with collect_interrupts() as pressed:
            signal.raise_signal(signal.SIGINT)
            assert pressed == [signal.SIGINT]
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_changes_nothing():
    found = []

    def train():
        with collect_interrupts() as pressed:
            found.append((pressed, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [([], signal.default_int_handler)]


def test_how_to_go_on_is_said(tmp_path):
    states = States(tmp_path, "state")
    for place in (None, states):
        with pytest.raises(KeyboardInterrupt, match=r"^$"), say_how_to_go_on(place):
            raise KeyboardInterrupt
    (tmp_path / "state").touch()
    with pytest.raises(KeyboardInterrupt, match="same command goes on"), say_how_to_go_on(states):
        raise KeyboardInterrupt
    anew = States(tmp_path, "state", resume=False)
    said = r"the same command without resume=False \(--no-resume\) goes on"
    with pytest.raises(KeyboardInterrupt, match=said), say_how_to_go_on(anew):
        raise KeyboardInterrupt
