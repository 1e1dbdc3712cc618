"""Learning rates drawn: what is a schedule, what is not, and what the picture holds."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.report.learning_rates import plot_learning_rates


@pytest.mark.parametrize("schedules", [{}, [0.1], 0.1, {"rate": "0.1"}, {"rate": None}])
def test_what_is_no_schedule_is_refused_and_nothing_written(schedules, tmp_path):
    with pytest.raises(UsageError, match="Received: schedules"):
        plot_learning_rates(schedules, 10, tmp_path / "rates.svg")
    assert not list(tmp_path.iterdir())


def test_numbers_and_functions_are_lines_all_different(tmp_path, monkeypatch):
    lines = []

    def note(self, x, y, **style):
        lines.append((list(y), style["color"], style["ls"]))
        return plot(self, x, y, **style)

    from matplotlib.axes import Axes

    plot = Axes.plot
    monkeypatch.setattr(Axes, "plot", note)
    schedules = {"constant": 0.5} | {str(i): lambda step, i=i: i * step for i in range(12)}
    plot_learning_rates(schedules, 3, tmp_path / "rates.svg")
    assert [values for values, _, _ in lines] == [
        [0.5, 0.5, 0.5], *([0, i, 2 * i] for i in range(12))
    ]  # fmt: skip
    assert len({(colour, style) for _, colour, style in lines}) == 13
    assert (tmp_path / "rates.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("updates", [1, 10.5, "10"])
def test_updates_are_a_whole_number(updates, tmp_path):
    with pytest.raises(UsageError, match="Received: updates="):
        plot_learning_rates({"constant": 0.1}, updates, tmp_path / "rates.svg")
