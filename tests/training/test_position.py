"""A position comes back from its note, and only to the same run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from octavo.errors import DataError
from octavo.training.position import Position, read_position

PLAN = {"seed": 0, "objective": "mlm", "rates": [0.5, 0.25]}
PLACE = (Path("run/state"), "name another folder")


def test_a_position_comes_back_from_json():
    position = Position(PLAN, 7, 1.5, [0.1, [2.0, 3.0]], 6, [{"step": 6, "loss": 0.3}])
    note = json.loads(json.dumps(vars(position)))
    assert read_position(note, PLAN, *PLACE) == position


@pytest.mark.parametrize(
    ("plan", "difference"),
    [
        ({**PLAN, "seed": 1}, "seed 0, not 1"),
        ({**PLAN, "seed": 1, "rates": []}, "seed 0, not 1"),
        ({**PLAN, "objective": "lm"}, "objective 'mlm', not 'lm'"),
        ({**PLAN, "dropout": 0.1}, "dropout None, not 0.1"),
    ],
)
def test_the_first_difference_is_named(plan, difference):
    message = f"run/state: the run was started with {difference}; name another folder"
    with pytest.raises(DataError) as caught:
        read_position(vars(Position(PLAN)), plan, *PLACE)
    assert str(caught.value) == message


def test_the_note_of_another_version_is_refused():
    for note in ({"plan": PLAN, "epoch": 1}, {**vars(Position(PLAN)), "batch": 3}):
        with pytest.raises(DataError, match="state: the state of another version of octavo"):
            read_position(note, PLAN, *PLACE)
