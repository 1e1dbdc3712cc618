"""What the bundled model writes in the place of a mask."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import ops
from octavo.errors import UsageError
from octavo.pretraining import SMALL_ZH, fill_mask
from octavo.transformer import load_preset


@pytest.fixture(scope="module")
def loaded():
    return load_preset(SMALL_ZH, application="unilm")


@pytest.mark.keras_backend
def test_the_likeliest_tokens_come_first_with_their_probability(loaded):
    model, tokenizer = loaded
    found = fill_mask(model, tokenizer, "中华人[MASK]共和国", top=3)
    assert found[0]["token_str"] == "民"
    assert found[0]["sequence"] == "中华人民共和国"
    assert tokenizer.vocabulary[found[0]["token"]] == "民"
    ids = [tokenizer.cls_id, *tokenizer.encode("中华人").ids, tokenizer.mask_id]
    ids += [*tokenizer.encode("共和国").ids, tokenizer.sep_id]
    row = np.array([ids], np.int32)
    logits = model({"token_ids": row, "segment_ids": 0 * row})[0, 4]
    shares = ops.convert_to_numpy(ops.softmax(logits))
    for one, share in zip(found, sorted(shares, reverse=True), strict=False):
        assert one["score"] == pytest.approx(share, abs=1e-5)
    assert len(found) == 3


def test_each_of_several_masks_has_a_list(loaded):
    first, second = fill_mask(*loaded, "中华[MASK]民共和[MASK]", top=1)
    assert first[0]["sequence"] == "中华人民共和[MASK]"
    assert second[0]["sequence"] == "中华[MASK]民共和国"


def test_a_wish_that_cannot_be_met_is_named(loaded):
    model, tokenizer = loaded
    with pytest.raises(UsageError, match=r"a text with \[MASK\] is wanted. Received: text='北京'"):
        fill_mask(model, tokenizer, "北京")
    with pytest.raises(UsageError, match=r"256 positions. Received: a text of 303 tokens"):
        fill_mask(model, tokenizer, "京" * 300 + "[MASK]")
    with pytest.raises(UsageError, match="top must be a whole number"):
        fill_mask(model, tokenizer, "[MASK]", top=0)
    with pytest.raises(UsageError, match="vocabulary head is wanted"):
        fill_mask(load_preset(SMALL_ZH)[0], tokenizer, "[MASK]")
