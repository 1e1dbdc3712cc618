"""What the verbs share of their arguments: files read and written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from octavo._files import check_file, read_text
from octavo.corpus.files import Files, find_files, layout
from octavo.errors import NoSuchOptionError, UsageError
from octavo.report.pictures import check_picture

SHOWN = 20  # words, where none are written
AsJson = Annotated[bool, Parameter(name="--json")]
Resume = Annotated[bool, Parameter(negative="--no-resume", show_default="--resume")]
Flat = Parameter(name="*")  # of a dataclass: each of its fields is an option
# Without this cyclopts takes "-", standard input, for an option; `check_inputs` refuses the rest.
HYPHEN = Parameter(allow_leading_hyphen=True)
Output = Annotated[Path | None, HYPHEN]
if TYPE_CHECKING:
    Input = str
    Given = str | None
    Preset = str | None
else:  # always a str, which comes first; for the sake of Path a shell completes names of files
    Input = Annotated[str | Path, HYPHEN]
    Given = Annotated[str | Path | None, HYPHEN]
    Preset = str | Path | None
BadLines = Literal["stop", "skip", "replace"]
Unit = Literal["lines", "paragraphs", "files"]  # what one document is in a text file


def check_inputs(*paths: str) -> None:
    """Refuse what was meant as an option, and standard input twice.

    Raises:
        NoSuchOptionError: if a path begins with "-".
        UsageError: if one is "-" a second time.

    Example:
        >>> check_inputs("news.txt", "-")
    """
    for path in paths:
        if path.startswith("-") and path != "-":
            raise NoSuchOptionError(path)
    if paths.count("-") > 1:
        raise UsageError("standard input can be read only once. Received: - twice")


def find_corpus(paths: Sequence[str], field: str | None, documents: str = "lines") -> Files:
    """The files of a corpus, named as files, folders and patterns.

    Args:
        paths: as they were given.
        field: of JSON lines, CSV and Parquet, if it was named; standard input is then JSON lines.
        documents: what one is in a text file.

    Raises:
        UsageError: if none is given, one was meant as an option, or what is asked for is of other
            files than these.
        DataError: if a path is missing, or holds no file.

    Example:
        >>> find_corpus(["-"], field=None)
        ['-']
    """
    check_inputs(*paths)
    if not paths:
        raise UsageError("name the files to read, or - for standard input. Received: no paths")
    files = find_files(paths)
    if field is not None and all(layout(path, field) == "text" for path in files):
        raise UsageError(
            "only .jsonl, .csv, .tsv and .parquet files have fields, and none of these was given. "
            f"Received: --field {field}"
        )
    if documents != "lines" and all(layout(path, field) != "text" for path in files):
        raise UsageError(
            "a line of .jsonl or a row of a table is a document, and no text file was given. "
            f"Received: --documents {documents}"
        )
    return files


def leave_out(files: Files, *folders: Path) -> Files:
    """The files that do not lie in folders which octavo itself fills.

    Example:
        >>> leave_out(Files(["news/a.txt", "news/run/log.csv"]), Path("news/run"))
        ['news/a.txt']
    """
    inside = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
    return Files(path for path in files if not os.path.realpath(path).startswith(inside))


def check_apart(files: Sequence[str], **outputs: Path | None) -> None:
    """Refuse to overwrite a file of a folder that is read.

    Raises:
        UsageError: if an output is one of the files.
    """
    for name, path in outputs.items():
        if path is None or not path.is_file():
            continue
        status = path.stat()
        for file in files:
            if file != "-" and os.path.samestat(os.stat(file), status):
                raise UsageError(f"--{name} would overwrite {file}, which is read")


def read_stop_words(path: Path | None) -> list[str]:
    """The words of a file, one a line; none, if no file is named.

    Example:
        >>> read_stop_words(None)
        []
    """
    lines = read_text(path).split("\n") if path else []
    return [word for line in lines if (word := line.strip())]


def say_bad_lines(found: int, bad_lines: str) -> None:
    """Say on standard error how many lines were not UTF-8, and what became of them."""
    if found:
        done = "left out" if bad_lines == "skip" else "mended"
        print(f"octavo: {found:,} lines are not UTF-8 and were {done}", file=sys.stderr)


def check_outputs(inputs: Iterable[str], **outputs: Path | None) -> None:
    """Find out before the long work, not after it, that its result has no place to go.

    Args:
        inputs: files that are read, which no result may replace.
        **outputs: where results go, by the option's name; `plot` is a picture.

    Raises:
        UsageError: if an output is an input, another output or no file name; if a picture has
            another ending than pictures have.
        DataError: if it cannot be written.
        MissingExtraError: if a picture is asked for and matplotlib is not installed.

    Example:
        >>> check_outputs(["news.txt"], out=None)
    """
    taken = {os.path.realpath(path): path for path in inputs if path != "-"}
    for name, path in outputs.items():
        if path is None:
            continue
        if str(path).startswith("-") and str(path) != "-":
            raise UsageError(f"--{name} needs a file (./{path}, if meant). Received: {path}")
        if name == "plot":
            check_picture(path)
        if str(path) == "-":
            continue
        if os.path.realpath(path) in taken:
            raise UsageError(f"--{name} would overwrite {taken[os.path.realpath(path)]}")
        taken[os.path.realpath(path)] = f"the file of --{name}"
        check_file(path)
