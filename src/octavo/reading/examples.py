"""Training examples: one passage window a question and epoch, drawn afresh each epoch.

    questions -> tokens once -> an epoch's draws -> batches of static shape

The layout of a row is [CLS] window [SEP] question [SEP] answer [SEP]; segment 1 is the answer and
its [SEP]. The loss looks at the answer's tokens and the closing [SEP] only; a window that does
not hold the answer asks for the empty answer.

Source: Su Jianlin, kexue.fm/archives/7115: the row, what the loss looks at, the empty answer, and
one passage drawn for a question each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from octavo._seeds import make_generator
from octavo.errors import DataError
from octavo.reading.boundaries import is_inside_word
from octavo.reading.places import RIGHT, mark_places
from octavo.reading.question_files import Passage, Question
from octavo.reading.settings import ReaderSettings
from octavo.reading.windows import build_prefix
from octavo.text import Encoding, WordPieceTokenizer

FOREIGN_TRIES = 8  # for a passage without the answer
# rows and their answers are padded to multiples of these, so that few shapes are compiled
LENGTH_STEP, ANSWER_STEP = 64, 16


@dataclass(frozen=True)
class TokenizedPassage:
    """Token ids of a passage, int32 (n,), and its answers.

    `spans` are the token spans where an answer stands, int (spans, 2); `written` are the tokens of
    the answers that stand nowhere in it.
    """

    ids: np.ndarray
    spans: np.ndarray
    written: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Example:
    """One row: window and question tokens, and the answer's tokens (none: no answer).

    `starts` are the places in the window where the answer begins: none for no answer, or one that
    stands nowhere.
    """

    window: np.ndarray
    question: np.ndarray
    answer: np.ndarray
    starts: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Tokens of the whole row."""
        return len(self.window) + len(self.question) + len(self.answer) + 4


def find_token_spans(
    text: str, starts: np.ndarray, ends: np.ndarray, answer: str
) -> list[tuple[int, int]]:
    """Token spans (first, end exclusive) that cover each occurrence of `answer` in `text`.

    Where it stands as words and numbers of its own, those inside of others are left out: 9 is not
    the answer in 19.

    Example:
        >>> find_token_spans("甲乙甲", np.array([0, 1, 2]), np.array([1, 2, 3]), "甲")
        [(0, 1), (2, 3)]
        >>> find_token_spans("19，9", np.array([0, 2, 3]), np.array([2, 3, 4]), "9")
        [(2, 3)]
    """
    spans, whole = [], []
    place = text.find(answer) if answer else -1
    while place >= 0:
        first = int(np.searchsorted(ends, place, side="right"))
        end = int(np.searchsorted(starts, place + len(answer), side="left"))
        if first < end:
            spans.append((first, end))
            if not (is_inside_word(text, place) or is_inside_word(text, place + len(answer))):
                whole.append((first, end))
        place = text.find(answer, place + len(answer))
    return whole or spans


