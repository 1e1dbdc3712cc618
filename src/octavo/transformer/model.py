"""A BERT-family model as encoder, language model or UniLM: built, or loaded from a preset."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from octavo._checks import check_one_of
from octavo._keras import keras, register
from octavo.errors import UsageError
from octavo.text import WordPieceTokenizer
from octavo.transformer.adapting import adapt_config, adapt_weights
from octavo.transformer.block import TransformerBlock
from octavo.transformer.config import TransformerConfig
from octavo.transformer.embeddings import PositionSegmentEmbedding, TiedEmbedding
from octavo.transformer.head import GatherPositions, HeadTransform
from octavo.transformer.initializer import undrawn
from octavo.transformer.inputs import check_inputs
from octavo.transformer.masks import APPLICATIONS, AttentionMask
from octavo.transformer.pointer_head import PointerHead
from octavo.transformer.presets import read_preset, save_preset
from octavo.transformer.question_match import QuestionMatch
from octavo.transformer.weights import assign_weights, read_weights, replaces_all_drawn


@register("Transformer")
class Transformer(keras.Model):
    """A BERT-family model; a functional Keras model that knows its config.

    Make one with `build_transformer_model` or `Transformer.from_preset`.

    Args:
        config: the sizes and rates of the model.
        application: "encoder" gives hidden states; "lm" and "unilm" give vocabulary logits.
        mask_positions: with lm and unilm, whether the output layer looks at some positions of a
            row only. The model then takes another input "mask_positions".
        packed: whether a row may hold several texts, which then see nothing of each other.
        recompute: whether training makes the blocks' activations again for the gradient instead of
            keeping them: a fraction of the memory, a third more work.

    Inputs (a dict): token_ids and segment_ids, int32 (batch, length); with `mask_positions` an
    int32 (batch, n) of that name; with `packed` also position_ids (from 0 in each
    text) and document_ids (any numbers, other ones for other texts of a row), int32 (batch,
    length).

    Outputs: encoder: float (batch, length, d); lm and unilm: float (batch, length or n, V), with a
    pointer_head float (batch, length or n, length), the scores of the prefix' places.

    Layers survive `clone_model` and saving in Keras' format; a dtype policy other than the global
    one and `trainable=False` do not.

    Source: Devlin et al. 2019, "BERT", section 3; Dong et al. 2019, "Unified Language Model
    Pre-training", section 2.

    Raises:
        PresetError: if a value of the config is impossible; names the key.
        UsageError: if the application is unknown or does not go with the other arguments.

    Example:
        >>> config = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1,
        ...           "num_attention_heads": 2, "intermediate_size": 32}
        >>> ids = np.array([[2, 7, 3]])
        >>> Transformer(config)({"token_ids": ids, "segment_ids": 0 * ids}).shape
        (1, 3, 16)
    """

    def __init__(
        self,
        config: TransformerConfig | dict[str, Any],
        application: str = "encoder",
        mask_positions: bool = False,
        packed: bool = False,
        recompute: bool = False,
        **kwargs: Any,
    ) -> None:
        if not isinstance(config, TransformerConfig):
            config = TransformerConfig.from_dict(config)
        config = replace(config, quantization_config=None)  # of the file, not of the model
        check_one_of("application", application, APPLICATIONS)
        if mask_positions and application == "encoder":
            raise UsageError(f"an encoder has no head. Received: mask_positions={mask_positions}")
        if config.pointer_head and application == "lm":
            raise UsageError("a pointer_head needs a prefix. Received: application='lm'")
        if packed and (config.pointer_head or config.question_match):
            key = "pointer_head" if config.pointer_head else "question_match"
            raise UsageError(f"{key} looks across texts of a row. Received: packed=True")
        layers = _make_layers(config, application != "encoder", recompute)
        mask = AttentionMask(application, config.pad_token_id, name="mask")
        places = ("position_ids", "document_ids") if packed else ()
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", *places)
        }
        vectors = layers["tokens"](inputs["token_ids"])
        types = inputs["segment_ids"]
        if config.question_match:
            types = QuestionMatch(cast(int, config.sep_token_id), name="types")(
                inputs["token_ids"], types
            )
        hidden = layers["embeddings"](vectors, types, inputs.get("position_ids"))
        allowed = mask(inputs["token_ids"], inputs["segment_ids"], inputs.get("document_ids"))
        for index in range(config.num_hidden_layers):
            hidden = layers[f"block_{index}"](hidden, allowed)
        states = hidden
        if mask_positions:
            inputs["mask_positions"] = keras.Input((None,), dtype="int32", name="mask_positions")
            hidden = GatherPositions(name="gather")(hidden, inputs["mask_positions"])
        outputs = hidden
        if "pointer" in layers:
            tokens = inputs["token_ids"], inputs["segment_ids"]
            outputs = layers["pointer"](hidden, states, *tokens)
        elif "head" in layers:
            outputs = layers["tokens"](layers["head"](hidden), reverse=True)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.config = config
        self.application = application
        self.mask_positions = mask_positions
        self.packed = packed
        self.recompute = recompute

    def __call__(self, inputs: Any, *args: Any, **options: Any) -> Any:
        """Run the model on inputs as the class says, after a check of their numbers."""
        check_inputs(inputs, self.config)
        return super().__call__(inputs, *args, **options)

    @property
    def blocks(self) -> list[TransformerBlock]:
        """The transformer blocks, first to last."""
        return [self.get_layer(f"block_{i}") for i in range(self.config.num_hidden_layers)]

    def segment_types(self, token_ids: Any, segment_ids: Any) -> Any:
        """What the segment embedding is asked for: segments, or the types of question_match."""
        if not self.config.question_match:
            return segment_ids
        return self.get_layer("types")(token_ids, segment_ids)

    def embed(self, token_ids: Any, types: Any, position_ids: Any = None) -> Any:
        """Embedding output, float (batch, length, d), at positions of the caller's choice."""
        vectors = self.get_layer("tokens")(token_ids)
        return self.get_layer("embeddings")(vectors, types, position_ids)

    def logits(self, hidden: Any) -> Any:
        """Logits of the vocabulary head alone: float (..., d) to float (..., V)."""
        return self.get_layer("tokens")(self.get_layer("head")(hidden), reverse=True)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "config": self.config.to_dict(),
            "application": self.application,
            "mask_positions": self.mask_positions,
            "packed": self.packed,
            "recompute": self.recompute,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Transformer:
        """Rebuild from `get_config`."""
        return cls(**config)

    @classmethod
    def from_preset(
        cls, source: str | Path, application: str = "encoder", **options: Any
    ) -> Transformer:
        """The model of a folder or of hf://owner/name, without its tokenizer.

        Args:
            source: the folder, or "hf://owner/name".
            application: "encoder", "lm" or "unilm".
            **options: what else `octavo.transformer.load_preset` takes.

        Raises:
            PresetError: if a file is missing, damaged, or contradicts another; names it.
        """
        return load_preset(source, application, **options)[0]

    def save_to_preset(
        self, path: str | Path, tokenizer: WordPieceTokenizer, dtype: str = "float32"
    ) -> None:
        """Write a folder that `from_preset` reads, whole or not at all; see `save_preset`.

        Args:
            path: the folder; its parent must exist.
            tokenizer: its vocabulary is written with the weights.
            dtype: the stored weights' dtype, "float32", "float16" in half the space, or "int8" in
                a quarter, which the transformers library alone does not read.
        """
        save_preset(path, self, tokenizer, dtype)


