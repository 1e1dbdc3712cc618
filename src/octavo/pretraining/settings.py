"""What a pretraining run is: every option that decides its result."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo._checks import check_field_types, check_number, check_one_of, check_share, check_whole
from octavo.errors import DataError, UsageError
from octavo.pretraining.objectives import Masking, parse_objectives

if TYPE_CHECKING:
    from octavo.training.devices import Devices

OPTIMIZERS = ("adamw", "lamb")
PRECISIONS = ("float32", "mixed_bfloat16")
LEAST = {"sequence_length": 16, "intermediate_size": 0, "seed": 0}  # the others 1
VOCABULARY_SIZE = 8000  # tokens of a vocabulary that `prepare` makes, unless it is told


@dataclass(frozen=True)
class Settings:
    """Sizes of the model, what it is asked, and how it is trained.

    `octavo pretrain --help` shows these texts.

    Args:
        sequence_length: Tokens of a row.
        hidden_size: Width of the model.
        layers: Transformer blocks.
        heads: Attention heads of a block.
        intermediate_size: Width of the feed-forward nets; 0 for four times the model's.
        dropout: Dropout rate of hidden states and attention.
        objective: mlm (masked words), lm (the next token), unilm (the second part of a text from
            the first), span (a span that a text holds twice, asked of it), or a mix such as
            mlm:0.7,unilm:0.3; mlm,unilm is as much of each.
        mask_selection_rate: Probability that a word is masked.
        final_mask_selection_rate: The same at the end of training, to which it goes on a straight
            line; 0 for no change.
        mask_token_rate: Share of the tokens of masked words that becomes [MASK].
        random_token_rate: Share of them that becomes another token; the rest stays.
        batch_size: Rows of a step.
        steps: Updates of the weights.
        learning_rate: Step size at the end of the warm-up; it falls linearly to 0.
        warmup_ratio: Share of the steps in which the learning rate rises.
        optimizer: adamw or lamb.
        weight_decay: Decay of all weights but norms and biases.
        global_clipnorm: Largest norm of a gradient; 0 for none.
        gradient_accumulation_steps: Steps whose gradients make one update.
        ema_momentum: Momentum of the weights' average, which is then what is saved; 0 for none.
        validation_split: Share of the documents held out.
        precision: float32, or mixed_bfloat16 on a GPU, which multiplies it faster.
        recompute: Make activations again for the gradient instead of keeping them: less memory, a
            third more work.
        seed: Seed of weights, masks, order, dropout and held-out documents.
        preset: Train on from the weights of this model, a folder or hf://owner/name, whose
            vocabulary and sizes are taken; none for new weights.

    Raises:
        UsageError: if a value is impossible; names it.

    Example:
        >>> Settings(steps=1000, objective="mlm:0.7,unilm:0.3").sequence_length
        256
    """

    sequence_length: int = 256
    hidden_size: int = 256
    layers: int = 6
    heads: int = 4
    intermediate_size: int = 0
    dropout: float = 0.1
    objective: str = "mlm"
    mask_selection_rate: float = 0.15
    final_mask_selection_rate: float = 0.0
    mask_token_rate: float = 0.8
    random_token_rate: float = 0.1
    batch_size: int = 64
    steps: int = 10_000
    learning_rate: float = 1e-3
    warmup_ratio: float = 0.1
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    global_clipnorm: float = 1.0
    gradient_accumulation_steps: int = 1
    ema_momentum: float = 0.0
    validation_split: float = 0.005
    precision: str = "float32"
    recompute: bool = False
    seed: int = 0
    preset: str = ""

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check_field_types(self)
        for field in dataclasses.fields(self):
            if field.type == "int":
                check_whole(field.name, getattr(self, field.name), LEAST.get(field.name, 1))
        for name in ("dropout", "warmup_ratio", "ema_momentum", "validation_split"):
            check_share(name, getattr(self, name))
        for name in ("weight_decay", "global_clipnorm"):
            check_number(name, getattr(self, name), least=0)
        check_number("learning_rate", self.learning_rate, above=0)
        check_one_of("optimizer", self.optimizer, OPTIMIZERS)
        check_one_of("precision", self.precision, PRECISIONS)
        if self.hidden_size % self.heads:
            raise UsageError(
                "hidden_size must be a multiple of heads. Received: "
                f"hidden_size={self.hidden_size}, heads={self.heads}"
            )
        parse_objectives(self.objective)
        self.make_masking()

    def make_masking(self) -> Masking:
        """How words are masked."""
        names = (field.name for field in dataclasses.fields(Masking))
        return Masking(**{name: getattr(self, name) for name in names})

    @classmethod
    def from_file(cls, path: str | PathLike[str], **changes: Any) -> Settings:
        """Read a TOML file of these names; `changes` go before what it says.

        Raises:
            DataError: if the file cannot be read or is not TOML.
            UsageError: if a name is unknown or a value impossible.
        """
        try:
            values = tomllib.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", path) from None
        except (ValueError, RecursionError) as error:  # of TOML or UTF-8, brackets too deep
            raise DataError(f"not TOML: {error}", path) from None
        known = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise UsageError(f"{path}: no setting {name}; known: {', '.join(sorted(known))}")
        try:
            return cls(**{**values, **changes})
        except UsageError as error:
            if set(re.findall(r"\w+", str(error))) & (values.keys() - changes.keys()):
                raise UsageError(f"{path}: {error}") from None
            raise


def check_devices(settings: Settings, devices: Devices) -> None:
    """Refuse a batch or a model that cannot be shared out evenly.

    Raises:
        UsageError: naming the setting that does not fit the devices.

    Example:
        >>> from octavo.training.devices import Devices
        >>> check_devices(Settings(), Devices(None))
    """
    if settings.batch_size % devices.copies:
        raise UsageError(
            f"batch_size must be a multiple of {devices.copies}, the copies of the model. "
            f"Received: batch_size={settings.batch_size}"
        )
    for name in ("heads", "hidden_size", "intermediate_size"):
        if getattr(settings, name) % devices.model_parallel:
            raise UsageError(
                f"{name} must be a multiple of model_parallel={devices.model_parallel}. Received: "
                f"{name}={getattr(settings, name)}"
            )
