"""The picture of a training's losses."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.report.losses import plot_losses

pytest.importorskip("matplotlib")


def test_passes_are_counted_from_one(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    drawn, plot = [], Axes.plot

    def note(self, x, y, **style):
        drawn.append((list(x), list(y)))
        return plot(self, x, y, **style)

    monkeypatch.setattr(Axes, "plot", note)
    plot_losses([0.3, 0.2], tmp_path / "loss.svg")
    assert drawn == [([1, 2], [0.3, 0.2])]
    assert (tmp_path / "loss.svg").read_text().startswith("<?xml")


def test_no_losses_are_an_error(tmp_path):
    with pytest.raises(UsageError, match="at least one loss"):
        plot_losses([], tmp_path / "loss.svg")
    assert not list(tmp_path.iterdir())
