"""The files of states: which is the newest, which go."""

from __future__ import annotations

import pytest

from octavo.training import States


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_is_last_and_the_oldest_go(tmp_path):
    states = States(tmp_path / "states")
    assert states.paths() == []
    states.folder.mkdir()
    for step in (900, 1000, 20_000):
        states.path(step).touch()
    (states.folder / "mine.safetensors").touch()
    assert [path.name for path in states.paths()] == [
        "step-00000900.safetensors", "step-00001000.safetensors", "step-00020000.safetensors"
    ]  # fmt: skip
    states.keep(states.path(20_000), limit=2)
    assert [path.name[5:13] for path in states.paths()] == ["00001000", "00020000"]
    states.path(10).touch()  # of a run that was begun anew
    states.keep(states.path(10), limit=1)
    assert names(states.folder) == ["mine.safetensors", "step-00000010.safetensors"]


def test_a_damaged_state_of_a_later_step_takes_no_place(tmp_path):
    states = States(tmp_path)
    for step in (4, 8, 10, 12):  # it went on from 8, as 12 is damaged
        states.path(step).touch()
    states.keep(states.path(10), limit=2)
    assert states.paths() == [states.path(8), states.path(10)]


@pytest.mark.parametrize("name", ["training.safetensors", "step-*.safetensors"])
def test_half_written_files_go_and_others_stay(tmp_path, name):
    states = States(tmp_path, name)
    path = states.path(7)
    path.touch()
    (tmp_path / f".{path.name}.0a1b.part").touch()
    (tmp_path / ".vocab.txt.0a1b.part").touch()
    states.remove_parts()
    assert names(tmp_path) == sorted([".vocab.txt.0a1b.part", path.name])
    states.keep(path, limit=1)
    assert states.paths() == [path]
