"""Files put into the folder of a run, one by one: the folder itself is never away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from octavo._files import sync_files
from octavo.errors import DataError

PART = ".files.part"  # where they are at first


@contextmanager
def write_files(run: Path) -> Iterator[Path]:
    """A folder to write into, whose files go into the run's folder when the block ends.

    Not `write_directory`, which replaces a folder as a whole: it would be away for a moment, with
    the states in it and files that are mapped into memory, and a mount point cannot be renamed.
    A process killed meanwhile leaves some files old and some new, each whole.

    Args:
        run: the folder of the run, which is there.

    Raises:
        DataError: if it cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     with write_files(Path(run)) as folder:
        ...         _ = (folder / "config.json").write_text("{}")
        ...     [path.name for path in Path(run).iterdir()]
        ['config.json']
    """
    beside = run / PART
    shutil.rmtree(beside, ignore_errors=True)  # of a process that was killed
    try:
        beside.mkdir()
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", run) from None
    try:
        yield beside
        sync_files(beside)
        for file in sorted(beside.iterdir()):
            os.replace(file, run / file.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
