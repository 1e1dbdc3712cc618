"""Chinese labels get a font that has them, or a warning."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.report.fonts import OWN, _find_installed, choose_fonts


class Manager:
    def __init__(self, *paths):
        self._paths = paths

    def findSystemFonts(self):  # noqa: N802  (matplotlib's name)
        return list(self._paths)


def test_the_better_font_is_taken_and_its_regular_weight():
    found = ["/f/wqy-zenhei.ttc", "/f/NotoSansCJK-Bold.ttc", "/f/NotoSansCJK-Regular.ttc"]
    assert _find_installed(Manager(*found)) == "/f/NotoSansCJK-Regular.ttc"
    assert _find_installed(Manager("/f/wqy-zenhei.ttc", "/f/Verdana.ttf")) == "/f/wqy-zenhei.ttc"
    assert _find_installed(Manager("/f/Verdana.ttf")) is None


def test_where_there_is_none_a_warning_says_what_to_do(monkeypatch):
    monkeypatch.delenv("OCTAVO_FONT", raising=False)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    with pytest.warns(UserWarning, match="fonts-noto-cjk"):
        assert choose_fonts(["常数"]) == [OWN]


def test_a_font_can_be_asked_for(monkeypatch, tmp_path):
    from matplotlib import font_manager

    path = font_manager.findfont("DejaVu Serif")
    monkeypatch.setenv("OCTAVO_FONT", path)
    assert choose_fonts(["常数"]) == choose_fonts(["warm（up）"]) == [OWN, "DejaVu Serif"]
    assert choose_fonts(["λ → 0", "éta"]) == [OWN]
    no_font = tmp_path / "font.ttf"
    no_font.write_text("no font")
    for wrong in (no_font, tmp_path / "missing.ttf"):
        monkeypatch.setenv("OCTAVO_FONT", str(wrong))
        with pytest.raises(UsageError, match=r"name another in OCTAVO_FONT.*Received: "):
            choose_fonts(["常数"])
