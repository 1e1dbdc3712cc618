"""How texts become tokens, and what is known of a part of a corpus that was counted."""

from __future__ import annotations

from typing import NamedTuple

from octavo._checks import check_whole
from octavo.corpus.documents import Cleaner
from octavo.segmenting.segmenters import Segmenter, cuts_chinese, find_segmenter

LONGEST = 6
COMPILED = ("whitespace", "characters")


class Options(NamedTuple):
    """How texts become tokens; as the arguments of `count_words`."""

    segmenter: str | Segmenter = "jieba"
    ngrams: int = 1
    lowercase: bool = False
    nfkc: bool = False
    field: str | None = None
    bad_lines: str = "stop"

    def check(self) -> None:
        """Find out whether texts can become tokens this way.

        Raises:
            UsageError: if an option is impossible.
            DataError: if a dictionary cannot be read.
        """
        check_whole("ngrams", self.ngrams, 1, LONGEST)
        Cleaner(self.bad_lines)
        if isinstance(self.segmenter, str) and self.segmenter not in COMPILED:
            find_segmenter(self.segmenter)

    @property
    def bytewise(self) -> bool:
        """Whether text is counted as it stands in a file, by compiled code alone."""
        return (self.segmenter in COMPILED or cuts_chinese(self.segmenter)) and not (
            self.lowercase or self.nfkc
        )


class Part(NamedTuple):
    """A part of a corpus, counted.

    Args:
        documents: in it.
        tokens: counted.
        bad_lines: lines that were not UTF-8.
        runs: files of the counts.
        error: by how much any count may be too low.
    """

    documents: int
    tokens: int
    bad_lines: int
    runs: tuple[str, ...]
    error: int = 0
