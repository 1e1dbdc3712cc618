"""Numbers of their own for words outside the vocabulary, which a tokenizer makes one [UNK].

All would be equal tokens otherwise, and an answer that is such a word would be found at the first
of them in the passage, an emoji perhaps.

Source: See et al. 2017, "Get To The Point", section 2.2: the extended vocabulary.
"""

from __future__ import annotations

import numpy as np

from octavo.decoding.decoder import UNKNOWN_STEPS
from octavo.text import Encoding, WordPieceTokenizer


class UnknownWords:
    """The unknown words of one question and its passages, numbered as they come.

    Args:
        tokenizer: the one that does not know them.

    Example:
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "北"])
        >>> words = UnknownWords(tokenizer)
        >>> [words.number(text, tokenizer.encode(text)).tolist() for text in ("北东西", "西")]
        [[5, 6, 7], [7]]
    """

    def __init__(self, tokenizer: WordPieceTokenizer) -> None:
        self._tokenizer = tokenizer
        self._size = len(tokenizer.vocabulary)
        self._numbers: dict[str, int] = {}

    def number(self, text: str, encoding: Encoding) -> np.ndarray:
        """The tokens of a text, int32 (tokens,); more words than a decoder has room for are [UNK].

        Args:
            text: the text.
            encoding: its tokens.
        """
        ids = np.array(encoding.ids, np.int32)
        for place in np.flatnonzero(ids == self._tokenizer.unk_id):
            word = text[encoding.starts[place] : encoding.ends[place]]
            word = word.lower() if self._tokenizer.lowercase else word
            if len(self._numbers) < UNKNOWN_STEPS[-1]:
                self._numbers.setdefault(word, self._size + len(self._numbers))
            ids[place] = self._numbers.get(word, self._tokenizer.unk_id)
        return ids
