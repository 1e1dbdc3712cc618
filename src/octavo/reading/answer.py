"""What a reader returns: the answer, and how much each passage supports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PassageVote:
    """One passage's part in an answer.

    Attributes:
        text: the passage as it was given.
        vote: the probability this passage alone gives the answer, geometric mean per token, 0-1.
        no_answer: the probability that the passage holds no answer, 0-1; None if it was not read,
            because windows of other passages are nearer to the question.
        voted: whether it took part in the vote: it was read, and the likeliest is not "no answer".
        spans: where the answer stands in `text`, as (start, end) in characters, end exclusive.
        source: where the passage is from, as it was given.

    Example:
        >>> vote = PassageVote("毕昇发明了它。", 0.8, no_answer=0.1, voted=True, spans=((0, 2),))
        >>> [vote.text[start:end] for start, end in vote.spans]
        ['毕昇']
    """

    text: str
    vote: float
    no_answer: float | None
    voted: bool
    spans: tuple[tuple[int, int], ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Candidate:
    """One of several possible answers.

    Attributes:
        text: the answer.
        score: as that of `Answer`.
        passage: the number of the passage it stands in, from 1; None if it stands in none.
        start: its first character in that passage.
        end: one past its last character.

    Example:
        >>> Candidate("毕昇", 0.8, passage=1, start=0, end=2).text
        '毕昇'
    """

    text: str
    score: float
    passage: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to one question, with its evidence.

    Attributes:
        question: the question as it was given.
        text: the answer, cut from a passage where it stands in one; "" if there is none.
        score: the probability that the answer is right, or that there is none, 0-1. Of a reader
            that was never calibrated the mean vote a token (no answer: its mean probability over
            the windows).
        passages: one `PassageVote` a passage, in the order given.
        candidates: the answer itself and, where more were asked for, the next ones, none of which
            overlaps another; empty without an answer.

    Example:
        >>> Answer("谁？", "", 0.9, ()).found
        False
    """

    question: str
    text: str
    score: float
    passages: tuple[PassageVote, ...]
    candidates: tuple[Candidate, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is an answer."""
        return bool(self.text)

    def rank(self) -> list[tuple[int, PassageVote]]:
        """The passages by their votes, the highest first, each with its number, from 1.

        Of equal votes the one first that is surest to hold an answer; what was not read comes last.

        Example:
            >>> votes = [PassageVote("西郊", 0, None, False), PassageVote("毕昇", 0.8, 0.1, True)]
            >>> [number for number, _ in Answer("谁？", "毕昇", 0.8, tuple(votes)).rank()]
            [2, 1]
        """

        def key(numbered: tuple[int, PassageVote]) -> tuple[float, float]:
            passage = numbered[1]
            return -passage.vote, 2.0 if passage.no_answer is None else passage.no_answer

        return sorted(enumerate(self.passages, 1), key=key)

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON types.

        Its keys answer, score, start and end are those of a question-answering pipeline; start and
        end are places in the passage of that number, null where it stands in none. The passages
        are as `rank` orders them.
        """
        candidates = [_name(candidate) for candidate in self.candidates]
        nothing = Candidate(self.text, self.score)
        passages = [
            {"number": number, **vars(passage), "spans": [list(span) for span in passage.spans]}
            for number, passage in self.rank()
        ]
        return {
            "question": self.question,
            **(candidates[0] if candidates else _name(nothing)),
            "candidates": candidates,
            "passages": passages,
        }


def _name(candidate: Candidate) -> dict[str, Any]:
    values = dict(vars(candidate))
    return {"answer": values.pop("text"), **values}
