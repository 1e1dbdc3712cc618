"""Passages and a question in, an answer with its evidence out (article 7115)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.reading.answer import Answer, PassageVote

if TYPE_CHECKING:
    from octavo.reading.reader import Reader
    from octavo.reading.settings import ReaderSettings

__all__ = ["Answer", "PassageVote", "Reader", "ReaderSettings"]


def __getattr__(name: str) -> Any:
    """Load what needs Keras only when it is asked for."""
    if name == "Reader":
        from octavo.reading.reader import Reader

        return Reader
    if name == "ReaderSettings":
        from octavo.reading.settings import ReaderSettings

        return ReaderSettings
    raise AttributeError(f"module 'octavo.reading' has no attribute {name!r}")
