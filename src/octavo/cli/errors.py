"""What a failed command says and how it ends: one line on stderr, one exit code, no traceback.

0     done
1     the data is wrong, or a file cannot be read or written
2     the command line asks for something impossible, or an extra is not installed
70    a mistake of octavo's own; OCTAVO_TRACEBACK=1 shows where
130   interrupted from the keyboard
141   whoever read stdout stopped reading
143   ended by SIGTERM (129 by SIGHUP, a closed terminal), as 130 is
"""

from __future__ import annotations

import os
import sys

from octavo._interrupts import Terminated
from octavo.cli.terminal import one_line
from octavo.errors import MissingExtraError, OctavoError, UsageError

DONE, BAD_DATA, BAD_USAGE, OWN_MISTAKE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 70, 130, 141


def find_exit_code(error: BaseException) -> int:
    """The exit code that tells a script what kind of failure `error` is.

    Example:
        >>> find_exit_code(UsageError("k must be positive. Received: 0"))
        2
    """
    from cyclopts import CycloptsError

    error = _unwrap(error)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, Terminated):
        return int(error.code or 0)
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    if isinstance(error, UsageError | MissingExtraError | CycloptsError):
        return BAD_USAGE
    if isinstance(error, OctavoError | OSError):
        return BAD_DATA
    return OWN_MISTAKE


def describe(error: BaseException) -> str:
    """One line for a person; "" where silence is right.

    Example:
        >>> describe(FileNotFoundError(2, "No such file or directory", "a.txt"))
        'a.txt: No such file or directory'
    """
    error = _unwrap(error)
    code = find_exit_code(error)
    if code == PIPE_CLOSED:
        return ""
    if isinstance(error, KeyboardInterrupt | Terminated):
        return str(error) or "interrupted"
    if isinstance(error, OSError) and not isinstance(error, OctavoError):
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    elif code == OWN_MISTAKE:
        text = (
            f"a mistake of octavo's own, {type(error).__name__}: {error}"
            " (OCTAVO_TRACEBACK=1 shows where; please report it)"
        )
    else:
        text = str(error)
    return one_line(text)


def report(error: BaseException) -> int:
    """Say on stderr what went wrong and return the exit code."""
    if os.environ.get("OCTAVO_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    elif (text := describe(error)) and _is_first_to_say(text):
        print(f"octavo: {text}", file=sys.stderr)
    return find_exit_code(error)


def _is_first_to_say(text: str) -> bool:
    """Whether no process that `octavo launch` started beside this one has said it."""
    if "OCTAVO_SAID" not in os.environ:  # what follows takes a moment to import
        return True
    from octavo.training.launch import is_first_to_say

    return is_first_to_say(text)


def _unwrap(error: BaseException) -> BaseException:
    """A missing extra met while a verb is imported arrives inside another ImportError."""
    return error.__cause__ if isinstance(error.__cause__, MissingExtraError) else error
