"""Questions beside a passage that is near to them but does not hold their answer.

A reader that only sees passages of its question, or of quite other themes, learns to say "no
answer" by the theme alone. These passages share words with the question: those of other questions
that a search by its letters would bring up first, and its own without the sentences that answer it.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from octavo.reading.baseline import split_sentences
from octavo.reading.question_files import Question
from reader_sources import ask

COLUMNS = 1 << 20
NEAREST = 10  # one of so many is taken
BLOCK = 512  # questions compared at once
LEAST_LEFT = 30  # characters of a passage that lost sentences


def add_near_passages(questions: list[Question], share: float, seed: int) -> Iterator[Question]:
    """Every so-manieth question asked again beside a near passage without its answer."""
    rng = random.Random(seed)
    texts = sorted({question.passages[0].text for question in questions})
    table = count_grams(texts)
    rarity = np.log(len(texts) / (1 + (table > 0).sum(axis=0)))
    weighted = (table > 0).astype(np.float32).multiply(np.maximum(rarity, 0)[None, :]).tocsr()
    chosen = rng.sample(questions, round(share * len(questions)))
    for first in range(0, len(chosen), BLOCK):
        block = chosen[first : first + BLOCK]
        scores = (count_grams([item.question for item in block]) @ weighted.T).toarray()
        for question, row in zip(block, scores, strict=True):
            answers = [answer.lower() for answer in question.passages[0].answers]
            near = [
                texts[place]
                for place in np.argsort(-row)[: 3 * NEAREST]
                if not any(answer in texts[place].lower() for answer in answers)
            ]
            if near:
                passage = rng.choice(near[:NEAREST])
                yield ask(f"{question.id}_NEAR", question.question, (passage,))


def add_cut_passages(questions: list[Question], share: float, seed: int) -> Iterator[Question]:
    """Every so-manieth question asked again beside its passage less the sentences of its answer."""
    for question in random.Random(seed).sample(questions, round(share * len(questions))):
        passage = question.passages[0]
        answers = [answer.lower() for answer in passage.answers]
        left = [
            sentence
            for sentence in split_sentences(passage.text)
            if not any(answer in sentence.lower() for answer in answers)
        ]
        text = (" " if passage.text.isascii() or ". " in passage.text else "").join(left)
        if answers and len(text) >= LEAST_LEFT and not any(one in text.lower() for one in answers):
            yield ask(f"{question.id}_CUT", question.question, (text,))


def count_grams(texts: list[str]) -> csr_array:
    """Pairs of letters of Chinese, words of Latin: float32 (texts, COLUMNS), hashed."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        letters = re.sub(r"\W", "", text)
        pairs = (letters[i : i + 2] for i in range(len(letters) - 1))
        grams = {pair for pair in pairs if not pair.isascii()}
        grams.update(re.findall(r"[a-z0-9]+", text.lower()))
        rows += [row] * len(grams)
        columns += [zlib.crc32(gram.encode()) % COLUMNS for gram in grams]
    ones = np.ones(len(rows), np.float32)
    return csr_array((ones, (rows, columns)), shape=(len(texts), COLUMNS))
