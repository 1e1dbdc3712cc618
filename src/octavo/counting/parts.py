"""Finished parts of a run, kept in a folder so that a stopped run can go on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from octavo import __version__
from octavo._files import write_atomic
from octavo._interrupts import Terminated
from octavo._locks import hold_folder
from octavo.corpus.files import FileRange, file_state
from octavo.corpus.token_shards import checksum_file
from octavo.counting.options import Options
from octavo.errors import DataError, UsageError
from octavo.segmenting.segmenters import describe_segmenter

SORTED = "sorted-"  # of a folder's name
# markers and runs, and markers half written
LEFT = r"[0-9a-f]{16}(-[0-9a-f]{8}-\d+\.arrow|\.json)|\.[0-9a-f]{16}\.json\.[0-9a-f]{8}\.part"


class Part(NamedTuple):
    """A part of a corpus, counted.

    Args:
        documents: how many documents are in it.
        tokens: how many tokens were counted.
        bad_lines: how many lines were not UTF-8.
        runs: the files of the counts.
        error: by how much any count may be too low.
    """

    documents: int
    tokens: int
    bad_lines: int
    runs: tuple[str, ...]
    error: int = 0


@contextmanager
def parts_beside(out: str | PathLike[str], resume: bool = False) -> Iterator[Path]:
    """The folder of finished parts beside an output, for `count_words`; removed when all is done.

    Args:
        out: the file that the counts are written to inside the block.
        resume: whether to go on from the parts that a stopped run left there, as `--resume` does.

    Raises:
        UsageError: if there are such parts and `resume` is False.
        DataError: if another process counts with this folder, or it cannot be made.
        KeyboardInterrupt: the one raised inside, with a message that says how to go on; so does
            `Terminated`.

    Example:
        >>> with parts_beside("counts.tsv") as folder:
        ...     print(folder)
        counts.tsv.parts
    """
    folder = Path(out).with_name(f"{Path(out).name}.parts")
    left = folder.exists()
    with hold_folder(folder):
        if left and not resume:
            raise UsageError(
                f"{folder} holds parts of a run that was stopped: --resume goes on from them, or "
                f"remove it. Received: --out {out}"
            )
        try:
            yield folder
        except BaseException as error:
            if not any(folder.glob("*.json")):  # nothing is finished
                remove_parts(folder)
            elif isinstance(error, KeyboardInterrupt | Terminated):
                error.args = (f"stopped; --resume goes on from {folder}",)
            else:
                print(f"octavo: --resume goes on from what is in {folder}", file=sys.stderr)
            raise
        remove_parts(folder)


def name_parts(options: Options, ranges: Sequence[FileRange], dictionary: str | None) -> list[str]:
    """Names that are others if options, files or octavo's version are.

    Args:
        options: how the parts are counted.
        ranges: the ranges of the corpus, each a part.
        dictionary: the path of what the segmenter reads, if it reads a file of the user's.
    """
    segmenter = [
        describe_segmenter(options.segmenter),
        *(file_state(dictionary) if dictionary else []),
    ]
    how = [__version__, options._replace(segmenter=""), segmenter, os.getcwd()]
    names = []
    for file_range in ranges:
        known = [*how, file_range, [file_state(path) for path in file_range.paths]]
        names.append(hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16])
    return names


def save_part(path: Path, part: Part) -> None:
    """Say in a file that a part is finished, and what its runs' checksums are."""
    names = [Path(run).name for run in part.runs]
    about = {**part._asdict(), "runs": names, "crc32": [checksum_file(run) for run in part.runs]}
    with write_atomic(path) as file:
        json.dump({"part": about, "crc32": zlib.crc32(json.dumps(about).encode())}, file)


def remove_parts(folder: Path) -> None:
    """Remove what runs have left in a folder, and the folder if there is nothing else in it."""
    for path in folder.glob("*"):
        if re.fullmatch(LEFT, path.name):
            path.unlink(missing_ok=True)
        elif path.name.startswith(SORTED):
            shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()


def load_part(path: Path) -> Part | None:
    """A part that is finished and whole, else None: it is counted again."""
    try:
        known = json.loads(path.read_text("utf-8"))
        about = known["part"]
        if known["crc32"] != zlib.crc32(json.dumps(about).encode()):
            return None
        runs = [str(path.parent / name) for name in about.pop("runs")]
        if [checksum_file(run) for run in runs] != about.pop("crc32"):
            return None
        return Part(**about, runs=tuple(runs))
    except (DataError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
