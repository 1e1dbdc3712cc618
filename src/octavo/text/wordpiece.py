"""WordPiece: text to the ids BERT gives it, with every token's place in the original text.

The rules are BERT's: controls go, Chinese characters and punctuation stand alone, accents are
stripped and letters lowered (both unless `lowercase=False`), and each word is cut greedily into
the longest pieces of the vocabulary, "##" before every piece but the first. A word that cannot be
cut, or longer than 100 characters, is [UNK].

The work is arranged for Chinese: one table from code point to what it does gives all characters
that are a token by themselves in a handful of NumPy calls; only what lies between them (Latin
words, numbers, kana) is cut in Python, once per distinct word. The table starts with the blocks
that most texts have and learns any other character when it first meets it.

Not done here: special tokens are never added and never recognised; "[MASK]" in a text is text.

Source: Devlin et al. 2018, "BERT", section 3 (WordPiece, Wu et al. 2016).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from octavo._checks import check_whole
from octavo.errors import DataError
from octavo.text import normalising
from octavo.text.detokenizing import join_tokens
from octavo.text.normalising import classify_character, normalise_word
from octavo.text.vocabulary import SPECIAL_TOKENS, load_vocabulary

LONGEST_WORD = 100  # characters after normalisation; BERT gives up on longer words
BATCH_CHARACTERS = 1 << 16  # texts are encoded together up to this many: their arrays stay in cache
CACHE_CHARACTERS = 1 << 23  # the cache of words starts again when its words are longer than this

# What the table says of a code point; from FIRST_TOKEN on: "is token number value - FIRST_TOKEN".
# Arrays without dimensions, because NumPy works with them faster than with numbers of Python.
UNSEEN, BLANK, PART, FIRST_TOKEN = (np.array(value, np.int32) for value in range(4))
ONE = np.array(1, np.int32)
# Blocks of the punctuation, letters and kana that most Chinese texts have.
BLOCKS = range(0x100), range(0x2000, 0x2070), range(0x3000, 0x3100), range(0xFF00, 0xFFF0)

Ints = NDArray[np.int32]
pack_row = Struct("3i").pack  # id, start, end of a token


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """The tokens of one text; `len()` is their number.

    Args:
        ids: token numbers, int32 (tokens,).
        starts: first character of each token in the original text, int32 (tokens,).
        ends: one past each token's last character, int32 (tokens,). A character that decomposes
            into several letters (a Hangul syllable) lies in the span of each token it gave letters
            to.

    Example:
        >>> tokens = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "北", "京"])
        >>> encoding = tokens.encode("北 京")
        >>> encoding.ids.tolist(), encoding.starts.tolist(), encoding.ends.tolist()
        ([5, 6], [0, 2], [1, 3])
    """

    ids: Ints
    starts: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.ids)


class _Pieces:
    """Pieces of words: their ids, and the lengths to try, by the next three letters of a word."""

    def __init__(self, ids: dict[str, int]) -> None:
        self.ids = ids
        lengths: dict[str, set[int]] = {}
        for piece in ids:
            if len(piece) > 2:
                lengths.setdefault(piece[:3], {1, 2}).add(len(piece))
        self.lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}


class _WordCache(dict[str, bytes]):
    """A word as it stands in a text -> its tokens as rows (id, start, end) of int32, packed.

    Packed bytes are joined by one C call, and the dictionary alone is shared between threads.
    """

    def __init__(self, tokenizer: WordPieceTokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer
        self._characters = 0

    def __missing__(self, word: str) -> bytes:
        if self._characters > CACHE_CHARACTERS:
            self.clear()
            self._characters = 0
        packed = self[word] = self._tokenizer._cut_word(word)
        self._characters += len(word)
        return packed


class WordPieceTokenizer:
    """BERT's tokenizer.

    Args:
        vocabulary: the tokens; a token's id is its place. A token listed twice has the later id.
        lowercase: lower the letters and strip the accents, as BERT's "uncased" and Chinese
            models do.

    Raises:
        DataError: if one of [PAD] [UNK] [CLS] [SEP] [MASK] is not in the vocabulary.

    Example:
        >>> words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "建", "成", "14", "##20", "年"]
        >>> tokenizer = WordPieceTokenizer(words)
        >>> encoding = tokenizer.encode("1420年，建成")
        >>> encoding.ids.tolist()
        [7, 8, 9, 1, 5, 6]
        >>> list(zip(encoding.starts.tolist(), encoding.ends.tolist()))
        [(0, 2), (2, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    """

    def __init__(self, vocabulary: Sequence[str], lowercase: bool = True) -> None:
        self.vocabulary = list(vocabulary)
        self.lowercase = lowercase
        self._ids = {token: number for number, token in enumerate(self.vocabulary)}
        missing = [token for token in SPECIAL_TOKENS if token not in self._ids]
        if missing:
            raise DataError(f"the vocabulary lacks {' '.join(missing)}")
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (
            self._ids[token] for token in SPECIAL_TOKENS
        )
        chinese: dict[int, int] = {}
        heads: dict[str, int] = {}  # a word's first piece
        tails: dict[str, int] = {}  # and those after it
        for token, number in self._ids.items():
            if "\u4e00" <= token[-1:] <= "\u9fff":  # in no word: such a character stands alone
                if len(token) == 1:
                    chinese[ord(token)] = number
            elif token.startswith("##"):
                tails[token[2:]] = number
            elif token:
                heads[token] = number
        self._heads, self._tails = _Pieces(heads), _Pieces(tails)
        self._table = np.zeros(0x110000, np.int32)  # zeros are not touched, so cost no memory
        self._table[0x4E00:0xA000] = FIRST_TOKEN + self.unk_id
        self._table[[*chinese]] = np.fromiter(chinese.values(), np.int32) + FIRST_TOKEN
        for block in BLOCKS:
            self._learn(block)
        self._cache = _WordCache(self)

    @classmethod
    def from_file(cls, path: str | PathLike[str], lowercase: bool = True) -> WordPieceTokenizer:
        """Read the vocabulary from a vocab.txt, one token a line.

        Raises:
            DataError: if the file is missing, not UTF-8, or lacks a special token.
        """
        try:
            return cls(load_vocabulary(path), lowercase)
        except DataError as error:
            raise error if error.path else DataError(str(error), path) from None

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __getstate__(self) -> dict[str, object]:
        return {"vocabulary": self.vocabulary, "lowercase": self.lowercase}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # the table and cache are rebuilt, not shipped

    def encode(self, text: str) -> Encoding:
        """The tokens of one text, no special tokens added.

        Example:
            >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "caf", "##e"])
            >>> tokenizer.encode("Café").ids.tolist()
            [5, 6]
        """
        # a blank before and after: every word has two edges inside
        codes = np.frombuffer((" " + text + " ").encode("utf-32-le", "surrogatepass"), np.uint32)
        actions = self._table.take(codes, mode="wrap")  # of the three modes the fastest
        if np.count_nonzero(actions) < len(actions):
            self._learn(set(codes[actions == UNSEEN].tolist()))
            actions = self._table.take(codes)
        inside = actions == PART
        edges = (inside[1:] != inside[:-1]).nonzero()[0].astype(np.int32)
        actions = actions[1:-1]
        places = (actions >= FIRST_TOKEN).nonzero()[0]
        ids, starts = actions[places] - FIRST_TOKEN, places.astype(np.int32)
        if not len(edges):
            return Encoding(ids, starts, starts + ONE)
        return self._insert_words(text, edges, ids, starts)

    def encode_many(self, texts: Iterable[str]) -> list[Encoding]:
        """The tokens of each text: the same as `encode` one by one, several times faster if short.

        Example:
            >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "人", "民"])
            >>> [encoding.ids.tolist() for encoding in tokenizer.encode_many(["人民", "", "民"])]
            [[5, 6], [], [6]]
        """
        encodings: list[Encoding] = []
        batch: list[str] = []
        characters = 0
        for text in texts:
            batch.append(text)
            characters += len(text)
            if characters >= BATCH_CHARACTERS:
                encodings += self._encode_batch(batch)
                batch, characters = [], 0
        encodings += self._encode_batch(batch)
        return encodings

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text as strings.

        Example:
            >>> WordPieceTokenizer([*SPECIAL_TOKENS, "20", "##19", "年"]).tokens("2019年!")
            ['20', '##19', '年', '[UNK]']
        """
        return [self.vocabulary[number] for number in self.encode(text).ids.tolist()]

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of the tokens; [PAD], [CLS] and [SEP] are left out.

        What normalisation took (case, accents, blanks) is not in the ids: where the original text
        is at hand, cut it by `starts` and `ends` instead.

        Raises:
            UsageError: if an id is not in the vocabulary.

        Example:
            >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "人", "民", "new", "york", "##er"])
            >>> tokenizer.decode([2, 5, 6, 7, 8, 9, 3])
            '人民new yorker'
        """
        silent = (self.pad_id, self.cls_id, self.sep_id)
        return join_tokens(self._token(number) for number in map(int, ids) if number not in silent)

    def _token(self, number: int) -> str:
        return self.vocabulary[check_whole("id", number, 0, len(self.vocabulary) - 1)]

    def _encode_batch(self, texts: list[str]) -> Iterator[Encoding]:
        """Encode texts as one, joined by blanks, and cut the arrays: no word crosses a blank."""
        if len(texts) == 1:
            yield self.encode(texts[0])
            return
        whole = self.encode(" ".join(texts))
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        offsets = np.cumsum(lengths) - lengths
        cuts = [*np.searchsorted(whole.starts, offsets).tolist(), len(whole)]
        shift = np.repeat(offsets.astype(np.int32), np.diff(cuts))
        starts, ends = whole.starts - shift, whole.ends - shift
        for first, last in pairwise(cuts):
            yield Encoding(whole.ids[first:last], starts[first:last], ends[first:last])

    def _learn(self, codes: Iterable[int]) -> None:
        """Fill the table for code points met for the first time."""
        for code in codes:
            self._table[code] = self._action(chr(code))

    def _action(self, character: str) -> Ints:
        form = classify_character(character, self.lowercase)
        if form in (normalising.BLANK, normalising.PART):
            return BLANK if form else PART
        return FIRST_TOKEN + np.int32(self._ids.get(form, self.unk_id))

    def _insert_words(
        self, text: str, edges: Ints, alone_ids: Ints, alone_starts: Ints
    ) -> Encoding:
        """Put the tokens of the words between `edges` among the tokens that stand alone."""
        cache = self._cache
        firsts, lasts = edges[::2], edges[1::2]
        packed = [cache[text[a:b]] for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)]
        rows = np.frombuffer(b"".join(packed), np.int32).reshape(-1, 3)
        shift = firsts.repeat([len(word) // (3 * 4) for word in packed])
        ids = np.concatenate((alone_ids, rows[:, 0]))
        starts = np.concatenate((alone_starts, rows[:, 1] + shift))
        ends = np.concatenate((alone_starts + ONE, rows[:, 2] + shift))
        order = starts.argsort(kind="stable")  # two sorted runs: merged in one pass
        return Encoding(ids[order], starts[order], ends[order])

    def _cut_word(self, raw: str) -> bytes:
        """Tokens of a word as it stands in the text, packed: the longest piece, again and again."""
        word, places = normalise_word(raw, self.lowercase)
        packed, known, first = b"", self._heads, 0
        while first < len(word) <= LONGEST_WORD:
            for length in known.lengths.get(word[first : first + 3], (2, 1)):
                piece = word[first : first + length]
                if piece in known.ids:
                    break
            else:
                break
            last = first + len(piece)
            packed += pack_row(known.ids[piece], places[first], places[last - 1] + 1)
            known, first = self._tails, last
        if first < len(word):  # too long, or no piece fits
            return pack_row(self.unk_id, places[0], places[-1] + 1)
        return packed
