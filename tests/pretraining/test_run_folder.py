"""What may lie in the folder of a run."""

from __future__ import annotations

import pytest

from octavo.errors import DataError
from octavo.pretraining.run_folder import CHECKPOINTS, RunFolder


def test_states_lie_in_checkpoints(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / CHECKPOINTS).mkdir()
    folder.states.path(20).touch()
    folder.states.path(100).touch()
    assert folder.states.paths() == [
        tmp_path / "checkpoints" / f"step-{step:08}.safetensors" for step in (20, 100)
    ]


@pytest.mark.parametrize("known", ["checkpoints", "data", ".git", "shards"])
def test_a_new_run_may_lie_beside_what_belongs_to_it(tmp_path, known):
    (tmp_path / known).mkdir()
    RunFolder(tmp_path).check(tmp_path / "shards" / "part")
    RunFolder(tmp_path / "not-there", resume=False).check(tmp_path / "shards")


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_of_other_files_is_refused(tmp_path, resume):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DataError, match="holds other files; name a new folder"):
        RunFolder(tmp_path, resume).check(tmp_path / "data")


def test_a_run_goes_on_only_if_it_may(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / CHECKPOINTS).mkdir()
    (tmp_path / "config.json").touch()
    folder.states.path(20).touch()
    folder.check(tmp_path / "data")
    with pytest.raises(DataError, match="holds a run already"):
        RunFolder(tmp_path, resume=False).check(tmp_path / "data")
