"""The vocabulary of a tokenizer.json: the tokenizers library is the oracle."""

from __future__ import annotations

import json

import pytest

from octavo.errors import DataError
from octavo.text import WordPieceTokenizer
from octavo.text.tokenizer_json import load_tokenizer_json, save_tokenizer_json
from octavo.text.vocabulary import SPECIAL_TOKENS

WORDS = [*SPECIAL_TOKENS, "天", "地", "new", "##er", "é", "e", "[E1]"]


def content(lowercase=True):
    return {
        "added_tokens": [
            {"id": number, "content": token, "special": True}
            for number, token in enumerate(SPECIAL_TOKENS)
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {token: number for number, token in enumerate(WORDS)},
        },
    }


def write(folder, value):
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return path


@pytest.mark.parametrize("lowercase", [True, False])
def test_its_tokens_and_case_are_read(tmp_path, lowercase):
    assert load_tokenizer_json(write(tmp_path, content(lowercase))) == (WORDS, lowercase)


@pytest.mark.parametrize("lowercase", [True, False])
def test_what_is_written_is_read_by_us_and_by_the_library(tmp_path, lowercase):
    path = tmp_path / "tokenizer.json"
    save_tokenizer_json(WORDS, lowercase, path)
    assert load_tokenizer_json(path) == (WORDS, lowercase)
    peer = pytest.importorskip("tokenizers").Tokenizer.from_file(str(path))
    ours = WordPieceTokenizer(WORDS, lowercase)
    for text in ("天地 Newer é", "未 NEW天"):
        ids = ours.encode(text).ids.tolist()
        assert peer.encode(text).ids == [ours.cls_id, *ids, ours.sep_id]
    assert peer.encode("天", "地").type_ids == [0, 0, 0, 1, 1]


def test_tokens_of_the_library_are_the_same(tmp_path):
    peer = pytest.importorskip("tokenizers").BertWordPieceTokenizer(
        {token: number for number, token in enumerate(WORDS)}
    )
    peer.save(str(tmp_path / "tokenizer.json"))
    ours = WordPieceTokenizer(*load_tokenizer_json(tmp_path / "tokenizer.json"))
    for text in ("天地 Newer é", "未 NEW天"):
        assert ours.encode(text).ids.tolist() == peer.encode(text, add_special_tokens=False).ids


def test_added_tokens_and_numbers_without_a_token(tmp_path):
    value = content()
    value["added_tokens"].append({"id": 14, "content": "[E2]", "special": True})
    tokens, _ = load_tokenizer_json(write(tmp_path, value))
    assert tokens == [*WORDS, "", "", "[E2]"]


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("model", "type"), "BPE", "key model.type: 'BPE' cannot be read"),
        (("model", "continuing_subword_prefix"), "", "continuing_subword_prefix"),
        (("normalizer",), None, "key normalizer.type: None"),
        (("normalizer", "strip_accents"), False, "strip_accents: False"),
        (("pre_tokenizer", "type"), "Whitespace", "key pre_tokenizer.type"),
        (("model", "vocab"), [], "key model.vocab"),
        (("model", "vocab"), {"a": 10**12}, "'a' has the number 1000000000000"),
        (("model", "vocab"), {"a": "0"}, "'a' has the number '0'"),
        (("added_tokens",), 3, "key added_tokens: a list"),
        (("added_tokens",), [{"id": 12, "content": "新冠"}], "'新冠' is cut out whole"),
        (("added_tokens",), [{"content": "[CLS]"}], r"'\[CLS\]' has the number None"),
    ],
)
def test_what_would_give_other_numbers_is_refused(tmp_path, keys, value, message):
    whole = content()
    place = whole
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    with pytest.raises(DataError, match=rf"tokenizer.json: .*{message}"):
        load_tokenizer_json(write(tmp_path, whole))


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[1]", '"a"', "{}"])
def test_damage_is_one_error(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(DataError, match=r"tokenizer.json: "):
        load_tokenizer_json(tmp_path / "tokenizer.json")
