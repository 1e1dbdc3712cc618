"""Progress goes to stderr, in few lines, and is silent when not wanted."""

import io
import sys

import pytest

from octavo import _progress
from octavo._progress import Progress, format_seconds


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves: clock[0] is the time in seconds."""
    now = [100.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    return now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def track(total, description, enabled=True):
    """Work that is done unit by unit."""
    with Progress(total, description, enabled) as progress:
        for unit in range(total):
            yield unit
            progress.advance()


def test_short_work_says_nothing(capfd, clock):
    for _ in track(5, "short"):
        clock[0] += 1
    assert capfd.readouterr() == ("", "")


def test_log_gets_a_line_every_ten_seconds_and_a_last_one(capfd, clock):
    for _ in track(25, "reading"):
        clock[0] += 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "reading: 10/25, 0:10 passed, 0:15 left, 1/s",
        "reading: 20/25, 0:20 passed, 0:05 left, 1/s",
        "reading: 25/25, 0:25 passed, 1/s",
    ]


def test_bytes_are_shown_as_megabytes(capfd, clock):
    with Progress(300_000_000, "counting", in_bytes=True) as progress:
        clock[0] += 20
        progress.advance(100_000_000)
        clock[0] += 1
    assert capfd.readouterr().err == "counting: 100/300 MB, 0:20 passed, 0:40 left, 5 MB/s\n"


def test_no_rate_is_made_of_what_was_skipped(capfd, clock):
    with Progress(100, "training") as progress:
        progress.skip(40)  # done before
        clock[0] += 15
        progress.skip(1)  # which compiled
        clock[0] += 10
        progress.advance(10, "loss 1.5")
    assert capfd.readouterr().err.splitlines() == [
        "training: 41/100, 0:15 passed",
        "training: 51/100, 0:25 passed, 0:49 left, 1/s, loss 1.5",
    ]


def test_disabled_says_nothing_however_long(capfd, clock):
    for _ in track(3, "long", enabled=False):
        clock[0] += 100
    assert capfd.readouterr() == ("", "")


def test_unknown_total_and_note(capfd, clock):
    with Progress(None, "lines") as progress:
        clock[0] += 20
        progress.advance(40, note="loss 0.5")
    assert capfd.readouterr().err.splitlines()[0] == "lines: 40, 0:20 passed, 2/s, loss 0.5"


def test_terminal_gets_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for _ in track(3, "[bold]marked"):
        pass
    assert "[bold]marked" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_a_resumed_bar_counts_as_the_first_did_and_forecasts_from_its_own_work(monkeypatch, clock):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(7, "parts") as progress:
        progress.skip(2)  # done before
        clock[0] += 10
        progress.advance()
        progress._bar.refresh()
        shown = terminal.getvalue()
    assert "3/7" in shown
    assert "0:40 left" in shown  # four parts of ten seconds


def test_a_paused_bar_makes_room_for_another(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(3, "training") as progress:
        progress.advance(2)
        progress._bar.refresh()
        with progress.paused():
            shown = len(terminal.getvalue())
            for _ in track(3, "scoring"):
                pass
            assert "training" not in terminal.getvalue()[shown:]
        progress.advance(1)
    assert "3/3" in terminal.getvalue()[shown:].rpartition("training")[2]


def test_a_failure_passes_through_and_stops_the_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress(3, "work")
    with pytest.raises(KeyError), progress:
        raise KeyError
    assert progress._bar is None


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3661, "1:01:01")])
def test_seconds(seconds, text):
    assert format_seconds(seconds) == text
