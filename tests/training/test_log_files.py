"""log.csv and the events: every line once, speed by what was counted since the line before."""

from __future__ import annotations

import csv

from octavo.training.log_files import LogFiles


def read_events(folder):
    return b"".join(path.read_bytes() for path in folder.glob("events.out.tfevents.*"))


def test_speed_and_waiting_are_those_since_the_last_line(tmp_path):
    log = LogFiles(tmp_path, "tokens", per_batch=100)
    log.count(batches=2, seconds=0.5, waited=0.1)
    log.count(batches=4, seconds=1.5, waited=0.3)
    assert log.rate(4, 0.5) == 800
    assert log.take_speed() == {"tokens_per_second": 300, "waiting": 0.2}
    log.count(batches=1, seconds=0.3, waited=0.0)
    assert log.take_speed() == {"tokens_per_second": 333, "waiting": 0.0}


def test_every_line_is_in_the_table_and_once_in_the_events(tmp_path):
    lines = [{"step": 10, "loss": 1 / 3}, {"step": 20, "loss": 0.25, "validation_loss": 2 / 3}]
    first = LogFiles(tmp_path, "tokens", 1)
    first.begin([], step=0)
    first.write(lines[:1])
    first.write(lines[:1])
    resumed = LogFiles(tmp_path, "tokens", 1)
    resumed.begin(lines[:1], step=10)
    resumed.write(lines)
    with (tmp_path / "log.csv").open() as file:
        assert list(csv.reader(file)) == [
            ["step", "loss", "validation_loss"],
            ["10", "0.333333", ""],
            ["20", "0.25", "0.666667"],
        ]
    events = read_events(tmp_path)
    assert events.count(b"validation_loss") == 1
    assert events.count(b"loss") == 3


def test_a_score_that_joins_a_line_later_is_in_the_events(tmp_path):
    lines = [{"step": 10, "loss": 0.5}]
    log = LogFiles(tmp_path, "tokens", 1)
    log.begin([], step=0)
    log.write(lines)
    lines[0]["validation_loss"] = 0.25
    log.write(lines)
    log.write(lines)
    resumed = LogFiles(tmp_path, "tokens", 1)
    resumed.begin(lines, step=10)
    resumed.write(lines)  # nothing is new
    lines[0]["f1"] = 0.75
    resumed.write(lines)
    events = read_events(tmp_path)
    assert [events.count(name) for name in (b"validation_loss", b"f1", b"loss")] == [1, 1, 2]
