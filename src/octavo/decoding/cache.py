"""The prefix read once, and answer tokens read one at a time against its keys and values.

All beams of a row share the prefix; only the answer's keys and values belong to a beam.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from octavo._keras import ops, runs_on_jax_cpu
from octavo.transformer.masks import MASKED
from octavo.transformer.pointer_head import sum_by_token


class Prefix(NamedTuple):
    """What the answer needs of the prefixes, one row each.

    Attributes:
        keys, values: a tuple with one float (rows, H, length, d / H) a block.
        mask: float (rows, 1, 1, length), added to scores: 0 or -1e9 at padding.
        lengths: int32 (rows,), tokens of each prefix.
        hidden: float (rows, 1, d), the state of each prefix's last token.
        token_ids: int32 (rows, length), the tokens of each prefix, in numbers of their own.
        pointer_keys: float (rows, length, d), what a pointer_head looks at; None without one.
    """

    keys: tuple
    values: tuple
    mask: Any
    lengths: Any
    hidden: Any
    token_ids: Any
    pointer_keys: Any


def encode_prefix(model: Any, token_ids: Any, lengths: Any) -> Prefix:
    """Read prefixes in both directions and keep every block's keys and values.

    Args:
        model: a UniLM `Transformer`.
        token_ids: int32 (rows, length), padded at the end.
        lengths: int32 (rows,), at least 1.
    """
    order = ops.arange(token_ids.shape[1])
    inside = order[None, :] < lengths[:, None]
    mask = ops.cast(ops.where(inside, 0.0, MASKED), model.compute_dtype)[:, None, None, :]
    # past a prefix's end stand "answers" of segment 1: the question match must not read them
    types = model.segment_types(token_ids, ops.cast(ops.logical_not(inside), "int32"))
    hidden = model.embed(token_ids, types)
    keys, values = [], []
    for block in model.blocks:
        query, key, value = block.attention.project(hidden)
        mixed = _attend(block.attention, query, key, value, mask)
        hidden = block.finish(hidden, block.attention.merge(mixed))
        keys.append(key)
        values.append(value)
    last = ops.take_along_axis(hidden, (lengths - 1)[:, None, None], axis=1)
    pointer_keys = model.get_layer("pointer").key(hidden) if model.config.pointer_head else None
    return Prefix(tuple(keys), tuple(values), mask, lengths, last, token_ids, pointer_keys)


def _attend(attention: Any, *arrays: Any) -> Any:
    """`attention.attend`; on a CPU with JAX row by row: the scores stay in its cache.

    Written to memory and read again, all scores of 32 rows of 384 tokens take 4.5 times as long.
    """
    if not runs_on_jax_cpu():
        return attention.attend(*arrays)

    def attend_row(row: Any) -> Any:
        return attention.attend(*(array[None] for array in row))[0]

    return ops.map(attend_row, arrays)


def empty_cache(model: Any, rows: int, beams: int, steps: int) -> tuple:
    """Answer keys and values: zeros (rows, H, beams, steps, d / H), two arrays a block."""
    shape, parts = _cache_shape(model.config, rows, beams, steps)
    return tuple(ops.zeros(shape, dtype=model.compute_dtype) for _ in range(parts))


def cache_bytes(config: Any, rows: int, beams: int, steps: int) -> int:
    """What `empty_cache` takes in float32."""
    shape, parts = _cache_shape(config, rows, beams, steps)
    return 4 * parts * math.prod(shape)


def _cache_shape(config: Any, rows: int, beams: int, steps: int) -> tuple[tuple[int, ...], int]:
    shape = (rows, config.num_attention_heads, beams, steps, config.head_size)
    return shape, 2 * config.num_hidden_layers


def reorder_cache(cache: tuple, parents: Any) -> tuple:
    """Let every beam go on from its parent's answer; parents: int32 (rows, beams)."""
    if parents.shape[1] == 1:
        return cache
    index = parents[:, None, :, None, None]
    return tuple(ops.take_along_axis(part, index, axis=2) for part in cache)


