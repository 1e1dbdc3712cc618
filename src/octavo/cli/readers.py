"""What the sub-verbs of `octavo read` share: loading a reader, checking and printing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from octavo._checks import check_whole
from octavo._lazy import NEEDLESS, without
from octavo.errors import PresetError

if TYPE_CHECKING:
    from octavo.reading.reader import Reader

Mode = Literal["extractive", "generative"]


def load_reader(preset: str | None, start: bool = False) -> Reader:
    """A reader, without what else Keras loads: pictures and wrappers.

    Args:
        preset: a folder or hf://owner/name; None for the bundled reader.
        start: whether it is to be trained: of an encoder a reader is then made, which is said.

    Raises:
        PresetError: if the folder is not there or no reader.
    """
    if preset is not None and not preset.startswith("hf://") and not os.path.isdir(preset):
        raise PresetError("no such folder", preset)  # seconds before Keras would be there to say so
    with without(*NEEDLESS):
        from octavo.reading.reader import Reader
        from octavo.reading.start import is_encoder
    if start and preset is not None and is_encoder(preset):
        print(f"octavo: {preset} is an encoder, a reader is made from it", file=sys.stderr)
        return Reader.from_encoder(preset)
    return Reader.from_preset(preset)


def check_counts(**counts: int | None) -> None:
    """Refuse options that are no whole numbers of 1 or more.

    Example:
        >>> check_counts(beams=4, limit=None)
    """
    for name, count in counts.items():
        if count is not None:
            check_whole(f"--{name.replace('_', '-')}", count, 1)


def print_json(value: dict[str, Any]) -> None:
    """Print an object in one line.

    Example:
        >>> print_json({"text": "北京"})
        {"text": "北京"}
    """
    print(json.dumps(value, ensure_ascii=False), flush=True)


def say_written(path: Path) -> None:
    """Say on standard error that a page was written, unless it went to standard output."""
    if str(path) != "-":
        print(f"octavo: wrote {path}", file=sys.stderr)
