"""Impossible settings are named, from Python and from files."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from octavo.errors import DataError, UsageError
from octavo.pretraining import Settings


def test_the_guide_shows_the_defaults(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "pretraining.md").read_text("utf-8")
    shown = guide.partition("```text\n# small.toml")[2].partition("```")[0]
    (tmp_path / "small.toml").write_text(f"#{shown}", "utf-8")
    assert Settings.from_file(tmp_path / "small.toml") == Settings()
    assert len(tomllib.loads(f"#{shown}")) == len(dataclasses.fields(Settings))


@pytest.mark.parametrize(
    "values",
    [
        {"sequence_length": 8},
        {"layers": 0},
        {"steps": 1.5},
        {"batch_size": True},
        {"dropout": 1.0},
        {"mask_selection_rate": 0.0},
        {"mask_selection_rate": "0.1"},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"weight_decay": float("inf")},
        {"global_clipnorm": float("nan")},
        {"mask_token_rate": float("inf")},
        {"optimizer": "sgd"},
        {"precision": "float16"},
        {"objective": "cbow"},
        {"hidden_size": 10, "heads": 4},
        {"weight_decay": -1.0},
        {"warmup_ratio": 1.0},
    ],
)
def test_an_impossible_setting_is_named(values):
    with pytest.raises(UsageError, match=rf"{next(iter(values))}.* Received: "):
        Settings(**values)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("layer = 2", UsageError, r"no setting layer; known: batch_size, dropout"),
        ("layers = [", DataError, "not TOML"),
        ("layers = 0", UsageError, r"a\.toml: layers must be a whole number of 1 or more"),
        ('steps = "many"', UsageError, r"a\.toml: steps must be of type int"),
        (None, DataError, "cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_named(tmp_path, text, error, message):
    if text is not None:
        (tmp_path / "a.toml").write_text(text)
    with pytest.raises(error, match=message):
        Settings.from_file(tmp_path / "a.toml")


def test_changes_go_before_the_file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text("layers = 2\nhidden_size = 64\nheads = 2\n")
    assert Settings.from_file(path, layers=3) == Settings(layers=3, hidden_size=64, heads=2)
