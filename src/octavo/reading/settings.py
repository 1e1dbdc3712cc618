"""How a reader cuts text and decodes: saved beside its weights as reader.json."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo._checks import check_field_types, check_number, check_one_of, check_whole
from octavo.decoding.decoder import MOST_BEAMS
from octavo.decoding.votes import VOTES
from octavo.errors import PresetError, UsageError
from octavo.reading.calibration import Calibration

SETTINGS = "reader.json"


@dataclass(frozen=True)
class ReaderSettings:
    """Lengths in tokens, and how passages vote.

    Attributes:
        window: longest part of a passage read at once; longer passages become several windows.
        overlap: tokens shared by neighbouring windows.
        question_length: longest question; the rest is cut off.
        answer_length: longest answer, its closing [SEP] not counted.
        beams: answers followed at once by beam search.
        vote: how passages vote at every step, a name of `octavo.decoding.VOTES`.
        most_windows: most windows read for one question; of more, those nearest to the question.
        no_answer_bias: added to the log probability of "no answer" when it is decided whether a
            passage votes; below 0 answers more often.
        calibration: turns votes into probabilities, see `Reader.calibrate`; None leaves votes.

    Source: window 256, question 64, answer 32 and the vote are those of the article's example
    (Su Jianlin, kexue.fm/archives/7115).

    Example:
        >>> ReaderSettings(window=128).longest_input
        228
    """

    window: int = 256
    overlap: int = 64
    question_length: int = 64
    answer_length: int = 32
    beams: int = 4
    vote: str = "article"
    most_windows: int = 64
    no_answer_bias: float = 0.0
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        """Refuse impossible lengths."""
        check_field_types(self)
        if not isinstance(self.calibration, Calibration | None):
            kind = type(self.calibration).__name__
            raise UsageError(f"calibration must be of type Calibration. Received: {kind}")
        for field in dataclasses.fields(self):
            if field.type == "int" and field.name != "overlap":
                check_whole(field.name, getattr(self, field.name), 1)
        check_whole("beams", self.beams, 1, MOST_BEAMS)
        check_number("no_answer_bias", self.no_answer_bias)
        check_whole("overlap", self.overlap, 0, self.window - 1)
        check_one_of("vote", self.vote, VOTES)

    @property
    def longest_prefix(self) -> int:
        """Tokens of [CLS] window [SEP] question [SEP]."""
        return self.window + self.question_length + 3

    @property
    def longest_input(self) -> int:
        """Tokens of the prefix, the answer and its closing [SEP], as training sees them."""
        return self.longest_prefix + self.answer_length + 1

    @classmethod
    def from_file(cls, path: str | Path) -> ReaderSettings:
        """Read reader.json.

        Raises:
            PresetError: if it is not JSON or holds an unknown key or an impossible value.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise PresetError("a JSON object is wanted", path=path)
            known = {field.name for field in dataclasses.fields(cls)}
            unknown = sorted(set(values) - known)
            if unknown:
                raise PresetError(f"key {unknown[0]} is unknown", path=path)
            return cls(**{**values, **_read_calibration(values)})
        except json.JSONDecodeError as error:
            raise PresetError(f"not valid JSON ({error.msg})", path, error.lineno) from None
        except PresetError:
            raise
        except UsageError as error:
            raise PresetError(f"key {error}", path=path) from None
        except (OSError, ValueError, RecursionError):
            raise PresetError("cannot be read as JSON", path=path) from None


def read_settings(folder: Path, positions: int) -> ReaderSettings:
    """reader.json, or for a plain model the article's lengths as far as its positions go."""
    path = folder / SETTINGS
    if path.is_file():
        settings = ReaderSettings.from_file(path)
        if settings.longest_input > positions:
            raise PresetError(
                f"needs {settings.longest_input} positions, but config.json says "
                f"max_position_embeddings {positions}",
                path=path,
            )
        return settings
    return plain_settings(positions, folder)


def plain_settings(positions: int, source: str | Path) -> ReaderSettings:
    """The article's lengths, as far as a model's positions go."""
    window = min(256, positions - ReaderSettings(window=1, overlap=0).longest_input + 1)
    if window < 1:
        raise PresetError(f"max_position_embeddings {positions} are too few to read", path=source)
    return ReaderSettings(window=window, overlap=min(64, window // 4))


def _read_calibration(values: dict[str, Any]) -> dict[str, Calibration]:
    weights = values.get("calibration")
    if weights is None:
        return {}
    if not isinstance(weights, dict) or not {"answer"} <= set(weights) <= {"answer", "no_answer"}:
        raise UsageError("calibration must have the keys answer and no_answer")
    return {"calibration": Calibration(**weights)}