def _make_layers(config: TransformerConfig, with_head: bool, recompute: bool) -> dict[str, Any]:
    """All layers with weights, by name."""
    spread = config.initializer_range
    names = with_head and not config.pointer_head
    layers: dict[str, Any] = {
        "tokens": TiedEmbedding(
            config.vocab_size, config.hidden_size, spread, output_bias=names, name="tokens"
        ),
        "embeddings": PositionSegmentEmbedding(
            config.max_position_embeddings,
            config.type_vocab_size,
            config.layer_norm_eps,
            config.hidden_dropout_prob,
            spread,
            name="embeddings",
        ),
    }
    for index in range(config.num_hidden_layers):
        layers[f"block_{index}"] = TransformerBlock(
            config.num_attention_heads,
            config.intermediate_size,
            config.hidden_act,
            config.hidden_dropout_prob,
            config.attention_probs_dropout_prob,
            config.layer_norm_eps,
            spread,
            recompute,
            name=f"block_{index}",
        )
    if names:
        layers["head"] = HeadTransform(
            config.hidden_act, config.layer_norm_eps, spread, name="head"
        )
    elif with_head:
        layers["pointer"] = PointerHead(config.pad_token_id, spread, name="pointer")
    return layers


def build_transformer_model(
    config: TransformerConfig | dict[str, Any] | str | Path,
    weights: str | Path | dict[str, np.ndarray] | None = None,
    application: str = "encoder",
    keep_tokens: Sequence[int] | None = None,
    max_positions: int | None = None,
    mask_positions: bool = False,
    dropout: float | None = None,
    packed: bool = False,
    recompute: bool = False,
) -> Transformer:
    """Build a model from a config and, if given, weights.

    Args:
        config: a `TransformerConfig`, its dict, or the path of a config.json or bert_config.json.
        weights: the path of a model.safetensors in Hugging Face's naming, or its arrays by name;
            or that of a TensorFlow checkpoint in Google's naming, such as "bert_model.ckpt";
            None starts from random weights (keras.utils.set_random_seed makes them repeatable).
        application: "encoder", "lm" (left to right) or "unilm" (segment 0 read, segment 1 written).
        keep_tokens: ids of the tokens to keep, in their new order; the vocabulary shrinks to them.
        max_positions: longest sequence. Beyond the trained positions, new ones are made by
            hierarchical decomposition (alpha 0.4).
        mask_positions: whether the vocabulary head looks at some positions of a row only, as in
            `Transformer`; None = everywhere.
        dropout: replaces both dropout rates of the config.
        packed: whether a row may hold several texts, which then see nothing of each other.
        recompute: whether training makes activations again instead of keeping them.

    Raises:
        PresetError: if a file is missing, damaged, or does not fit the config.
        UsageError: if an argument is impossible.

    Example:
        >>> config = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1,
        ...           "num_attention_heads": 2, "intermediate_size": 32}
        >>> model = build_transformer_model(config, application="unilm")
        >>> ids, segments = np.array([[2, 7, 3, 9]]), np.array([[0, 0, 0, 1]])
        >>> model({"token_ids": ids, "segment_ids": segments}).shape
        (1, 4, 50)
    """
    if isinstance(config, str | Path):
        config = TransformerConfig.from_file(config)
    elif isinstance(config, dict):
        config = TransformerConfig.from_dict(config)
    arrays = read_weights(weights) if isinstance(weights, str | Path) else weights
    target = adapt_config(config, keep_tokens, max_positions, dropout)
    options = target, application, mask_positions, packed, recompute
    if arrays is None:
        return Transformer(*options)
    source = None if isinstance(weights, dict) else weights
    arrays = adapt_weights(arrays, config, target, keep_tokens, source)
    with undrawn() if replaces_all_drawn(arrays, target, application) else nullcontext():
        model = Transformer(*options)
    assign_weights(model, arrays, source)
    return model


