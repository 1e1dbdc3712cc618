"""What the verbs share of their arguments: files read and written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from octavo.errors import DataError, UsageError

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
# Without this cyclopts takes "-", standard input, for an option; `check_inputs` refuses the rest.
Input = Annotated[str, Parameter(allow_leading_hyphen=True)]
Output = Annotated[Path | None, Parameter(allow_leading_hyphen=True)]


def check_inputs(*paths: str) -> None:
    """Refuse what was meant as an option, and standard input twice.

    Raises:
        UsageError: if a path begins with "-", or is "-" a second time.

    Example:
        >>> check_inputs("news.txt", "-")
    """
    for path in paths:
        if path.startswith("-") and path != "-":
            raise UsageError(f"no such option (a file of this name is ./{path}). Received: {path}")
    if paths.count("-") > 1:
        raise UsageError("standard input can be read only once. Received: - twice")


def check_outputs(inputs: Iterable[str], **outputs: Path | None) -> None:
    """Find out before the long work, not after it, that its result has no place to go.

    Args:
        inputs: files that are read, which no result may replace.
        **outputs: where results go, by the option's name.

    Raises:
        UsageError: if an output is an input, another output or no file name.
        DataError: if it cannot be written.

    Example:
        >>> check_outputs(["news.txt"], out=None)
    """
    taken = {os.path.realpath(path): path for path in inputs if path != "-"}
    for name, path in outputs.items():
        if path is None or str(path) == "-":
            continue
        if str(path).startswith("-"):
            raise UsageError(f"--{name} needs a file (./{path}, if meant). Received: {path}")
        if os.path.realpath(path) in taken:
            raise UsageError(f"--{name} would overwrite {taken[os.path.realpath(path)]}")
        taken[os.path.realpath(path)] = f"the file of --{name}"
        if path.is_dir():
            raise DataError("cannot be written: it is a folder", path)
        if not path.parent.is_dir():
            raise DataError(f"cannot be written: there is no folder {path.parent}", path)
