"""Configs: every impossible value is refused by the name of its key."""

from __future__ import annotations

import json

import pytest

from octavo.errors import PresetError
from octavo.transformer import TransformerConfig

GOOD = {"vocab_size": 20, "hidden_size": 8, "num_attention_heads": 2}
BAD = [
    ({"model_type": "gpt2"}, "model_type"),
    ({"hidden_act": "swish"}, "hidden_act"),
    ({"num_attention_heads": 3}, "num_attention_heads"),
    ({"num_attention_heads": 0}, "num_attention_heads"),
    ({"vocab_size": 0}, "vocab_size"),
    ({"vocab_size": "20"}, "vocab_size"),
    ({"hidden_size": -8}, "hidden_size"),
    ({"max_position_embeddings": 0}, "max_position_embeddings"),
    ({"num_hidden_layers": 1.5}, "num_hidden_layers"),
    ({"pad_token_id": None}, "pad_token_id"),
    ({"pad_token_id": 20}, "pad_token_id"),
    ({"layer_norm_eps": "small"}, "layer_norm_eps"),
    ({"layer_norm_eps": -1}, "layer_norm_eps"),
    ({"layer_norm_eps": True}, "layer_norm_eps"),
    ({"initializer_range": float("nan")}, "initializer_range"),
    ({"hidden_dropout_prob": 1.5}, "hidden_dropout_prob"),
    ({"pointer_head": "false"}, "pointer_head"),
    ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
    ({"question_match": True, "sep_token_id": 3}, "type_vocab_size"),
    ({"question_match": True, "type_vocab_size": 5}, "sep_token_id"),
    ({"question_match": True, "type_vocab_size": 5, "sep_token_id": 20}, "sep_token_id"),
]


@pytest.mark.parametrize(("change", "key"), BAD)
def test_an_impossible_value_is_named(tmp_path, change, key):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(PresetError, match=f"config.json: key {key}") as caught:
        TransformerConfig.from_file(path)
    assert "\n" not in str(caught.value)
    assert caught.value.path == path


def test_vocab_size_has_no_default(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"hidden_size": 8}')
    with pytest.raises(PresetError, match=r"config.json: key vocab_size is missing"):
        TransformerConfig.from_file(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"vocab_size": 20,\n', r"config.json, line 2: "),
        (b"[1, 2]", r"config.json: a JSON object"),
        (b"[" * 100_000, r"config.json: not a JSON text"),
        (b"\xff", r"config.json: not a JSON text"),
    ],
)
def test_a_file_that_is_no_config(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_bytes(text)
    with pytest.raises(PresetError, match=message):
        TransformerConfig.from_file(path)
    with pytest.raises(PresetError, match=r"absent.json: cannot be read: No such file"):
        TransformerConfig.from_file(tmp_path / "absent.json")


def test_keys_of_others_are_ignored_and_ours_come_back():
    config = TransformerConfig.from_dict({**GOOD, "use_cache": True, "num_hidden_layers": 0})
    assert TransformerConfig.from_dict(config.to_dict()) == config
    assert config.head_size == 4