def load_preset(
    source: str | Path,
    application: str = "encoder",
    keep_tokens: Sequence[int] | None = None,
    max_positions: int | None = None,
    mask_positions: bool = False,
    dropout: float | None = None,
) -> tuple[Transformer, WordPieceTokenizer]:
    """Model and tokenizer of a folder or of hf://owner/name.

    Args:
        source: the folder, or "hf://owner/name"; see `find_preset`.
        application: "encoder", "lm" (left to right) or "unilm" (segment 0 read, segment 1 written).
        keep_tokens: ids of the tokens to keep, in their new order; the tokenizer's vocabulary
            shrinks with the model's.
        max_positions: longest sequence, as in `build_transformer_model`.
        mask_positions: whether the vocabulary head looks at some positions of a row only, as in
            `Transformer`.
        dropout: replaces both dropout rates of the config.

    Returns:
        (the model, its tokenizer).

    Raises:
        PresetError: if a file is missing, damaged, or contradicts another; names it.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> config = {"vocab_size": 6, "hidden_size": 8, "num_hidden_layers": 1,
        ...           "num_attention_heads": 2, "intermediate_size": 8}
        >>> specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        >>> tokenizer = WordPieceTokenizer([*specials, "北"])
        >>> with TemporaryDirectory() as folder:
        ...     save_preset(f"{folder}/new", build_transformer_model(config), tokenizer)
        ...     model, _ = load_preset(f"{folder}/new")
        >>> model.config.hidden_size
        8
    """
    _, config, tokenizer, weights = read_preset(source)
    model = build_transformer_model(
        config,
        weights,
        application,
        keep_tokens=keep_tokens,
        max_positions=max_positions,
        mask_positions=mask_positions,
        dropout=dropout,
    )
    if keep_tokens is not None:
        kept = [tokenizer.vocabulary[i] for i in keep_tokens]
        tokenizer = WordPieceTokenizer(kept, lowercase=tokenizer.lowercase)
    return model, tokenizer
