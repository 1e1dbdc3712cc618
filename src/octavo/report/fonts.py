"""Fonts for pictures whose labels hold Chinese, which matplotlib's own font does not have."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from octavo._lazy import require
from octavo.errors import UsageError

OWN = "DejaVu Sans"
# Beginnings of file names, the better first: what Linux, Windows and macOS come with.
NAMES = (
    *("NotoSansCJK", "NotoSansSC", "SourceHanSans", "NotoSerifCJK", "SourceHanSerif"),
    *("msyh", "simhei", "simsun", "PingFang", "Hiragino Sans GB", "STHeiti"),
    *("wqy", "DroidSansFallback", "ArialUni"),
)


def choose_fonts(texts: Iterable[str]) -> list[str]:
    """Font families for matplotlib's `font.family` that have the characters of these texts.

    A font for Chinese is looked for only where it is needed: the file $OCTAVO_FONT names, else one
    that is installed. If there is none a warning says so, and boxes stand for the characters.

    Args:
        texts: the titles and labels of a picture.

    Raises:
        UsageError: if the file is no font.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> choose_fonts(["update", "learning rate"])
        ['DejaVu Sans']
    """
    if not any(character > "\u2e7f" for text in texts for character in text):
        return [OWN]
    manager = require("matplotlib.font_manager", extra="plot")
    path = os.environ.get("OCTAVO_FONT") or _find_installed(manager)
    if path is None:
        warnings.warn(
            "no font with Chinese characters was found: install one, such as Debian's "
            "fonts-noto-cjk, or name its file in OCTAVO_FONT",
            stacklevel=2,
        )
        return [OWN]
    return [OWN, load_font(path)]


def load_font(path: str) -> str:
    """Make a font's file known to matplotlib; gives the name of its family.

    Raises:
        UsageError: if the file is no font.
        MissingExtraError: if matplotlib is not installed.
    """
    manager = require("matplotlib.font_manager", extra="plot")
    try:
        manager.fontManager.addfont(path)
        return str(manager.FontProperties(fname=path).get_name())
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"{path} is no font matplotlib can use ({error}); name another in OCTAVO_FONT. "
            f"Received: OCTAVO_FONT={os.environ.get('OCTAVO_FONT')}"
        ) from None


def _find_installed(manager: Any) -> str | None:
    """The first of NAMES that is there, of its weights the regular one."""
    files = {Path(path).name.lower(): path for path in manager.findSystemFonts()}
    for name in NAMES:
        found = [file for file in files if file.startswith(name.lower())]
        if found:
            return str(files[min(found, key=lambda file: ("regular" not in file, len(file)))])
    return None
