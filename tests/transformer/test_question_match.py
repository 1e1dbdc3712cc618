"""The types of question_match against their definition on lists."""

from __future__ import annotations

import beam_search_reference as reference
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octavo._keras import ops
from octavo.transformer.question_match import QuestionMatch

pytestmark = pytest.mark.keras_backend

LENGTH = 16
CLS, SEP, PAD = 2, 3, 0


@given(
    passage=st.lists(st.integers(4, 7), min_size=1, max_size=6),
    question=st.lists(st.integers(4, 7), min_size=1, max_size=4),
    answer=st.lists(st.integers(4, 7), max_size=3),
)
@example(passage=[4, 4, 4], question=[4, 4], answer=[4])
@example(passage=[4, 5], question=[5, 4], answer=[])
@settings(max_examples=30)
def test_types_are_their_definition(passage, question, answer):
    prefix = [CLS, *passage, SEP, *question, SEP]
    tokens = [*prefix, *answer]
    padding = LENGTH - len(tokens)
    segments = [0] * len(prefix) + [1] * (len(answer) + padding)
    types = QuestionMatch(SEP)(
        np.array([[*tokens, *[PAD] * padding]], np.int32), np.array([segments], np.int32)
    )
    expected = reference.match_types(passage, question, len(answer) + padding)
    assert ops.convert_to_numpy(types)[0].tolist() == expected