def read_token(
    model: Any, tokens: Any, step: Any, prefix: Prefix, cache: tuple
) -> tuple[Any, tuple]:
    """Read answer token number `step` of every beam.

    Args:
        model: a UniLM `Transformer`.
        tokens: int32 (rows, beams), the token each beam chose last.
        step: int32 (), how many tokens of the answer were read before, from 0.
        prefix: what `encode_prefix` gave for the rows.
        cache: answer keys and values; slots from `step` on are not looked at.

    Returns:
        (hidden states, float (rows, beams, d); the cache with slot `step` filled).
    """
    rows, beams = tokens.shape
    positions = ops.broadcast_to((prefix.lengths + step)[:, None], (rows, beams))
    hidden = model.embed(tokens, ops.ones_like(tokens), positions)
    slots = ops.arange(cache[0].shape[3])
    future = ops.cast(ops.where(slots <= step, 0.0, MASKED), model.compute_dtype)
    filled: list[Any] = []
    for index, block in enumerate(model.blocks):
        query, key, value = block.attention.project(hidden)  # each (rows, H, beams, d / H)
        slot = (0, 0, 0, step, 0)
        own_keys = ops.slice_update(cache[2 * index], slot, ops.expand_dims(key, 3))
        own_values = ops.slice_update(cache[2 * index + 1], slot, ops.expand_dims(value, 3))
        filled += [own_keys, own_values]
        # keys times query, so that no key is moved, and no sums of products over the last axis,
        # which take ten times as long as matmul on JAX
        shared = ops.matmul(prefix.keys[index], ops.transpose(query, (0, 1, 3, 2)))
        shared = ops.transpose(shared, (0, 1, 3, 2)) + prefix.mask
        own = ops.matmul(own_keys, ops.expand_dims(query, 4))[:, :, :, :, 0] + future
        top = ops.maximum(
            ops.max(shared, axis=-1, keepdims=True), ops.max(own, axis=-1, keepdims=True)
        )
        shared, own = ops.exp(shared - top), ops.exp(own - top)
        total = ops.sum(shared, axis=-1, keepdims=True) + ops.sum(own, axis=-1, keepdims=True)
        mixed = ops.matmul(shared, prefix.values[index])
        mixed = mixed + ops.matmul(ops.expand_dims(own, 3), own_values)[:, :, :, 0]
        hidden = block.finish(hidden, block.attention.merge(mixed / total))
    return hidden, tuple(filled)


def point(model: Any, hidden: Any, prefix: Prefix, places: Any) -> Any:
    """How likely a pointer_head points at each place of the prefix after each state.

    Args:
        model: a UniLM `Transformer`.
        hidden: float (rows, beams, d).
        prefix: what `encode_prefix` gave for the rows.
        places: bool (rows, beams, length), where it may point.

    Returns:
        float32 (rows, beams, length); zeros for a model without one.
    """
    if prefix.pointer_keys is None:
        return ops.zeros(places.shape)
    scores = model.get_layer("pointer").score(hidden, prefix.pointer_keys, places)
    return ops.where(places, ops.softmax(scores, axis=-1), 0.0)


def next_probabilities(model: Any, hidden: Any, prefix: Prefix, places: Any, read_as: Any) -> Any:
    """How likely each token comes after each state.

    Args:
        model: a UniLM `Transformer`.
        hidden: float (rows, beams, d).
        prefix: what `encode_prefix` gave for the rows.
        places: bool (rows, beams, length), where a pointer_head may point; where it may nowhere,
            every token has 0.
        read_as: int32 (V,), the model's token id for each number of `prefix.token_ids`. Several
            words that are read alike are as likely for a model that cannot point at them.

    Returns:
        float32 (rows, beams, V).

    Source: See et al. 2017, "Get To The Point", section 2.2, the extended vocabulary.
    """
    if prefix.pointer_keys is not None:
        found = point(model, hidden, prefix, places)
        return sum_by_token(found, prefix.token_ids, read_as.shape[0])
    found = ops.softmax(ops.cast(model.logits(hidden), "float32"), axis=-1)
    return found if read_as.shape[0] == found.shape[-1] else ops.take(found, read_as, axis=-1)
