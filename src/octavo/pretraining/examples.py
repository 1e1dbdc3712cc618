"""The arrays of a batch: texts with their special tokens, what is masked or cut, what is asked.

Source: as `objectives` names them; where a text is cut is drawn over its own length, not over its
padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from octavo.pretraining.objectives import WHOLE, Masking, most_predictions
from octavo.pretraining.packing import ENDS, find_marks
from octavo.pretraining.spans import ask_span
from octavo.text import WordPieceTokenizer


class Fragments(NamedTuple):
    """Fragments of documents, row by row.

    Args:
        ids: the ids of all their tokens, integers (tokens,).
        begins: where words begin, bool (tokens,).
        sizes: tokens of each fragment, int64 (fragments,).
        counts: fragments of each row, 1 or more, int64 (rows,).
    """

    ids: np.ndarray
    begins: np.ndarray
    sizes: np.ndarray
    counts: np.ndarray


class Examples:
    """Makes the arrays of a batch from the fragments of its rows.

    Args:
        tokenizer: whose special tokens are put between texts, and never drawn at random.
        length: tokens of a row.
        objectives: name -> share of the rows.
        masking: how words of masked rows are masked.
        prediction_count: places of a row the head looks at; `most_predictions` by default.

    Example:
        >>> from octavo.text.vocabulary import SPECIAL_TOKENS
        >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "b"])
        >>> examples = Examples(tokenizer, 8, {"lm": 1.0}, Masking())
        >>> ids, counts = np.array([5, 6, 5]), np.array([1])
        >>> fragments = Fragments(ids, begins=ids > 0, sizes=np.array([3]), counts=counts)
        >>> inputs, labels, weights = examples.arrays(fragments, np.random.default_rng(0))
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
        self, fragments: Fragments, random: np.random.Generator, share: float = 0.0
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Inputs, labels and weights.

        Args:
            fragments: those of the rows; with its special tokens none is longer than `length`.
            random: decides objectives, masks and splits.
            share: the share of training that is done, 0-1, which may decide the rate of masks.

        Returns:
            ({token_ids, segment_ids, position_ids, document_ids: int32 (rows, length),
            mask_positions: int32 (rows, prediction_count)}, labels int32 (rows, prediction_count),
            weights float32 (rows, prediction_count)).
        """
        kinds = random.choice(len(self.names), len(fragments.counts), p=self.shares)
        shape = (len(kinds), self.length)
        tokens, begins = np.full(shape, self.pad, np.int32), np.ones(shape, bool)
        segments, places, texts = (np.zeros(shape, np.int32) for _ in range(3))
        rows = np.repeat(np.arange(len(kinds)), fragments.counts)
        whole = np.array([name in WHOLE for name in self.names])[kinds][rows]
        written = self._write(fragments, kinds[rows], whole, random)
        sizes = fragments.sizes + 2
        sizes[~whole] = [len(text) for text, _ in written]
        before = np.cumsum(sizes) - sizes
        firsts = np.cumsum(fragments.counts) - fragments.counts  # of each row's fragments
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
        kept = slice(None) if whole.all() else np.repeat(whole, fragments.sizes)
        tokens[filled], begins[filled] = fragments.ids[kept], fragments.begins[kept]
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
        self,
        fragments: Fragments,
        kinds: np.ndarray,
        whole: np.ndarray,
        random: np.random.Generator,
    ) -> list[tuple[np.ndarray, int]]:
        """Texts that are cut, with their special tokens; and how many tokens at the end are named.

        Args:
            fragments: the fragments of the rows.
            kinds: the objective of each fragment, integers (fragments,).
            whole: those that are not cut, bool (fragments,).
            random: decides where.
        """
        cls, sep = [self.cls], [self.sep]
        ends = np.cumsum(fragments.sizes)
        texts = []
        for fragment in np.flatnonzero(~whole):
            place = slice(ends[fragment] - fragments.sizes[fragment], ends[fragment])
            ids, begins = fragments.ids[place], fragments.begins[place]
            asked = None
            if self.names[kinds[fragment]] == "span":
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
        mask, other = self.masking.mask_token_rate, self.masking.random_token_rate
        new = np.where(kind < mask + other, drawn, old)
        tokens.ravel()[places] = np.where(kind < mask, self.mask, new)

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
