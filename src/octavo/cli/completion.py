"""`octavo --install-completion`: the shell then completes verbs, options and files."""

from __future__ import annotations

from typing import Literal

from octavo.errors import UsageError


def install_completion(
    *, shell: Literal["bash", "zsh", "fish", "powershell"] | None = None
) -> None:
    """Let the shell complete verbs, options and files.

    A file is written where the shell looks for such files. Where that is not enough a line is added
    to .bashrc, .zshrc or PowerShell's profile. Once more after an update of octavo, as the file
    holds the options' names.

    For example:

        octavo --install-completion

        octavo --install-completion --shell fish

    Parameters
    ----------
    shell
        Your shell. Default: the one that this is typed in.
    """
    from cyclopts.completion.detect import ShellDetectionError, detect_shell

    from octavo.cli.main import app

    try:
        shell = shell or detect_shell()
    except ShellDetectionError:
        raise UsageError(
            "the shell is not known: --shell bash, zsh, fish or powershell. Received: no --shell"
        ) from None
    path = app.install_completion(shell=shell)
    print(f"wrote {path}; a new {shell} completes what begins with octavo")
