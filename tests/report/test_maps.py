"""Maps of vectors."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.report.maps import plot_map

pytest.importorskip("matplotlib")


def test_names_that_would_cover_others_are_left_out(tmp_path):
    points = np.array([[0.0, 0.0], [0.0, 1e-6], [1.0, 1.0]])
    plot_map(points, tmp_path / "map.svg", names=["first", "second", "$third"])
    text = (tmp_path / "map.svg").read_text("utf-8")
    assert [f"<!-- {name} -->" in text for name in ("first", "second", "$third")] == [
        True,
        False,
        True,
    ]


def test_twenty_labels_have_colours_and_the_others_are_grey(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    drawn, scatter = [], Axes.scatter

    def note(self, x, y, **style):
        drawn.append(len(x))
        return scatter(self, x, y, **style)

    monkeypatch.setattr(Axes, "scatter", note)
    names = ["_hidden", "US$ and CA$", "", *map(str, range(17))]
    labels = [name for name in names for _ in range(3)] + ["rare", "rarer"]
    plot_map(np.random.default_rng(0).random((62, 2)), tmp_path / "map.svg", labels=labels)
    assert drawn == [2, *[3] * 20]
    written = (tmp_path / "map.svg").read_text("utf-8")
    for name in ["others", *names]:
        assert not name or f"<!-- {name} -->" in written


@pytest.mark.parametrize(
    ("points", "options", "message"),
    [
        (0, {}, "at least one point"),
        (2, {"names": ["one"]}, "as many names as points. Received: 1 names, 2 points"),
        (2, {"labels": ["one"]}, "as many labels as points"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, points, options, message):
    with pytest.raises(UsageError, match=message):
        plot_map(np.zeros((points, 2)), tmp_path / "map.png", **options)
    assert not list(tmp_path.iterdir())
