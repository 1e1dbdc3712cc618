"""Segments made of strings, or of the lines of a file."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from octavo._numba import PADDING
from octavo.counting.table import Segments


def join_texts(texts: Iterable[str]) -> Segments:
    """One segment, a document, a text.

    Args:
        texts: strings; a lone surrogate, which no UTF-8 has, becomes U+FFFD.

    Example:
        >>> join_texts(["ab", "", "c"]).bounds.tolist()
        [0, 2, 2, 3]
    """
    parts = [encode(text) for text in texts]
    bounds = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=bounds[1:])
    return Segments(np.frombuffer(b"".join(parts) + bytes(PADDING), np.uint8), bounds)


def cut_lines(block: bytes) -> Segments:
    r"""One segment, a document, a line; its end belongs to it, as white space.

    Args:
        block: UTF-8 that ends where a line does.

    Example:
        >>> cut_lines(b"a b\n\nc").bounds.tolist()
        [0, 4, 5, 6]
    """
    text = np.frombuffer(block + bytes(PADDING), np.uint8)
    ends = np.flatnonzero(text[: len(block)] == ord("\n")) + 1
    if block and not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    return Segments(text, np.concatenate([[0], ends]))


def encode(text: str) -> bytes:
    r"""UTF-8 of a text; a lone surrogate, half a character, becomes U+FFFD.

    Example:
        >>> encode("a\ud83d").decode()
        'a\ufffd'
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