class ExampleSampler:
    """Draws training examples from questions.

    Args:
        questions: at least one.
        tokenizer: gives tokens and their character spans.
        settings: lengths.
        negative_rate: how often, 0-1, a question with an answer is shown a window without it: of
            the same passage where that is long enough, else a passage of another question in which
            none of its answers stands. Where none is found, it is shown its answer.
        first_token_weight: weight in the loss of an answer's first token, which chooses the place;
            the tokens after it are mostly copied, and there are many of them.
        seed: the same seed gives the same examples, epoch by epoch.
        places: whether labels are places of the prefix (`mark_places`) or tokens.
        length_step: rows are padded to a multiple of so many tokens.

    Raises:
        DataError: if there is no question, or one is empty; names it.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        tokenizer: WordPieceTokenizer,
        settings: ReaderSettings,
        negative_rate: float = 0.1,
        first_token_weight: float = 1.0,
        seed: int = 0,
        places: bool = False,
        length_step: int = LENGTH_STEP,
    ) -> None:
        if not questions:
            raise DataError("no question to train on")
        empty = next((one.id for one in questions if not one.question.strip()), None)
        if empty is not None:
            raise DataError(f"question {empty} is empty, expected a question to train on")
        self.settings = settings
        self.negative_rate = negative_rate
        self.first_token_weight = first_token_weight
        self.seed = seed
        self.places, self.length_step = places, length_step
        self.cls_id, self.sep_id = tokenizer.cls_id, tokenizer.sep_id
        self.pad_id = tokenizer.pad_id
        self.questions = [
            encoding.ids[: settings.question_length]
            for encoding in tokenizer.encode_many([q.question for q in questions])
        ]
        self.texts = [[passage.text for passage in question.passages] for question in questions]
        self.answers = [
            {*question.answers, *(a for passage in question.passages for a in passage.answers)}
            for question in questions
        ]
        encodings = iter(tokenizer.encode_many([text for texts in self.texts for text in texts]))
        self.passages = [
            [self._find(tokenizer, passage, next(encodings)) for passage in question.passages]
            for question in questions
        ]

    def __len__(self) -> int:
        return len(self.questions)

    def _find(
        self, tokenizer: WordPieceTokenizer, passage: Passage, encoding: Encoding
    ) -> TokenizedPassage:
        """Tokens of one passage and where its answers stand."""
        spans: list[tuple[int, int]] = []
        written = []
        for answer in passage.answers:
            found = find_token_spans(passage.text, encoding.starts, encoding.ends, answer)
            spans += found
            if not found:
                written.append(tokenizer.encode(answer).ids)
        return TokenizedPassage(
            encoding.ids.astype(np.int32), np.array(spans, int).reshape(-1, 2), tuple(written)
        )

    def draw(self, epoch: int, index: int) -> Example:
        """The example of one question in one epoch."""
        random = make_generator(self.seed, "example", epoch, index)
        passages = self.passages[index]
        passage = passages[random.integers(len(passages))]
        answered = bool(len(passage.spans) or passage.written)
        without = None
        starts: tuple[int, ...] = ()
        if answered and random.random() < self.negative_rate:
            without = self._draw_without(passage, index, random)
        if without is not None:
            window, answer = without, np.empty(0, np.int32)
        elif len(passage.spans):
            window, answer, starts = self._draw_around(passage, random)
        else:
            window = self._cut(passage.ids, random)
            answer = passage.written[0] if passage.written else np.empty(0, np.int32)
        answer = answer[: self.settings.answer_length]
        return Example(window, self.questions[index], answer, starts)

    def _cut(self, ids: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """A window anywhere."""
        size = self.settings.window
        start = random.integers(max(len(ids) - size, 0) + 1)
        return ids[start : start + size]

    def _draw_around(
        self, passage: TokenizedPassage, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
        """A window around one occurrence of an answer, the answer's tokens, where they begin."""
        size = self.settings.window
        first, end = passage.spans[random.integers(len(passage.spans))]
        end = min(end, first + self.settings.answer_length)
        lowest = max(0, end - size)
        highest = min(first, max(len(passage.ids) - size, 0))
        start = random.integers(lowest, max(highest, lowest) + 1)
        window, answer = passage.ids[start : start + size], passage.ids[first:end]
        last = start + len(window) - len(answer)
        starts = tuple(
            int(place) - start
            for place in np.unique(passage.spans[:, 0])
            if start <= place <= last
            and np.array_equal(passage.ids[place : place + len(answer)], answer)
        )
        return window, answer, starts

    def _draw_without(
        self, passage: TokenizedPassage, index: int, random: np.random.Generator
    ) -> np.ndarray | None:
        """A window of the passage that holds no answer, or one of another question's passage."""
        size = self.settings.window
        if len(passage.spans) and not passage.written:
            before, after = passage.spans[:, 0].min(), passage.spans[:, 1].max()
            parts = [p for p in (passage.ids[:before], passage.ids[after:]) if len(p) >= size // 2]
            if parts:
                return self._cut(parts[random.integers(len(parts))], random)
        answers = self.answers[index]
        for _ in range(FOREIGN_TRIES):
            foreign = random.integers(len(self.texts))
            at = random.integers(len(self.texts[foreign]))
            if not any(answer in self.texts[foreign][at] for answer in answers):
                return self._cut(self.passages[foreign][at].ids, random)
        return None

    def batches(self, epoch: int, batch_size: int) -> list[list[Example]]:
        """All examples of an epoch, as batches of rows of like lengths, in random order.

        Rows that fill no batch of their lengths join the next longer ones, so at most one batch
        is short.
        """
        examples = [self.draw(epoch, index) for index in range(len(self))]
        random = make_generator(self.seed, "order", epoch)
        order = random.permutation(len(examples))
        groups: dict[tuple[int, int], list[Example]] = {}
        for index in order:
            groups.setdefault(padded_shape([examples[index]], self.length_step), []).append(
                examples[index]
            )
        result: list[list[Example]] = []
        waiting: list[Example] = []
        for shape in sorted(groups):
            rows = waiting + groups[shape]
            whole = len(rows) // batch_size * batch_size
            result += [rows[i : i + batch_size] for i in range(0, whole, batch_size)]
            waiting = rows[whole:]
        result = [result[i] for i in random.permutation(len(result))]
        return [*result, waiting] if waiting else result

    def arrays(
        self, examples: Sequence[Example], batch_size: int
    ) -> tuple[dict[str, Any], Any, Any]:
        """Inputs, labels and weights of one batch, padded to static shapes.

        Returns:
            ({token_ids, segment_ids: int32 (batch, length), mask_positions: int32 (batch, a)},
            labels int32 (batch, a), weights float32 (batch, a)); with `places` the labels are
            int8 (batch, a, length).
        """
        length, count = padded_shape(examples, self.length_step)
        tokens = np.full((batch_size, length), self.pad_id, np.int32)
        segments = np.zeros((batch_size, length), np.int32)
        positions = np.zeros((batch_size, count), np.int32)
        labels = np.zeros((batch_size, count), np.int32)
        if self.places:
            labels = np.zeros((batch_size, count, length), np.int8)
        weights = np.zeros((batch_size, count), np.float32)
        for row, example in enumerate(examples):
            prefix = build_prefix(example.window, example.question, self.cls_id, self.sep_id)
            target = np.append(example.answer, self.sep_id)
            count, end = len(target), len(prefix) + len(target)
            tokens[row, :end] = np.concatenate([prefix, target])
            segments[row, len(prefix) : end] = 1
            positions[row, :count] = np.arange(len(prefix) - 1, end - 1)
            weights[row, :count] = 1.0
            weights[row, 0] = self.first_token_weight
            if self.places:
                marks = mark_places(prefix, target, example.starts)
                labels[row, :count, : len(prefix)] = marks
                weights[row, :count] *= (marks == RIGHT).any(1)
            else:
                labels[row, :count] = target
        inputs = {"token_ids": tokens, "segment_ids": segments, "mask_positions": positions}
        return inputs, labels, weights


def padded_shape(examples: Sequence[Example], step: int = LENGTH_STEP) -> tuple[int, int]:
    """Tokens of the longest row and of the longest answer with its [SEP], rounded up.

    Example:
        >>> padded_shape([Example(np.zeros(60), np.zeros(9), np.zeros(4))])
        (128, 16)
    """
    longest = max(example.length for example in examples)
    written = max(len(example.answer) + 1 for example in examples)
    return -(-longest // step) * step, -(-written // ANSWER_STEP) * ANSWER_STEP
