"""The command `octavo`: one verb, one file, imported only when it is called.

A verb's file holds a cyclopts `app` of the verb's name; `VERBS` says where it is and what
`octavo --help` prints of it, so that help loads no verb, no Keras and no plots.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any

from cyclopts import (
    App,
    Parameter,
    Token,
    UnknownCommandError,
    UnknownOptionError,
    convert,
)

from octavo import __version__
from octavo._interrupts import Terminated, terminations_raised
from octavo.cli.errors import BAD_DATA, DONE, PIPE_CLOSED, report
from octavo.cli.terminal import one_line
from octavo.errors import NoSuchOptionError

SECONDS_TO_LEAVE = 0.01  # a callback
VERBS = {
    "community": ("octavo.cli.community:app", "Find the modules of a network."),
    "count": ("octavo.cli.count:app", "Count the words of a corpus."),
    "embed": ("octavo.cli.embed:app", "Learn vectors of words and documents."),
    "launch": ("octavo.cli.launch:app", "Train in several processes."),
    "pretrain": ("octavo.cli.pretrain:app", "Pretrain a model on files of text."),
    "read": ("octavo.cli.read:app", "Read passages and answer a question, with the evidence."),
}


def convert_strictly(hint: Any, tokens: Sequence[Token]) -> Any:
    """A value of the command line as the type it stands for; 1.5 is no whole number.

    Raises:
        ValueError: if it is of another type; cyclopts would round 1.5.

    Example:
        >>> convert_strictly(int, [Token(value="12")])
        12
    """
    if hint is not int:
        return convert(hint, tokens)
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"it must be a whole number. Received: {tokens[0].value}") from None


def show_default(value: Any) -> str | None:
    """A default as help shows it; None for a flag that is off and a text that is empty.

    Example:
        >>> show_default(0), show_default(False), show_default("")
        ('0', None, None)
    """
    return None if value is None or value is False or value == "" else str(value)


app = App(
    name="octavo",
    version=__version__,
    help="From raw text to answers with evidence. `octavo VERB --help` explains a verb.",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `run` reports it, as every other error
    default_parameter=Parameter(negative="", converter=convert_strictly, show_default=show_default),
)
for _verb, (_place, _summary) in VERBS.items():
    app.command(_place, name=_verb, help=_summary)
app.command(
    "octavo.cli.completion:install_completion",
    name="--install-completion",
    help="Let the shell complete verbs, options and files.",
)


def run(tokens: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error becomes one line on stderr.

    Example:
        >>> run(["--version"])
        0.1.0
        0
    """
    try:
        if tokens and tokens[0] in VERBS and app[tokens[0]].default_command:
            app[tokens[0]].help = None  # the summary is for `octavo --help`: the verb says more
        result = app(
            list(tokens), exit_on_error=False, print_error=False, result_action="return_value"
        )
        sys.stdout.flush()
    except SystemExit as error:  # a verb that ends the process by itself keeps its code
        if isinstance(error, Terminated):
            return report(error)
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException as error:  # the one place where every error ends
        return report(_name_option(error, tokens))
    return result if isinstance(result, int) else DONE


def _name_option(error: BaseException, tokens: Sequence[str]) -> BaseException:
    """An error of an option that is none, ours or cyclopts', as one that names what is near."""
    if isinstance(error, UnknownOptionError):
        option = error.token.keyword or error.token.value
    elif isinstance(error, UnknownCommandError) and error.unused_tokens:
        option = error.unused_tokens[0]
    elif isinstance(error, NoSuchOptionError):
        option = error.option
    else:
        return error
    if not option.startswith("-"):
        return error
    verb = app.parse_commands(list(tokens))[1][-1]
    known = [name for name in verb if name.startswith("-")]
    if verb.default_command:
        options = verb.assemble_argument_collection(default_parameter=app.default_parameter)
        known += [name for option in options for name in option.names]
    return NoSuchOptionError(option, known)


def main() -> None:
    """Entry point of the `octavo` command."""
    # imports and JAX's tracing make a million objects that stay: a tenth of a start was spent on
    # looking at them again and again
    gc.set_threshold(100_000)
    _replace_closed_streams()
    _write_utf8()
    warnings.showwarning = _show_warning
    if hasattr(signal, "pthread_kill"):
        sys.unraisablehook = _interrupt_again
    with terminations_raised():
        code = run(sys.argv[1:])
    if code == PIPE_CLOSED:  # keep Python from flushing into the closed pipe on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gc.freeze()  # at its end the interpreter would look at all objects again, for 0.3 s
    sys.exit(code)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """One line on stderr, as errors have it, instead of a place in octavo's source."""
    print(f"octavo: {one_line(str(message))}", file=sys.stderr)


def _interrupt_again(ignored: Any) -> None:
    """Repeat a Ctrl-C or SIGTERM that fell into a callback and was lost there with a traceback.

    JAX is called by the garbage collector and numba by its compiler, often while they are loaded.
    """
    if not issubclass(ignored.exc_type, KeyboardInterrupt | Terminated):
        sys.__unraisablehook__(ignored)
        return
    terminated = isinstance(ignored.exc_value, Terminated)
    number = ignored.exc_value.code - 128 if terminated else signal.SIGINT
    main_thread = threading.main_thread().ident
    again = threading.Timer(SECONDS_TO_LEAVE, signal.pthread_kill, (main_thread, number))
    again.daemon = True
    again.start()


def _replace_closed_streams() -> None:
    """Open something in the place of standard streams that are closed.

    A file opened later would get their numbers, and what libraries print would go into it. Reading
    from the one for standard input fails; what is said on standard error is lost.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_WRONLY)  # takes the lowest number: the stream's own
            setattr(sys, name, open(nothing, mode))  # noqa: SIM115
    if closed:
        print("octavo: standard output is closed; > /dev/null leaves it out", file=sys.stderr)
        sys.exit(BAD_DATA)


def _write_utf8() -> None:
    """Results are UTF-8 whatever the locale says, and no stray byte of an argument stops them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
