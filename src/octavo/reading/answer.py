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
class Answer:
    """The answer to one question, with its evidence.

    Attributes:
        question: the question as it was given.
        text: the answer, cut from a passage where it stands in one; "" if there is none.
        score: the mean vote per token, 0-1 (no answer: its mean probability over the windows).
        passages: one `PassageVote` a passage, in the order given.

    Example:
        >>> Answer("谁？", "", 0.9, ()).found
        False
    """

    question: str
    text: str
    score: float
    passages: tuple[PassageVote, ...]

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
        """The answer as plain JSON types, its passages as `rank` orders them."""
        passages = [
            {"number": number, **vars(passage), "spans": [list(span) for span in passage.spans]}
            for number, passage in self.rank()
        ]
        return {**vars(self), "passages": passages}
