"""What a reader could not read of what it was given, said in one warning for many questions.

A question that was cut, windows that were not read, and texts in a language the vocabulary does not
know. A text counts as such if more than half of its letters stand in words that are [UNK]. Only
letters are counted, so emoji and signs never tell, and a few are too few to judge by: a question
about three rare characters is no other language.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from octavo.reading.question_files import Passage
from octavo.text import Encoding

LEAST_UNKNOWN = 5  # letters; the rarest characters of a question are fewer
SHOWN = 30  # characters of a question or passage


class Doubts:
    """Gathers what is to be warned of, question by question.

    Args:
        question_length: the most tokens of a question that are read.
        unk_id: the number of [UNK].

    Example:
        >>> from octavo.text import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "北"])
        >>> doubts = Doubts(64, tokenizer.unk_id)
        >>> doubts.note("谁改进了造纸术？", tokenizer.encode("谁改进了造纸术？"), [], 1, 1)
        >>> doubts.texts()
        ["the reader knows few words of 1 question, '谁改进了造纸术？': is it in another language?"]
    """

    def __init__(self, question_length: int, unk_id: int) -> None:
        self._question_length = question_length
        self._unk_id = unk_id
        self._cut: list[str] = []
        self._partly: list[str] = []
        self._read = self._found = 0
        self._unknown: dict[str, dict[str, None]] = {"question": {}, "passage": {}}

    def note(
        self,
        question: str,
        encoding: Encoding,
        passages: Sequence[tuple[Passage, Encoding]],
        read: int,
        found: int,
    ) -> None:
        """Take note of a question that was answered.

        Args:
            question: the question.
            encoding: all of its tokens.
            passages: its passages, each with its tokens.
            read: how many windows were read.
            found: how many windows the passages have.
        """
        if len(encoding) > self._question_length:
            self._cut.append(question)
        if read < found:
            self._partly.append(question)
            self._read += read
            self._found += found
        if is_unknown(question, encoding, self._unk_id):
            self._unknown["question"][question] = None
        for passage, tokens in passages:
            if is_unknown(passage.text, tokens, self._unk_id):
                self._unknown["passage"][passage.text] = None

    def texts(self) -> list[str]:
        """What there is to say, a line each."""
        said = []
        if self._cut:
            first = f"{self._cut[0][:SHOWN]!r}..."
            said.append(
                f"only {self._question_length} tokens were read of {len(self._cut):,} questions,"
                f" {first}"
            )
        if self._partly:
            what = _count("question", self._partly)
            said.append(
                f"read {self._read:,} of {self._found:,} windows for {what}: those nearest to it"
            )
        named = [_count(kind, list(texts)) for kind, texts in self._unknown.items() if texts]
        if named:
            what = " and ".join(named)
            said.append(f"the reader knows few words of {what}: is it in another language?")
        return said

    def warn(self, stacklevel: int) -> None:
        """Say it, as warnings of the caller that many levels up."""
        for text in self.texts():
            warnings.warn(text, stacklevel=stacklevel + 1)


def is_unknown(text: str, encoding: Encoding, unk_id: int) -> bool:
    """Whether more than half of the letters of a text, and not too few, stand in [UNK].

    Args:
        text: the text.
        encoding: its tokens.
        unk_id: the number of [UNK].
    """
    unknown = encoding.ids == unk_id
    if not unknown.any():
        return False
    places = zip(encoding.starts[unknown], encoding.ends[unknown], strict=True)
    lost = sum(_count_letters(text[start:end]) for start, end in places)
    return lost >= LEAST_UNKNOWN and 2 * lost > _count_letters(text)


def _count_letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _count(kind: str, texts: Sequence[str]) -> str:
    """How many there are, and the first."""
    shown = " ".join(texts[0].split())
    first = repr(shown if len(shown) <= SHOWN else shown[:SHOWN] + "...")
    return f"{len(texts):,} {kind}{'' if len(texts) == 1 else 's'}, {first}"
