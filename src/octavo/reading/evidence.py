"""From decoded tokens to an answer in the words of the passages, with every passage's vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from octavo.decoding import Decoded
from octavo.reading.answer import Answer, Candidate, PassageVote
from octavo.reading.boundaries import is_inside_word
from octavo.reading.calibration import Calibration, Signals
from octavo.reading.question_files import Passage
from octavo.reading.windows import Window, find_tokens
from octavo.text import Encoding, WordPieceTokenizer

PAIRS = ("“”", "‘’", "「」", "『』", "《》", "〈〉", "（）", "()", "【】", "[]", '""')
Span = tuple[int, int]  # first and last, exclusive, of an answer's characters
EDGES = " \t\n\u3000,，、;；:：·"  # no answer begins or ends with one of them


class Prepared(NamedTuple):
    """One question ready for the decoder.

    Attributes:
        question: the question as it was given.
        encoding: its tokens, before it was cut.
        passages: each passage with its tokens.
        ids: the token ids of each passage, words outside the vocabulary told apart.
        windows: the parts of the passages that are read.
        prefixes: [CLS] window [SEP] question [SEP] of each window.
        found: how many windows there were, before the nearest were chosen.
    """

    question: str
    encoding: Encoding
    passages: list[tuple[Passage, Encoding]]
    ids: list[np.ndarray]
    windows: list[Window]
    prefixes: list[np.ndarray]
    found: int


def make_answer(
    prepared: Prepared,
    decoded: Decoded,
    tokenizer: WordPieceTokenizer,
    calibration: Calibration | None = None,
    top_k: int = 1,
) -> Answer:
    """The best answer, the next ones that do not overlap it, and every passage's vote.

    Args:
        prepared: the question and its passages.
        decoded: what was found in them.
        tokenizer: the one they were read with.
        calibration: makes scores probabilities; None leaves them mean votes.
        top_k: answers at most.
    """
    candidates: list[Candidate] = []
    kept: tuple[PassageVote, ...] = ()
    for place, tokens in enumerate(decoded.tokens):
        if not tokens or len(candidates) == top_k:
            break
        signals = Signals.of(decoded, place)
        mean = float(np.exp(signals.vote / signals.tokens))
        score = calibration.probability(signals) if calibration else mean
        votes, likeliest = _votes(prepared, decoded, place)
        known = [
            token if token < len(tokenizer.vocabulary) else tokenizer.unk_id for token in tokens
        ]
        candidate = _find_best(votes, likeliest, tokenizer.decode(known), score)
        if candidates and not any(map(str.isalnum, candidate.text)):
            continue
        if any(_overlap(candidate, other) for other in candidates):
            continue
        if not candidates:
            kept = tuple(votes)
        candidates.append(candidate)
    if candidates:
        best = candidates[0]
        return Answer(prepared.question, best.text, best.score, kept, tuple(candidates))
    doubt = float(decoded.doubts.min())
    sure = calibration.no_answer_probability(doubt) if calibration else None
    nothing = float(decoded.no_answer.mean()) if sure is None else sure
    return Answer(prepared.question, "", nothing, tuple(_votes(prepared, decoded, None)[0]))


def _votes(
    prepared: Prepared, decoded: Decoded, place: int | None
) -> tuple[list[PassageVote], list[Span | None]]:
    """Every passage's vote for the answer of a place in the list, and where it likeliest stands.

    Place None: for no answer.
    """
    votes, likeliest = [], []
    for index, (passage, encoding) in enumerate(prepared.passages):
        rows = [r for r, window in enumerate(prepared.windows) if window.passage == index]
        vote = 0.0
        spans: tuple[Span, ...] = ()
        best: Span | None = None
        if place is not None:
            steps = max(int(decoded.steps[place]), 1)
            if rows:
                vote = float(np.exp(decoded.row_scores[rows, place] / steps).max())
            found = find_tokens(prepared.ids[index], decoded.tokens[place])
            if found:
                starts = np.zeros(len(prepared.ids[index]))
                for row in rows:
                    window = prepared.windows[row]
                    here = slice(window.start, window.start + len(window.ids))
                    pointed = decoded.starts[row, 1 : 1 + len(window.ids)]
                    starts[here] = np.maximum(starts[here], pointed)
                spans, best = _find_spans(passage.text, encoding, found, starts)
        likeliest.append(best)
        votes.append(
            PassageVote(
                text=passage.text,
                vote=vote,
                no_answer=float(decoded.no_answer[rows].min()) if rows else None,
                voted=bool(decoded.voting[rows].any()),
                spans=spans,
                source=passage.source,
            )
        )
    return votes, likeliest


def _find_spans(
    text: str, encoding: Encoding, found: Sequence[tuple[int, int]], starts: np.ndarray
) -> tuple[tuple[Span, ...], Span]:
    """Where an answer stands as words and numbers of its own, and the likeliest of the places.

    Args:
        text: the passage.
        encoding: its tokens.
        found: first and last, exclusive, of the tokens of each place.
        starts: float (tokens,), how likely the answer begins at each of them.
    """
    places = [(int(encoding.starts[a]), int(encoding.ends[b - 1])) for a, b in found]
    whole = [not any(is_inside_word(text, edge) for edge in place) for place in places]
    best = max(range(len(places)), key=lambda n: (starts[found[n][0]], whole[n]))
    kept = [n for n in range(len(places)) if whole[n] or n == best or not any(whole)]
    spans = dict.fromkeys(whole_words(text, *places[n]) for n in kept)
    return tuple(spans), whole_words(text, *places[best])


def _find_best(
    votes: Sequence[PassageVote], likeliest: Sequence[Span | None], written: str, score: float
) -> Candidate:
    """The place of an answer in the passage that votes for it most; the text alone if in none."""
    standing = {index: place for index, place in enumerate(likeliest) if place is not None}
    if not standing:
        return Candidate(written, score)
    best = max(standing, key=lambda index: votes[index].vote)
    start, end = standing[best]
    return Candidate(votes[best].text[start:end], score, best + 1, start, end)


def _overlap(one: Candidate, other: Candidate) -> bool:
    """Whether two answers share a place, or the words."""
    if one.text == other.text:
        return True
    if one.start is None or other.start is None or one.end is None or other.end is None:
        return False
    same = one.passage == other.passage
    return same and one.start < other.end and other.start < one.end


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with no Latin word or number cut in two, and no stray mark at its edges.

    Example:
        >>> text = "全长167.8公里，由“Alice Springs”起"
        >>> [text[slice(*whole_words(text, *span))] for span in ((2, 5), (12, 16), (11, 17))]
        ['167.8', 'Alice', 'Alice']
    """
    first, last = start, end
    while start < end and text[start] in EDGES:
        start += 1
    while end > start and text[end - 1] in EDGES:
        end -= 1
    while is_inside_word(text, start):
        start -= 1
    while is_inside_word(text, end):
        end += 1
    for pair in PAIRS:
        if end - start > 1 and _is_open(text[start:end], *pair):
            start += text[start] in pair
            end -= text[end - 1] in pair and _is_open(text[start:end], *pair)
    return (start, end) if start < end else (first, last)


def _is_open(text: str, opening: str, closing: str) -> bool:
    """Whether a mark that comes in pairs stands alone in a text."""
    if opening == closing:
        return text.count(opening) % 2 == 1
    return text.count(opening) != text.count(closing)
