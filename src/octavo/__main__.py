"""The command `octavo`, and `python -m octavo`: Ctrl-C while the command itself loads is one line.

Nothing else of octavo is imported before that is seen to; Python's own start is out of its hands.
"""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Load the command and run it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # else Ctrl-C is ignored, as in the background
        signal.signal(signal.SIGINT, _end)
    from octavo.cli.main import main as run

    signal.signal(signal.SIGINT, handler)
    run()


def _end(number: int, _: object) -> None:
    os.write(2, b"octavo: interrupted\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
