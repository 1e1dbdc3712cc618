"""Attention masks against their definition, token by token."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo._keras import ops
from octavo.transformer.masks import AttentionMask

pytestmark = pytest.mark.keras_backend

LENGTH = 7


def is_allowed(application: str, tokens: list[int], segments: list[int], q: int, k: int) -> bool:
    if tokens[k] == 0:
        return False
    if application == "lm":
        return k <= q
    if application == "unilm":
        return sum(segments[: k + 1]) <= sum(segments[: q + 1])
    return True


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 3), min_size=LENGTH, max_size=LENGTH),
            st.lists(st.integers(0, 1), min_size=LENGTH, max_size=LENGTH),
        ),
        min_size=2,
        max_size=2,
    )
)
@settings(max_examples=20)
def test_mask_is_its_definition(application, rows):
    tokens, segments = np.array(rows).transpose(1, 0, 2).astype("int32")
    mask = ops.convert_to_numpy(AttentionMask(application)(tokens, segments))
    mask = np.broadcast_to(mask, (2, 1, LENGTH, LENGTH))
    assert set(np.unique(mask)) <= {np.float32(0.0), np.float32(-1e9)}
    for row, (ids, types) in enumerate(rows):
        for q in range(LENGTH):
            for k in range(LENGTH):
                expected = is_allowed(application, ids, types, q, k)
                assert (mask[row, 0, q, k] == 0.0) == expected, (row, q, k)
