"""An events file, read back by the format's own rules and, where it is there, by TensorFlow."""

from __future__ import annotations

import struct

import pytest
from checkpoint_writer import masked

from octavo.training.tensorboard import EventFile

LINES = [{"step": 10, "loss": 2.5, "accuracy": 0.25}, {"step": 300, "loss": 1.25}]


def records(data):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert data[8:12] == struct.pack("<I", masked(data[:8]))
        message = data[12 : 12 + length]
        assert data[12 + length : 16 + length] == struct.pack("<I", masked(message))
        yield message
        data = data[16 + length :]


def test_records_are_whole_and_appended(tmp_path):
    file = EventFile(tmp_path, step=0)
    file.write(LINES[:1])
    file.write(LINES[1:])
    version, first, second = records(file.path.read_bytes())
    assert b"brain.Event:2" in version
    assert b"loss" in first
    assert struct.pack("<f", 2.5) in first
    assert struct.pack("<f", 0.25) in first
    assert b"accuracy" not in second


def test_a_run_that_goes_on_says_from_where(tmp_path):
    file = EventFile(tmp_path, step=200)
    file.write([])
    assert len(list(records(file.path.read_bytes()))) == 2


@pytest.mark.keras_backend
def test_tensorflow_reads_the_numbers(tmp_path):
    tensorflow = pytest.importorskip("tensorflow")
    file = EventFile(tmp_path, step=5)
    file.write(LINES)
    events = list(tensorflow.compat.v1.train.summary_iterator(str(file.path)))
    assert events[0].file_version == "brain.Event:2"
    assert (events[1].step, events[1].session_log.status) == (6, 1)  # what is later is dropped
    found = [
        {"step": event.step, **{value.tag: value.simple_value for value in event.summary.value}}
        for event in events[2:]
    ]
    assert found == LINES
