"""Tokens to readable text: pieces joined, blanks only where a writer would put them.

"##" pieces join the piece before them. Between other tokens a blank stands only where both sides
are words of an alphabet, or a word and a punctuation mark that asks for a blank: "in 2019, 3.5%".
Points and colons between digits stand close, commas only where they part thousands: "30,000".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from octavo.text.characters import CHINESE, PUNCTUATION

NO_BLANK_BEFORE = frozenset(".,;:!?)]}%'’”-/_@~*&+=<>|\\^")
NO_BLANK_AFTER = frozenset("([{'‘“-/_@~*&+=<>|\\^$#")
THOUSANDS = re.compile(r"(?<!\d)\d{1,3},\d{3}$")


def join_tokens(tokens: Iterable[str]) -> str:
    """Join WordPiece tokens into text.

    Example:
        >>> join_tokens(["北", "京", "new", "york", "##er", ",", "3", ".", "5", "%", "(", "a", ")"])
        '北京new yorker, 3.5% (a)'
        >>> join_tokens(["in", "2019", ",", "3", ".", "5", "%", "of", "30", ",", "000"])
        'in 2019, 3.5% of 30,000'
    """
    words: list[str] = []
    for token in tokens:
        if token.startswith("##") and len(token) > 2 and words:
            words[-1] += token[2:]
        elif token:
            words.append(token.removeprefix("##") if len(token) > 2 else token)
    joined = ""
    for word in words:
        joined += (" " if joined and _needs_blank(joined, word) else "") + word
    return joined


def _needs_blank(left: str, right: str) -> bool:
    before, after = left[-1], right[0]
    if _stands_close(before) or _stands_close(after):
        return False
    if before in NO_BLANK_AFTER or after in NO_BLANK_BEFORE:
        return False
    if before in ".:":
        return not (left[-2:-1].isdigit() and after.isdigit())
    return before != "," or not THOUSANDS.search(f"{left[-5:]}{right}")


def _stands_close(character: str) -> bool:
    """Chinese characters and wide punctuation take no blanks."""
    return character in CHINESE or (ord(character) > 0x2E7F and character in PUNCTUATION)
