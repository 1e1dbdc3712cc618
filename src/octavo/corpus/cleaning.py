"""Lines, rows and texts that are not UTF-8."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

from octavo._checks import check_one_of
from octavo.corpus.blocks import Block
from octavo.errors import DataError

BAD = ("stop", "skip", "replace")
HALF = re.compile("[\ud800-\udfff]")


class Cleaner:
    r"""What becomes of lines that are not UTF-8.

    Args:
        bad_lines: "stop", an error; "skip", they are left out; "replace", U+FFFD stands for what
            cannot be read.

    Raises:
        UsageError: if `bad_lines` is none of these.

    Example:
        >>> cleaner = Cleaner("skip")
        >>> cleaner.clean(Block(b"a\n\xff\nb\n", "a.txt", 0)).data, cleaner.found
        (b'a\nb\n', 1)
    """

    def __init__(self, bad_lines: str = "stop") -> None:
        self._bad_lines = check_one_of("bad_lines", bad_lines, BAD)
        self.found = 0

    def read_lines(self, block: Block) -> tuple[list[str], Sequence[int]]:
        """The lines of a block without their ends, and the number of each in it, counted from 0.

        Raises:
            DataError: as `clean`.
        """
        try:
            lines = block.data.decode().removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            mended = self._mend(block)
            return [line.decode().removesuffix("\n") for line in mended.values()], list(mended)
        return lines, range(len(lines))

    def clean(self, block: Block) -> Block:
        """The block, of UTF-8 alone; `found` counts the lines that were not.

        Raises:
            DataError: naming file and line, if the first of these is to be an error.
        """
        if _is_utf8(block.data):
            return block
        return block._replace(data=b"".join(self._mend(block).values()))

    def _mend(self, block: Block) -> dict[int, bytes]:
        """The lines that are kept, of UTF-8 alone, by their numbers."""
        lines = dict(enumerate(BytesIO(block.data).readlines()))
        wrong = [number for number, line in lines.items() if not _is_utf8(line)]
        if self._bad_lines == "stop":
            message = f"not UTF-8; {encoding_hint(block.data)}"
            raise DataError(message, block.path, block.line(wrong[0]))
        self.found += len(wrong)
        for number in wrong:
            if self._bad_lines == "replace":
                lines[number] = lines[number].decode(errors="replace").encode()
            else:
                del lines[number]
        return lines

    def mend(self, value: bytes, place: str, path: str) -> str | None:
        """The text of a place of a table, None if it is to be left out; as `clean`."""
        try:
            return value.decode()
        except UnicodeDecodeError:
            if self._bad_lines == "stop":
                message = f"the text of {place} is not UTF-8; {encoding_hint(value)}"
                raise DataError(message, path) from None
            self.found += 1
            return value.decode(errors="replace") if self._bad_lines == "replace" else None


def encoding_hint(data: bytes) -> str:
    """What may make UTF-8 of bytes that are something else.

    Example:
        >>> encoding_hint("中文".encode("gb18030"))
        '`iconv -f gb18030 -t utf-8` makes UTF-8 of most Chinese files'
    """
    if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it may be UTF-16 (`iconv -f utf-16 -t utf-8`), or no text at all"
    return "`iconv -f gb18030 -t utf-8` makes UTF-8 of most Chinese files"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def without_halves(text: str) -> str:
    r"""A text in which half a character, as JSON may hold, is one that says so.

    Example:
        >>> without_halves("a\ud800")
        'a\ufffd'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF.sub("\ufffd", text)
    return text
