"""Passages and a question in, an answer with its evidence out.

Keras is loaded by `Reader` and `ReaderSettings` alone.

Source: Su Jianlin, kexue.fm/archives/7115.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._lazy import load_later
from octavo.reading.answer import Answer, Candidate, PassageVote
from octavo.reading.question_files import Passage, Question, read_questions, write_questions

if TYPE_CHECKING:
    from octavo.reading.reader import Reader
    from octavo.reading.settings import ReaderSettings

__all__ = [
    "Answer",
    "Candidate",
    "Passage",
    "PassageVote",
    "Question",
    "Reader",
    "ReaderSettings",
    "read_questions",
    "write_questions",
]

__getattr__ = load_later(__name__, {"Reader": "reader", "ReaderSettings": "settings"})
