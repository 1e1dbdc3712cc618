r"""What one document is in a text file: a line, a paragraph, or the whole file.

A blank line holds nothing but white space. Paragraphs are the lines that stand together between
blank lines; blank lines belong to none, nor do those at the beginning and end of a file. A line may
be empty; a paragraph or a file without text is no document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from octavo._checks import check_one_of
from octavo.corpus.blocks import LONGEST, Block, find_line, read_blocks
from octavo.corpus.cleaning import Cleaner
from octavo.errors import DataError

UNITS = ("lines", "paragraphs", "files")
# A blank line after the end of another; the white space that text files have, not all of
# Unicode's: blocks need not end at every blank line.
BLANK = re.compile(rb"\n(?=((?:[ \t\r\f\v]|\xc2\xa0|\xe3\x80\x80)*\n))")
HINTS = {
    "paragraphs": "--documents lines makes each line a document",
    "files": "--documents lines or paragraphs makes more documents of a text file",
}


def check_documents(documents: str) -> str:
    """What one document is, if it is something that is known.

    Raises:
        UsageError: if it is neither "lines", "paragraphs" nor "files".

    Example:
        >>> check_documents("files")
        'files'
    """
    return check_one_of("documents", documents, UNITS)


def read_units(
    path: str,
    documents: str = "lines",
    start: int = 0,
    end: int | None = None,
    data: bytes | None = None,
    longest: int = LONGEST,
) -> Iterator[Block]:
    r"""The bytes of a text file in blocks that end where documents do.

    Args:
        path: the file that is read; .gz, .bz2, .xz and .zst are unpacked.
        documents: what one is: "lines", "paragraphs" or "files", of which there are no ranges.
        start: byte in which, or after which, the first line, or the blank line before the first
            paragraph, begins.
        end: lines that begin here or later are left out, and paragraphs after a blank line that
            does; None for none.
        data: all that the file holds, if it was read ahead.
        longest: bytes of a document from which on it may be an error: it is held whole.

    Raises:
        DataError: naming the file and perhaps the line, if the file cannot be read, or a line or a
            document is longer than that and a block.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp(), "a.txt")
        >>> _ = path.write_bytes(b"one\ntwo\n\nthree\n\nfour")
        >>> [block.data for block in read_units(str(path), "paragraphs", end=5)]
        [b'one\ntwo\n\n']
        >>> [(block.data, block.start) for block in read_units(str(path), "paragraphs", start=5)]
        [(b'three\n\n', 9), (b'four', 16)]
    """
    if documents == "lines":
        yield from read_blocks(path, start=start, end=end, data=data, longest=longest)
        return
    waiting: list[bytes] = []  # of a document not yet whole
    begin, outside = start, start > 0  # in a paragraph begun before, which belongs to others
    for block in read_blocks(path, start=start, data=data, longest=longest):
        if not (waiting or outside):
            begin = max(begin, block.start)  # which is after a byte order mark
        stop, ended = begin, False
        for blank, after in _find_blanks(block) if documents == "paragraphs" else ():
            ended = end is not None and blank >= end
            begin, stop, outside = after if outside else begin, after, False
            if ended:
                break
        if stop > begin:
            some = block.data[max(begin - block.start, 0) : stop - block.start]
            yield Block(b"".join([*waiting, some]), path, begin)
            waiting, begin = [], stop
        if ended:
            return
        if block.start + len(block.data) - begin > longest:
            raise DataError(
                f"a document of more than {longest / 1e6:,.0f} MB is more than is held at once; "
                f"{HINTS[documents]}",
                path,
                find_line(path, begin, 0),
            )
        if not outside:
            waiting.append(block.data[max(begin - block.start, 0) :])
    if any(waiting):
        yield Block(b"".join(waiting), path, begin)


def _find_blanks(block: Block) -> Iterator[tuple[int, int]]:
    """Where blank lines begin, and the byte after each, in the file."""
    at = block.start - 1  # the end of the line before the block
    for match in BLANK.finditer(b"\n" + block.data):
        yield at + match.end(), at + match.end(1)


def cut_block(
    block: Block, documents: str, cleaner: Cleaner
) -> tuple[Sequence[str], Sequence[int]]:
    r"""The documents of a block, and the line on which each begins.

    Args:
        block: what `read_units` gave.
        documents: what one is, as there.
        cleaner: what becomes of lines that are not UTF-8.

    Returns:
        The texts, without the end of their last line; and for each the line of the block that is
        its first, counted from 0.

    Raises:
        DataError: naming file and line, if one that is not UTF-8 is to be an error.

    Example:
        >>> cut_block(Block(b"\none\ntwo\n\nthree\n", "a.txt", 0), "paragraphs", Cleaner())
        (['one\ntwo', 'three'], [1, 4])
    """
    texts, lines = cleaner.read_lines(block)
    if documents == "lines":
        return texts, lines
    groups = [
        list(numbers)
        for blank, numbers in groupby(range(len(texts)), lambda number: _is_blank(texts[number]))
        if not blank
    ]
    if documents == "files" and groups:
        groups = [list(range(groups[0][0], groups[-1][-1] + 1))]
    found = ["\n".join(texts[group[0] : group[-1] + 1]) for group in groups]
    return found, [lines[group[0]] for group in groups]


def _is_blank(line: str) -> bool:
    return not line or line.isspace()
