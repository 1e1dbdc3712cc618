"""The shape of a BERT-family model, in the words of a Hugging Face config.json.

Source: the transformers library, `BertConfig`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo._checks import (
    check_field_types,
    check_number,
    check_one_of,
    check_share,
    check_whole,
)
from octavo.errors import PresetError, UsageError
from octavo.transformer.quantization import QUANTIZATION

FAMILIES = ("bert",)
TYPES = 5  # segment types of question_match
ACTIVATIONS = ("gelu", "gelu_new", "relu")
SAME_AS = {"gelu_pytorch_tanh": "gelu_new", "gelu_fast": "gelu_new"}  # other names for them
MAY_BE_ZERO = ("num_hidden_layers", "pad_token_id")
RATES = ("hidden_dropout_prob", "attention_probs_dropout_prob")


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes and rates of a BERT-family model; the names are those of config.json.

    Raises:
        PresetError: if a value is impossible; names the key.

    Example:
        >>> config = TransformerConfig(vocab_size=100, hidden_size=32, num_attention_heads=4)
        >>> config.head_size
        8
    """

    vocab_size: int
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    initializer_range: float = 0.02
    pad_token_id: int = 0
    model_type: str = "bert"
    question_match: bool = False  # octavo's own key, see question_match.py
    sep_token_id: int | None = None  # question_match needs it
    pointer_head: bool = False  # octavo's own key, see pointer_head.py
    quantization_config: dict | None = None  # of the weights beside it, see quantization.py

    def __post_init__(self) -> None:
        """Refuse what no model can be built from."""
        try:
            self._check_fields()
        except UsageError as error:
            raise PresetError(f"key {error}") from None
        if self.pad_token_id >= self.vocab_size:
            raise PresetError(
                f"key pad_token_id: {self.pad_token_id} is no token of {self.vocab_size}"
            )
        if self.hidden_size % self.num_attention_heads:
            raise PresetError(
                f"key num_attention_heads: hidden_size {self.hidden_size} "
                f"cannot be split into {self.num_attention_heads} heads"
            )
        sep = self.sep_token_id
        if self.question_match and not (type(sep) is int and 0 <= sep < self.vocab_size):
            raise PresetError(
                f"key sep_token_id: question_match needs the number of [SEP], not {sep!r}"
            )
        if self.question_match and self.type_vocab_size < TYPES:
            raise PresetError(
                f"key type_vocab_size: question_match needs {TYPES}, not {self.type_vocab_size}"
            )

    def _check_fields(self) -> None:
        """Refuse values impossible by themselves, whatever the others are."""
        check_field_types(self)
        check_one_of("model_type", self.model_type, FAMILIES)
        check_one_of("hidden_act", self.hidden_act, ACTIVATIONS)
        if self.quantization_config not in (None, QUANTIZATION):
            raise PresetError(
                "key quantization_config: only int8 weights with one scale a row can be read, "
                "as save_preset(dtype='int8') writes them"
            )
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            if field.type == "int":
                check_whole(name, value, 0 if name in MAY_BE_ZERO else 1)
            elif name in RATES:
                check_share(name, value)
            elif field.type == "float":
                check_number(name, value, least=0)

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def to_dict(self) -> dict[str, Any]:
        """The config as config.json holds it."""
        values = dataclasses.asdict(self)
        if self.quantization_config is None:  # other tools take null for a faulty one
            del values["quantization_config"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TransformerConfig:
        """Take the keys this library knows from a config.json; others are ignored.

        Raises:
            PresetError: if vocab_size is absent or a value is impossible.
        """
        if "vocab_size" not in values:
            raise PresetError("key vocab_size is missing")
        if values.get("position_embedding_type", "absolute") != "absolute":
            raise PresetError(
                "key position_embedding_type: only absolute positions can be read, "
                f"not {values['position_embedding_type']!r}"
            )
        act = values.get("hidden_act")
        if isinstance(act, str):
            values = {**values, "hidden_act": SAME_AS.get(act, act)}
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})

    @classmethod
    def from_file(cls, path: str | Path) -> TransformerConfig:
        """Read config.json.

        Raises:
            PresetError: if the file is absent, is not JSON, or holds an impossible value.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise PresetError("a JSON object is wanted")
            return cls.from_dict(values)
        except OSError as error:
            raise PresetError(f"cannot be read: {error.strerror}", path=path) from None
        except json.JSONDecodeError as error:
            raise PresetError(f"not valid JSON ({error.msg})", path, error.lineno) from None
        except PresetError as error:
            raise PresetError(str(error), path=path) from None
        except (ValueError, RecursionError):  # not UTF-8, or brackets without end
            raise PresetError("not a JSON text", path=path) from None
