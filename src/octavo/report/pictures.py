"""What all pictures share: the colours, the kinds of files, and how one is drawn and written."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from octavo._files import write_atomic
from octavo._lazy import check_installed, require
from octavo.errors import UsageError
from octavo.report.fonts import choose_fonts, load_font

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # told apart by all
ENDINGS = (".png", ".svg", ".pdf")


def check_picture(path: str | PathLike[str]) -> None:
    """Find out before long work whether a picture can be drawn, but for the place it goes to.

    Raises:
        UsageError: if the path's ending is not that of a picture, or $OCTAVO_FONT no font.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> check_picture("counts.tsv")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: pictures are .png, .svg or .pdf. Received: counts.tsv
    """
    if Path(path).suffix not in ENDINGS:
        raise UsageError(f"pictures are .png, .svg or .pdf. Received: {path}")
    check_installed("matplotlib", extra="plot")
    if font := os.environ.get("OCTAVO_FONT"):
        load_font(font)


@contextmanager
def draw_picture(path: str | PathLike[str], texts: Iterable[str] = ()) -> Iterator[Any]:
    """Matplotlib's pyplot, to make one figure with; it is written when the block ends.

    Args:
        path: where the picture is written; its ending says which kind (.png, .svg, .pdf).
        texts: of titles and labels, which decide on the font.

    Raises:
        UsageError: if the path has another ending, or $OCTAVO_FONT is no font.
        DataError: if the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "line.svg"
        >>> with draw_picture(path) as pyplot:
        ...     _ = pyplot.subplots()[1].plot([1, 2])
        >>> path.read_text()[:5]
        '<?xml'
    """
    check_picture(path)
    require("matplotlib", extra="plot").use("Agg")
    pyplot = require("matplotlib.pyplot", extra="plot")
    with (
        pyplot.rc_context({"font.family": choose_fonts(texts)}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # choose_fonts has said it once
        try:
            yield pyplot
            with write_atomic(path, binary=True) as file:
                pyplot.gcf().savefig(file, format=Path(path).suffix[1:], dpi=150)
        finally:
            pyplot.close()
