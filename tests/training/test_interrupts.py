import signal

import pytest

from octavo._interrupts import Terminated
from octavo.training import States
from octavo.training.interrupts import say_how_to_go_on


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
    with pytest.raises(Terminated, match=said) as caught, say_how_to_go_on(anew):
        raise Terminated(signal.SIGTERM)
    assert caught.value.code == 143
