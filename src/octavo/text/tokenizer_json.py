"""The vocabulary of a tokenizer.json, as the tokenizers library has it for BERT's models.

Only what `WordPieceTokenizer` does the same way is read; anything else is refused by name, since
other tokens would be other numbers without a word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from octavo._files import read_text
from octavo.errors import DataError
from octavo.text.vocabulary import SPECIAL_TOKENS

# how texts are cut, by parts of the file: what is written, and what is read
CUTS: dict[str, dict[str, Any]] = {
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    },
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,  # as lowercase says
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
}


def load_tokenizer_json(path: str | PathLike[str]) -> tuple[list[str], bool]:
    """The tokens by number, and whether letters are lowered and accents stripped.

    A number that no token has is an empty token, which no text has.

    Raises:
        DataError: if the file is damaged, or cuts texts otherwise than BERT's WordPiece; names the
            key.

    Example: `WordPieceTokenizer(*load_tokenizer_json("bert/tokenizer.json"))`.

    Source: huggingface/tokenizers, the serialized form of `BertWordPieceTokenizer`.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError):
        raise DataError("not valid JSON", path) from None

    def get(*keys: str) -> Any:
        value = content
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    lowercase = get("normalizer", "lowercase")
    strip = get("normalizer", "strip_accents")
    allowed: dict[tuple[str, str], tuple[Any, ...]] = {
        (part, key): (value,) for part in CUTS for key, value in CUTS[part].items()
    }
    allowed["normalizer", "lowercase"] = (True, False)
    allowed["normalizer", "strip_accents"] = (None, lowercase)
    for keys, values in allowed.items():
        if get(*keys) not in values:
            raise DataError(f"key {'.'.join(keys)}: {get(*keys)!r} cannot be read", path)
    numbers = get("model", "vocab")
    _check_numbers(numbers, path)
    added = get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(one, dict) for one in added):
        raise DataError("key added_tokens: a list of tokens is wanted", path)
    for one in added:
        name = str(one.get("content"))
        if name not in SPECIAL_TOKENS and not one.get("special"):
            raise DataError(f"key added_tokens: {name!r} is cut out whole, not here", path)
        numbers = {**numbers, name: one.get("id")}
    _check_numbers(numbers, path)
    tokens = [""] * (max(numbers.values()) + 1)
    for name, number in numbers.items():
        tokens[number] = name
    return tokens, bool(lowercase if strip is None else strip)


def save_tokenizer_json(tokens: Sequence[str], lowercase: bool, path: str | PathLike[str]) -> None:
    """Write a tokenizer.json from which the tokenizers library makes the same ids.

    Args:
        tokens: by number; the special ones are among them.
        lowercase: whether letters are lowered and accents stripped.
        path: the file.

    Example: `save_tokenizer_json(tokenizer.vocabulary, True, "bert/tokenizer.json")`.
    """
    numbers = {token: number for number, token in enumerate(tokens)}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": numbers[token], "content": token, **flags, "special": True}
        for token in sorted(SPECIAL_TOKENS, key=numbers.__getitem__)
    ]
    cls, sep = "[CLS]", "[SEP]"
    first, second = (
        [
            {"Sequence": {"id": name, "type_id": kind}},
            {"SpecialToken": {"id": sep, "type_id": kind}},
        ]
        for kind, name in enumerate("AB")
    )
    start = {"SpecialToken": {"id": cls, "type_id": 0}}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {**CUTS["normalizer"], "lowercase": lowercase},
        "pre_tokenizer": CUTS["pre_tokenizer"],
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, *first],
            "pair": [start, *first, *second],
            "special_tokens": {
                token: {"id": token, "ids": [numbers[token]], "tokens": [token]}
                for token in (cls, sep)
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {**CUTS["model"], "vocab": numbers},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _check_numbers(numbers: Any, path: str | PathLike[str]) -> None:
    """Refuse what is no table of tokens with numbers not far above how many there are."""
    if not isinstance(numbers, dict) or not numbers:
        raise DataError("key model.vocab: tokens and their numbers are wanted", path)
    for name, number in numbers.items():
        if type(number) is not int or not 0 <= number < 2 * len(numbers) + 1000:
            raise DataError(f"key model.vocab: {name!r} has the number {number!r}", path)
