"""The picture of scores and right answers."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.report.reliability import plot_reliability


def test_bins_are_dots_at_score_and_share(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    drawn, scatter = [], Axes.scatter

    def note(self, x, y, sizes, **style):
        drawn.append((list(x), list(y), sizes[1] > sizes[0]))
        return scatter(self, x, y, sizes, **style)

    monkeypatch.setattr(Axes, "scatter", note)
    plot_reliability([(0.25, 0.1, 0.2), (0.75, 0.9, 0.8)], tmp_path / "picture.svg")
    assert drawn == [([0.1, 0.9], [0.2, 0.8], True)]
    assert (tmp_path / "picture.svg").read_text().startswith("<?xml")


def test_no_bins_are_an_error(tmp_path):
    with pytest.raises(UsageError, match="at least one bin"):
        plot_reliability([], tmp_path / "picture.svg")
    assert not list(tmp_path.iterdir())
