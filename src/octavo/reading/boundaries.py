"""Where a Latin word or a number may not be cut."""

from __future__ import annotations

import re

NUMBER_MARKS = ".,"  # stand inside a number
_WORD = re.compile(r"[A-Za-z0-9\u00c0-\u024f]")


def is_inside_word(text: str, place: int) -> bool:
    """Whether the characters before and after a place belong to one Latin word or one number.

    Example:
        >>> [is_inside_word("19岁，3.5米", place) for place in (1, 2, 4, 5)]
        [True, False, False, True]
    """
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if _WORD.match(before) and _WORD.match(after):
        return True
    if after in NUMBER_MARKS:
        return before.isdigit() and text[place + 1 : place + 2].isdigit()
    return before in NUMBER_MARKS and after.isdigit() and text[place - 2 : place - 1].isdigit()
