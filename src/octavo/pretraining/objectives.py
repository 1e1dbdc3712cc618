"""What a row is asked: masked words, the next token, the rest of a text, or a span it holds twice.

- mlm: words are chosen with a probability; of the tokens of a chosen word 80% become [MASK], 10%
  another token, 10% stay; the model names what stood there. Every token sees the whole text.
- lm: every token is named from those before it.
- unilm: a text is cut in two at a random token; the first part is read in both directions, the
  second is named from left to right.
- span: a sentence of the text is a question, with [MASK] for a span that stands in another one too;
  the rest is the passage; the span is named. A text in which no span recurs is cut as in unilm.

All four are the same model under the UniLM mask: segment 0 is read, segment 1 is written. So they
mix in one batch.

Source: Devlin et al. 2019, "BERT", section 3.1 and appendix A.1; Cui et al. 2019, "Pre-training
with whole word masking for Chinese BERT"; Dong et al. 2019, "Unified Language Model Pre-training",
section 2.3. The split is drawn over a text's own length, not over its padding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from octavo.errors import UsageError
from octavo.pretraining.packing import ENDS, find_marks
from octavo.pretraining.spans import ask_span
from octavo.text import WordPieceTokenizer

OBJECTIVES = ("mlm", "lm", "unilm", "span")
SPECIALS = {"mlm": 2, "lm": 2, "unilm": 3, "span": 5}  # tokens that a text needs besides its own
WHOLE = ("mlm", "lm")  # texts are not cut
STEP = 8  # the number of places the head looks at is a multiple


@dataclass(frozen=True)
class Masking:
    """How the masked LM changes tokens.

    Args:
        rate: probability that a word is chosen, above 0 and below 1.
        final: the same at the end of training, to which it goes in a straight line; 0: no change.
        mask: share of its tokens that become [MASK].
        random: share that becomes another token; the rest stays.

    Raises:
        UsageError: if a share is impossible.

    Example:
        >>> Masking(rate=0.3).mask
        0.8
    """

    rate: float = 0.15
    final: float = 0.0
    mask: float = 0.8
    random: float = 0.1

    def __post_init__(self) -> None:
        """Refuse impossible shares."""
        if not 0 < self.rate < 1:
            raise UsageError(f"mask_selection_rate must lie between 0 and 1. Received: {self.rate}")
        if not 0 <= self.final < 1:
            raise UsageError(
                f"final_mask_selection_rate must lie in [0, 1). Received: {self.final}"
            )
        if min(self.mask, self.random) < 0 or self.mask + self.random > 1:
            raise UsageError(
                "mask_token_rate and random_token_rate must be 0 or more and together at most 1. "
                f"Received: mask_token_rate={self.mask}, random_token_rate={self.random}"
            )

    def at(self, share: float) -> float:
        """The rate when this share of training is done.

        Example:
            >>> round(Masking(0.3, final=0.1).at(0.5), 3)
            0.2
        """
        return self.rate + (self.final - self.rate) * min(share, 1.0) if self.final else self.rate


def parse_objectives(text: str) -> dict[str, float]:
    """Weights of a mix: "mlm", or "mlm:0.7,unilm:0.3".

    Raises:
        UsageError: if a name is unknown or a weight is not above 0.

    Example:
        >>> parse_objectives("mlm:3,unilm:1")
        {'mlm': 0.75, 'unilm': 0.25}
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition(":")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            weights[name] = math.nan
        if name not in OBJECTIVES or not 0 < weights[name] < math.inf:
            raise UsageError(
                f"objective must be {', '.join(OBJECTIVES)}, or a mix such as mlm:0.7,unilm:0.3. "
                f"Received: objective={text!r}"
            )
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def most_predictions(objectives: Mapping[str, float], masking: Masking, length: int) -> int:
    """Places of a row the head looks at, at most: static, so that nothing is compiled twice.

    Of a masked row a fifth more than are chosen on average; what is above is left unmasked.

    Example:
        >>> most_predictions({"mlm": 1.0}, Masking(0.15), 256)
        56
    """
    if set(objectives) != {"mlm"}:
        return length
    wanted = math.ceil(1.2 * max(masking.rate, masking.final) * length) + 4
    return min(length, -(-wanted // STEP) * STEP)


class Pieces(NamedTuple):
    """Pieces of documents, row by row.

    Args:
        ids: of all their tokens, integers (tokens,).
        begins: where words begin, bool (tokens,).
        sizes: tokens of each piece, int64 (pieces,).
        counts: pieces of each row, 1 or more, int64 (rows,).
    """

    ids: np.ndarray
    begins: np.ndarray
    sizes: np.ndarray
    counts: np.ndarray


class Examples:
    """Makes the arrays of a batch from the pieces of its rows.

    Args:
        tokenizer: whose special tokens are put between texts, and never drawn at random.
        length: of a row.
        objectives: name -> share of the rows.
        masking: of masked rows.
        prediction_count: places of a row the head looks at; `most_predictions` by default.

    Example:
        >>> from octavo.text.vocabulary import SPECIAL_TOKENS
        >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "b"])
        >>> examples = Examples(tokenizer, 8, {"lm": 1.0}, Masking())
        >>> ids, counts = np.array([5, 6, 5]), np.array([1])
        >>> pieces = Pieces(ids, begins=ids > 0, sizes=np.array([3]), counts=counts)
        >>> inputs, labels, weights = examples.arrays(pieces, np.random.default_rng(0))
        >>> inputs["token_ids"].tolist(), labels.tolist()
        ([[2, 5, 6, 5, 3, 0, 0, 0]], [[5, 6, 5, 3, 0, 0, 0, 0]])
    """

    def __init__(
        self,
        tokenizer: WordPieceTokenizer,
        length: int,
        objectives: Mapping[str, float],
        masking: Masking,
        prediction_count: int | None = None,
    ) -> None:
        self.length, self.masking = length, masking
        self.names, self.shares = list(objectives), list(objectives.values())
        self.prediction_count = prediction_count or most_predictions(objectives, masking, length)
        self.pad, self.cls, self.sep = tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id
        self.unk, self.mask = tokenizer.unk_id, tokenizer.mask_id
        special = [token.startswith("[") and token.endswith("]") for token in tokenizer.vocabulary]
        self.maskable = np.ones(len(special), bool)
        self.maskable[[self.pad, self.cls, self.sep, self.unk]] = False
        self.ordinary = np.flatnonzero(~np.array(special)).astype(np.int32)
        marks = find_marks(tokenizer.vocabulary)
        self.ends, self.marks = marks == ENDS, marks > 0

    def arrays(
        self, pieces: Pieces, random: np.random.Generator, share: float = 0.0
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Inputs, labels and weights.

        Args:
            pieces: of the rows, none of which is longer than `length` with its special tokens.
            random: decides objectives, masks and splits.
            share: of training that is done, 0-1, which may decide the rate of masks.

        Returns:
            ({token_ids, segment_ids, position_ids, document_ids: int32 (rows, length),
            mask_positions: int32 (rows, prediction_count)}, labels int32 (rows, prediction_count),
            weights float32 (rows, prediction_count)).
        """
        kinds = random.choice(len(self.names), len(pieces.counts), p=self.shares)
        shape = (len(kinds), self.length)
        tokens, begins = np.full(shape, self.pad, np.int32), np.ones(shape, bool)
        segments, places, texts = (np.zeros(shape, np.int32) for _ in range(3))
        rows = np.repeat(np.arange(len(kinds)), pieces.counts)
        whole = np.array([name in WHOLE for name in self.names])[kinds][rows]
        written = self._write(pieces, kinds[rows], whole, random)
        sizes = pieces.sizes + 2
        sizes[~whole] = [len(text) for text, _ in written]
        before = np.cumsum(sizes) - sizes
        firsts = np.cumsum(pieces.counts) - pieces.counts  # of each row's pieces
        filled = np.arange(self.length) < np.add.reduceat(sizes, firsts)[:, None]
        places[filled] = np.arange(sizes.sum()) - np.repeat(before, sizes)
        texts[filled] = np.repeat(np.arange(1, len(sizes) + 1) - firsts[rows], sizes)
        starts = before + (np.arange(len(kinds)) * self.length - before[firsts])[rows]
        ends = starts + sizes
        tokens.ravel()[starts], tokens.ravel()[ends - 1] = self.cls, self.sep
        filled.ravel()[starts] = filled.ravel()[ends - 1] = False
        for start, end, (text, size) in zip(starts[~whole], ends[~whole], written, strict=True):
            tokens.ravel()[start:end] = text
            segments.ravel()[end - size : end] = 1
            filled.ravel()[start:end] = False
        kept = slice(None) if whole.all() else np.repeat(whole, pieces.sizes)
        tokens[filled], begins[filled] = pieces.ids[kept], pieces.begins[kept]
        named = np.array(self.names)[kinds]
        segments[(named == "lm")[:, None] & (places > 0)] = 1
        masked = named == "mlm"
        chosen = self._choose_words(tokens, begins, masked, self.masking.at(share), random)
        places_chosen = looked_at = np.flatnonzero(chosen)
        asked, answers = chosen, tokens.copy()
        if not masked.all():
            written_next = segments[:, 1:] == 1
            asked[:, :-1] |= written_next
            answers[:, :-1][written_next] = tokens[:, 1:][written_next]
            asked &= answers != self.unk
            looked_at = np.flatnonzero(asked)
        self._change(tokens, places_chosen, random)
        inputs = {
            "token_ids": tokens,
            "segment_ids": segments,
            "position_ids": places,
            "document_ids": texts,
        }
        inputs["mask_positions"], labels, weights = self._gather(looked_at, answers)
        return inputs, labels, weights

    def _write(
        self, pieces: Pieces, kinds: np.ndarray, whole: np.ndarray, random: np.random.Generator
    ) -> list[tuple[np.ndarray, int]]:
        """Texts that are cut, with their special tokens; and how many tokens at the end are named.

        Args:
            pieces: of the rows.
            kinds: of each, integers (pieces,).
            whole: those that are not cut, bool (pieces,).
            random: decides where.
        """
        cls, sep = [self.cls], [self.sep]
        ends = np.cumsum(pieces.sizes)
        texts = []
        for piece in np.flatnonzero(~whole):
            place = slice(ends[piece] - pieces.sizes[piece], ends[piece])
            ids, begins = pieces.ids[place], pieces.begins[place]
            asked = None
            if self.names[kinds[piece]] == "span":
                ended, marks = self.ends[ids], self.marks[ids]
                asked = ask_span(ids, begins, ended, marks, self.mask, random)
            if asked is not None:
                parts = (cls, asked.passage, sep, asked.question, sep, asked.answer, sep)
                texts.append((np.concatenate(parts), len(asked.answer) + 1))
                continue
            split = int(random.integers(1, len(ids)))
            text = np.concatenate((cls, ids[:split], sep, ids[split:], sep))
            texts.append((text, len(ids) - split + 1))
        return texts

    def _choose_words(
        self,
        tokens: np.ndarray,
        begins: np.ndarray,
        masked: np.ndarray,
        rate: float,
        random: np.random.Generator,
    ) -> np.ndarray:
        """Tokens of the words that are masked, bool (rows, length); special ones never are."""
        words = np.cumsum(begins, axis=1)
        words += np.arange(-1, words.size - 1, self.length)[:, None]  # in all rows
        draws = random.random(tokens.shape, np.float32).ravel()
        chosen = (draws < rate)[words]
        chosen &= self.maskable.take(tokens)
        if not masked.all():
            chosen &= masked[:, None]
        for row in np.flatnonzero(np.count_nonzero(chosen, axis=1) > self.prediction_count):
            drawn = draws[words[row]]
            order = np.argsort(np.where(chosen[row], drawn, 2), kind="stable")
            limit = drawn[order[self.prediction_count]]  # the first word that has no room
            chosen[row] &= drawn < limit
        return chosen

    def _change(self, tokens: np.ndarray, places: np.ndarray, random: np.random.Generator) -> None:
        """Put [MASK] or another token in most of the places, integers in all rows."""
        kind = random.random(len(places))
        drawn = self.ordinary[random.integers(len(self.ordinary), size=len(places))]
        old = tokens.ravel()[places]
        new = np.where(kind < self.masking.mask + self.masking.random, drawn, old)
        tokens.ravel()[places] = np.where(kind < self.masking.mask, self.mask, new)

    def _gather(
        self, places: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The places the head looks at, row by row, with their labels and weight 1."""
        shape = (len(answers), self.prediction_count)
        positions, labels = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        weights = np.zeros(shape, np.float32)
        rows = places // self.length
        counts = np.bincount(rows, minlength=len(answers))
        before = np.cumsum(counts) - counts
        slots = (
            np.arange(len(places))
            + (np.arange(len(answers)) * self.prediction_count - before)[rows]
        )
        positions.ravel()[slots] = places - rows * self.length
        labels.ravel()[slots] = answers.ravel()[places]
        weights.ravel()[slots] = 1.0
        return positions, labels, weights
