"""Every error octavo raises on purpose.

Exception
└── OctavoError              catch this to catch them all
    ├── UsageError           the call or command line asks for something impossible (exit 2)
    │   └── NoSuchOptionError  an option of the command line is none
    ├── DataError            a file or its content is wrong: names the file, and the line or key
    │   └── PresetError      a model directory is incomplete, damaged or contradicts itself
    ├── MissingExtraError    an optional dependency is absent: names the pip command (exit 2)
    ├── WorkerError          processes died again and again at one task
    └── LaunchError          processes of a training run died too often
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike


class OctavoError(Exception):
    """Base of all errors octavo raises on purpose; its message is one line for a person."""


class UsageError(OctavoError, ValueError):
    """An argument is impossible. The message ends in "Received: ..."."""


class NoSuchOptionError(UsageError):
    """A word of the command line that looks like an option and is none.

    Args:
        option: the word, with its value if that follows "=".
        known: the options there are, if they are known; a near one is named.

    Example:
        >>> print(NoSuchOptionError("--segmentor=jieba", ["--segmenter", "--seed"]))
        no such option, did you mean --segmenter? Received: --segmentor
    """

    def __init__(self, option: str, known: Iterable[str] = ()) -> None:
        import difflib  # for an error alone

        self.option = option.partition("=")[0]
        near = difflib.get_close_matches(self.option, list(known), n=1)
        listed = f"; --help lists them (a file would be ./{self.option})."
        hint = f", did you mean {near[0]}?" if near else listed
        super().__init__(f"no such option{hint} Received: {self.option}")


class DataError(OctavoError, ValueError):
    """A file, or what stands in it, is wrong.

    Args:
        message: what is wrong and what was expected.
        path: the file, when there is one.
        line: the line, counted from 1, when it is known.

    Example:
        >>> str(DataError("not valid JSON", path="questions.jsonl", line=7000))
        'questions.jsonl, line 7000: not valid JSON'
    """

    def __init__(
        self, message: str, path: str | PathLike[str] | None = None, line: int | None = None
    ) -> None:
        self.path = path
        self.line = line
        place = "" if path is None else str(path)
        if line is not None:
            place += f"{', ' if place else ''}line {line}"
        super().__init__(f"{place}: {message}" if place else message)


class PresetError(DataError):
    """A model directory is incomplete, damaged or contradicts itself."""


class MissingExtraError(OctavoError, ImportError):
    """An optional dependency is not installed.

    Args:
        package: the import that failed.
        extra: the octavo extra that brings it.

    Example:
        >>> print(str(MissingExtraError("keras", "neural"))[:40])
        keras is not installed; run: pip install
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install {_requirement(extra)}")


def _requirement(extra: str) -> str:
    """An extra as pip takes it, from where octavo itself came: a clone, a wheel or an index.

    Source: PEP 610, "Recording the Direct URL Origin of installed distributions".
    """
    from importlib import metadata  # for an error alone: they take time to load
    from urllib.request import url2pathname

    try:
        origin = json.loads(metadata.distribution("octavo").read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        origin = {}
    url = origin.get("url")
    if not url:
        return f"'octavo[{extra}]'"
    if origin.get("dir_info", {}).get("editable"):
        return f"-e '{url2pathname(url.removeprefix('file://'))}[{extra}]'"
    tool = f"{origin['vcs_info']['vcs']}+" if "vcs_info" in origin else ""
    return f"'octavo[{extra}] @ {tool}{url}'"


class WorkerError(OctavoError):
    """Processes died again and again at one task.

    Example:
        >>> raise WorkerError("3 processes died")
        Traceback (most recent call last):
        ...
        octavo.errors.WorkerError: 3 processes died
    """


class LaunchError(OctavoError):
    """Processes of a training run died more often than they were to be started again."""
