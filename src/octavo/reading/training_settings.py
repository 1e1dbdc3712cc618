"""How a reader is trained: what decides the result of a run."""

from __future__ import annotations

from dataclasses import dataclass

from octavo._checks import check_field_types, check_number, check_share, check_whole


@dataclass(frozen=True)
class TrainingSettings:
    """How a reader is trained; `octavo read train --help` shows these texts.

    Args:
        epochs: Passes over the questions.
        batch_size: Examples of a training step.
        learning_rate: Step size at the end of the warm-up; a cosine then falls to a hundredth of
            it.
        head_multiplier: How many times faster the layers that choose tokens learn than the others.
            Default: 8 where they are new, as when a reader is made from an encoder, else 1.
        dropout: Dropout rate of hidden states and attention while training.
        negative_rate: How often a question with an answer is shown a window without it.
        first_token_weight: Weight in the loss of an answer's first token, which chooses the place.
        seed: Seed of the examples and the dropout: the same seed gives the same reader.

    Raises:
        UsageError: if a value is impossible; names it.

    Example:
        >>> TrainingSettings(epochs=3).batch_size
        32
    """

    epochs: int = 8
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_multiplier: float | None = None
    dropout: float = 0.1
    negative_rate: float = 0.1
    first_token_weight: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check_field_types(self)
        check_whole("epochs", self.epochs, 1)
        check_whole("batch_size", self.batch_size, 1)
        check_number("learning_rate", self.learning_rate, above=0)
        if self.head_multiplier is not None:
            check_number("head_multiplier", self.head_multiplier, above=0)
        check_share("dropout", self.dropout)
        check_share("negative_rate", self.negative_rate)
        check_number("first_token_weight", self.first_token_weight, above=0)
        check_whole("seed", self.seed, 0, 2**32 - 1)
