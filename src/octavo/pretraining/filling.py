"""What a model would write in the place of [MASK]."""

from __future__ import annotations

from typing import Any

import numpy as np

from octavo._checks import check_whole
from octavo._keras import ops
from octavo.errors import UsageError
from octavo.text import WordPieceTokenizer
from octavo.transformer.inputs import check_tokenizer

MASK = "[MASK]"


def fill_mask(
    model: Any, tokenizer: WordPieceTokenizer, text: str, top: int = 5
) -> list[dict[str, Any]] | list[list[dict[str, Any]]]:
    """The likeliest tokens in the place of each [MASK] of a text.

    Args:
        model: a `Transformer` with a vocabulary head, application "unilm".
        tokenizer: the one the model was trained with.
        text: with one [MASK] or more.
        top: how many tokens for each.

    Returns:
        For one [MASK] a list of dicts, the likeliest first: score, a probability; token, its id;
        token_str; sequence, the text with it. For several a list of such lists, each text with
        the other masks as they are.

    Raises:
        UsageError: if the text has no [MASK], or more tokens than the model has positions; if the
            model has no vocabulary head or is another's.

    Example:
        >>> from octavo.pretraining import SMALL_ZH
        >>> from octavo.transformer import load_preset
        >>> model, tokenizer = load_preset(SMALL_ZH, application="unilm")
        >>> fill_mask(model, tokenizer, "中华人[MASK]共和国")[0]["token_str"]
        '民'

    Source: Devlin et al. 2019, "BERT", section 3.1; keys as in the fill-mask pipeline of the
    transformers library.
    """
    parts = text.split(MASK)
    if len(parts) == 1:
        raise UsageError(f"a text with {MASK} is wanted. Received: text={text!r}")
    if model.application != "unilm" or model.config.pointer_head:
        raise UsageError("a model with a vocabulary head is wanted: load it as application='unilm'")
    check_tokenizer(tokenizer, model.config)
    check_whole("top", top, 1, len(tokenizer))
    ids = [tokenizer.cls_id]
    for number, encoding in enumerate(tokenizer.encode_many(parts)):
        ids += [tokenizer.mask_id] * bool(number) + encoding.ids.tolist()
    ids.append(tokenizer.sep_id)
    if len(ids) > model.config.max_position_embeddings:
        raise UsageError(
            f"the model has {model.config.max_position_embeddings} positions. "
            f"Received: a text of {len(ids)} tokens"
        )
    row = np.array([ids], np.int32)
    outputs = model({"token_ids": row, "segment_ids": np.zeros_like(row)})
    masks = row[0] == tokenizer.mask_id
    shares = ops.convert_to_numpy(ops.softmax(ops.cast(outputs[0], "float32"), axis=-1))[masks]
    found = [
        _describe(parts, place, row, tokenizer) for place, row in enumerate(_likeliest(shares, top))
    ]
    return found[0] if len(found) == 1 else found


def _likeliest(shares: np.ndarray, top: int) -> list[list[tuple[int, float]]]:
    """Token and probability of the `top` likeliest of each row."""
    order = np.argsort(-shares, axis=-1, kind="stable")[:, :top]
    return [
        [(int(token), float(row[token])) for token in tokens]
        for tokens, row in zip(order, shares, strict=True)
    ]


def _describe(
    parts: list[str], place: int, found: list[tuple[int, float]], tokenizer: WordPieceTokenizer
) -> list[dict[str, Any]]:
    before, after = MASK.join(parts[: place + 1]), MASK.join(parts[place + 1 :])
    lines = []
    for token, score in found:
        word = tokenizer.vocabulary[token]
        sequence = before + word.removeprefix("##") + after
        lines.append({"score": score, "token": token, "token_str": word, "sequence": sequence})
    return lines
