"""How texts become tokens."""

from __future__ import annotations

from typing import NamedTuple

from octavo._checks import check_whole
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.units import check_documents
from octavo.segmenting.protocol import ByteSegmenter, Segmenter, SegmenterLike
from octavo.segmenting.segmenters import find_segmenter

LONGEST = 6  # words of an n-gram


class Options(NamedTuple):
    """How texts become tokens; as the arguments of `count_words`."""

    segmenter: SegmenterLike = "jieba"
    ngrams: int = 1
    lowercase: bool = False
    nfkc: bool = False
    field: str | None = None
    bad_lines: str = "stop"
    documents: str = "lines"

    def check(self) -> Segmenter:
        """Find out whether texts can become tokens this way; gives what cuts them.

        Raises:
            UsageError: if an option is impossible.
            DataError: if a dictionary cannot be read.
        """
        check_whole("ngrams", self.ngrams, 1, LONGEST)
        Cleaner(self.bad_lines)
        check_documents(self.documents)
        return find_segmenter(self.segmenter)

    def keep_bytes(self, segmenter: Segmenter) -> bool:
        """Whether lines of text are counted as they stand in a file, by compiled code alone.

        Args:
            segmenter: what `check` gave.
        """
        changed = self.lowercase or self.nfkc or self.documents != "lines"
        return isinstance(segmenter, ByteSegmenter) and not changed
