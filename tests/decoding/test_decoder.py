"""Padding that changes no answer, few compilations, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import octavo.decoding.decoder as module
from octavo._keras import keras
from octavo.decoding import VOTES, Decoder
from octavo.decoding.decoder import row_bucket
from octavo.errors import UsageError
from octavo.transformer import build_transformer_model

pytestmark = pytest.mark.keras_backend

CASE = {"mode": "extractive", "vote": "article", "beams": 4}


def assert_equal(one: Any, other: Any) -> None:
    assert one.tokens == other.tokens
    assert one.steps.tolist() == other.steps.tolist()
    assert one.voting.tolist() == other.voting.tolist()
    for name in ("scores", "row_scores", "no_answer"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-4)


def test_a_question_gets_the_same_answers_alone_and_in_a_batch(bench, draw_batch):
    workbench = bench(True)
    for seed in range(4):
        workbench.draw_weights(seed)
        batch = draw_batch(seed, (5, 2, 1))
        together = workbench.beam_search(batch, no_answer_bias=-3.0, **CASE)
        alone = workbench.beam_search(batch[:1], no_answer_bias=-3.0, **CASE)
        assert_equal(together[0], alone[0])
        turned = workbench.beam_search(batch[::-1], no_answer_bias=-3.0, **CASE)
        for one, other in zip(turned, together[::-1], strict=True):
            assert_equal(one, other)


def test_a_longer_neighbour_and_another_row_bucket_change_nothing(bench, draw_batch):
    workbench = bench(True)
    workbench.draw_weights(5)
    short, longer = draw_batch(5, (1,))[0], draw_batch(6, (1,), longest=8)[0]
    longer.passages[0][:] = (longer.passages[0] * 80)[:80]
    alone = workbench.beam_search([short], **CASE)
    beside = workbench.beam_search([longer, short], **CASE)
    assert_equal(beside[1], alone[0])


def test_a_pointer_says_where_an_answer_begins(bench, draw_batch):
    workbench = bench(True)
    workbench.draw_weights(7)
    (asked,) = batch = draw_batch(7, (2,))
    (found,) = workbench.beam_search(batch, no_answer_bias=-20.0, **CASE)
    for row, passage in enumerate(asked.passages):
        starts = found.starts[row]
        inside = starts[1 : 1 + len(passage)]
        assert starts.sum() == pytest.approx(inside.sum(), abs=1e-6)  # nowhere else
        one = [word for word in set(passage) if passage.count(word) == 1]
        first = workbench.slow(asked).distributions(())[row]
        for word in one:  # elsewhere in the prefix it counts for the token, not for the place
            assert inside[passage.index(word)] <= first[word] + 1e-5
    workbench = bench(False)
    workbench.draw_weights(7)
    assert not workbench.beam_search(batch, **CASE)[0].starts.any()


def test_beams_that_do_not_fit_are_refused_before_they_are_made(bench, draw_batch, monkeypatch):
    workbench = bench(True)
    workbench.draw_weights(7)
    monkeypatch.setattr(module, "MOST_MEMORY", 8 * 2 * workbench.steps * 16 * 2 * 3)
    batch = draw_batch(7, (2,))
    workbench.beam_search(batch, beams=3)
    with pytest.raises(UsageError, match=r"4 beams over 2 windows would take .* room for 3"):
        workbench.beam_search(batch, beams=4)


def test_a_passage_without_a_word_does_not_vote(bench, draw_batch):
    workbench = bench(True)
    workbench.draw_weights(11)
    batch = draw_batch(11, (3, 2))
    batch[0].passages[0].clear()
    batch[0].passages[1][:] = [3]
    batch[1].passages[:] = [[], [3, 3]]
    some, none = workbench.beam_search(batch, no_answer_bias=-20.0, **CASE)
    assert some.voting.tolist() == [False, False, True]
    assert (none.voting.tolist(), none.tokens) == ([False, False], [[]])
    for asked, decoded in zip(batch, (some, none), strict=True):
        result = workbench.slow(asked, -20.0).beam_search(workbench.steps, 4, True, "article")
        assert tuple(decoded.tokens[0]) == result.answers[0].tokens
        assert decoded.scores[0] == pytest.approx(result.answers[0].score, abs=1e-4)


def test_extractive_answers_are_pieces_of_a_voting_passage(bench, draw_batch):
    workbench = bench(False)
    workbench.draw_weights(7)
    batch = draw_batch(7, (3, 2, 2))
    bias = workbench.bias_between(batch, 0.4)
    found = workbench.beam_search(batch, no_answer_bias=bias, beams=2, vote="confident")
    assert any(not votes for decoded in found for votes in decoded.voting)
    assert any(tokens for decoded in found for tokens in decoded.tokens)
    for asked, decoded in zip(batch, found, strict=True):
        read = [p for p, v in zip(asked.passages, decoded.voting, strict=True) if v]
        for tokens in decoded.tokens:
            text = " ".join(map(str, tokens))
            assert any(f" {text} " in f" {' '.join(map(str, p))} " for p in read) or not tokens


@pytest.fixture
def counted(monkeypatch):
    """The runs of the Python function that is compiled, by the shapes it was given."""
    runs: list[tuple] = []

    def search(*arguments: Any) -> Any:
        runs.append(tuple(arguments[2].shape))
        return original(*arguments)

    original = module.search
    monkeypatch.setattr(module, "search", search)
    return runs


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch runs as it is")
def test_one_compilation_serves_a_bucket_and_new_weights(bench, draw_batch, counted):
    workbench = bench(False)
    decoder, workbench.decoder = workbench.decoder, Decoder(workbench.model, end_id=3)
    answers = []
    for seed, bias in ((0, -9.0), (1, -9.0), (2, 0.5)):
        workbench.draw_weights(seed)
        batch = draw_batch(0, [(3, 4), (2, 6), (1,) * 8][seed])
        options = {"mode": "generative", "vote": "mean", "beams": 1, "no_answer_bias": bias}
        answers.append(workbench.beam_search(batch, **options)[0].tokens)
    workbench.decoder = decoder
    assert counted == [(8, 32)]
    assert answers[0] != answers[1]  # same question, other weights


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch runs as it is")
def test_temperatures_and_nuclei_share_two_compilations(bench, counted):
    decoder = Decoder(bench(False).model, end_id=3)
    for temperature, top_p in ((1.0, 1.0), (0.7, 1.0), (0.7, 0.9), (1.3, 0.5)):
        decoder.sample([[ROW]], [[1]], steps=2, temperature=temperature, top_p=top_p)
    assert len(counted) == 2


def test_all_batches_fit_into_few_shapes():
    shapes = set()
    for rows in range(1, 129):
        for longest in (2, 64, 65, 200, 511, 512):
            prefixes = [[np.ones(longest, np.int32)] for _ in range(rows)]
            batch = module._pad(prefixes, [[1]] * rows, end_id=3)
            shapes.add(tuple(array.shape for array in batch.values()))
    assert {row_bucket(rows) for rows in range(1, 129)} == {*module.ROW_STEPS, 128}
    assert len(shapes) == (len(module.ROW_STEPS) + 1) * 5  # lengths of 32, 64, 96, 224 and 512


def test_mixed_precision_decodes():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        config = {"vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "pointer_head": True}
        config |= {"num_attention_heads": 2, "intermediate_size": 8}
        model = build_transformer_model(config, application="unilm")
        (found,) = Decoder(model, end_id=3).beam_search([[ROW]], [[1]], steps=3, beams=2)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(found.scores).all()


def test_a_model_that_points_has_no_words_of_its_own(bench):
    with pytest.raises(UsageError, match=r"points at its passages .* mode='extractive' is needed"):
        bench(True).sample([])


ROW = np.array([2, 7, 3, 6, 3])
REFUSED = [
    ({"mode": "abstractive"}, r"mode must be one of .* Received: mode='abstractive'"),
    ({"vote": "majority"}, rf"vote must be one of {', '.join(VOTES)}. Received: vote='majority'"),
    ({"beams": 0}, r"beams must be a whole number from 1 to 256. Received: beams=0"),
    ({"beams": 2.5}, r"beams must be a whole number from 1 to 256. Received: beams=2.5"),
    ({"steps": 0}, r"steps must be a whole number of 1 or more. Received: steps=0"),
    ({"steps": 200}, r"must fit into 160 positions. Received: 5 \+ 200"),
    ({"prefixes": [[]], "passage_lengths": [[]]}, r"needs a passage. Received: none"),
    ({"prefixes": [[ROW, ROW]]}, r"needs a passage length. Received: \[2\] .* \[1\]"),
    ({"prefixes": [[ROW[:0]]]}, r"Received: 1 passage tokens in a prefix of 0"),
    ({"passage_lengths": [[5]]}, r"Received: 5 passage tokens in a prefix of 5"),
    ({"passage_lengths": [[-1]]}, r"Received: -1 passage tokens"),
    ({"prefixes": [[ROW + 15]]}, r"whole numbers in \[0, 20\). Received: int64 from 17 to 22"),
    ({"prefixes": [[ROW + 0.5]]}, r"whole numbers in \[0, 20\). Received: float64"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_cannot_be_searched_is_refused(bench, change, message):
    arguments = {"prefixes": [[ROW]], "passage_lengths": [[1]], "steps": 5, "beams": 4}
    with pytest.raises(UsageError, match=message):
        bench(False).decoder.beam_search(**{**arguments, **change})


@pytest.mark.parametrize(
    "change", [{"temperature": 0.0}, {"temperature": float("nan")}, {"top_p": 0.0}, {"top_p": 1.1}]
)
def test_what_cannot_be_drawn_is_refused(bench, change):
    with pytest.raises(UsageError, match=rf"{next(iter(change))} must be a number .* Received: "):
        bench(False).decoder.sample([[ROW]], [[1]], **change)


@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_what_float32_has_no_number_for_draws_the_likeliest(bench, name):
    bench(False).draw_weights(3)
    decoder = bench(False).decoder
    given = {"prefixes": [[ROW]], "passage_lengths": [[1]], "steps": 4, "no_answer_bias": -99.0}
    found, expected = (decoder.sample(**given, **{name: value}) for value in (1e-46, 1e-9))
    assert found[0].tokens == expected[0].tokens
    assert np.isfinite(found[0].scores).all()


def test_only_a_unilm_model_decodes(bench):
    config = bench(False).model.config
    with pytest.raises(UsageError, match=r"Received: application='lm'"):
        Decoder(build_transformer_model(config, application="lm"), end_id=3)
    for end_id in (-1, 20):
        with pytest.raises(
            UsageError, match=rf"end_id must be .* 0 to 19. Received: end_id={end_id}"
        ):
            Decoder(bench(False).model, end_id=end_id)


def test_no_question_gives_no_answer(bench):
    assert bench(False).decoder.beam_search([], []) == []
