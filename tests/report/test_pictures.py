"""Pictures: what is told first, and that they are written whole or not at all."""

from __future__ import annotations

import sys

import pytest

from octavo.errors import DataError, MissingExtraError, UsageError
from octavo.report.pictures import ENDINGS, check_picture, draw_picture


@pytest.mark.parametrize("name", ["counts.tsv", "counts", "-", ".png"])
def test_other_endings_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=rf"pictures are \.png, \.svg or \.pdf\. Received: {name}"):
        check_picture(name)
    with pytest.raises(UsageError), draw_picture(name):
        pytest.fail("the block must not run")
    assert not list(tmp_path.iterdir())


def test_what_draws_must_be_there(monkeypatch, tmp_path):
    check_picture("a.png")
    monkeypatch.setenv("OCTAVO_FONT", str(tmp_path / "missing.ttf"))
    with pytest.raises(UsageError, match="name another in OCTAVO_FONT"):
        check_picture("a.png")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[plot\]"):
        check_picture("a.png")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_picture_is_of_its_endings_kind(ending, tmp_path):
    with draw_picture(tmp_path / f"a{ending}") as pyplot:
        pyplot.subplots()
    begin = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending]
    assert (tmp_path / f"a{ending}").read_bytes().startswith(begin)
    assert pyplot.get_fignums() == []


def test_a_picture_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), draw_picture(tmp_path / "a.png"):
        raise RuntimeError
    with pytest.raises(DataError, match="cannot be written"), draw_picture(tmp_path / "no/a.png"):
        pass
    assert not list(tmp_path.iterdir())
