"""What texts of others may do to a terminal: nothing."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # stand inside emoji and words of some scripts


def printable(text: str) -> str:
    r"""A text as a terminal can show it: what would steer the terminal is written as an escape.

    Blanks of any width stay; line ends, controls and marks that turn the direction do not.

    Example:
        >>> print(printable("a\x1b[31m　b\u202e"))
        a\x1b[31m　b\u202e
    """
    if text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    r"""A text in one line, as a terminal can show it.

    Example:
        >>> print(one_line("damaged:\n  a\x1b[31m"))
        damaged: a\x1b[31m
    """
    return printable(" ".join(text.split()))


def _is_harmless(character: str) -> bool:
    return (
        character.isprintable() or character in JOINERS or unicodedata.category(character) == "Zs"
    )
