"""The vocabulary of a tokenizer.json, as the tokenizers library writes it for BERT's models.

Only what `WordPieceTokenizer` does the same way is read; anything else is refused by name, since
other tokens would be other numbers without a word.
"""

from __future__ import annotations

import json
from os import PathLike
from typing import Any

from octavo._files import read_text
from octavo.errors import DataError
from octavo.text.vocabulary import SPECIAL_TOKENS


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
    for keys, allowed in {
        ("model", "type"): ("WordPiece",),
        ("model", "unk_token"): ("[UNK]",),
        ("model", "continuing_subword_prefix"): ("##",),
        ("model", "max_input_chars_per_word"): (100,),
        ("normalizer", "type"): ("BertNormalizer",),
        ("normalizer", "lowercase"): (True, False),
        ("normalizer", "strip_accents"): (None, lowercase),
        ("normalizer", "handle_chinese_chars"): (True,),
        ("normalizer", "clean_text"): (True,),
        ("pre_tokenizer", "type"): ("BertPreTokenizer",),
    }.items():
        if get(*keys) not in allowed:
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


def _check_numbers(numbers: Any, path: str | PathLike[str]) -> None:
    """Refuse what is no table of tokens with numbers not far above how many there are."""
    if not isinstance(numbers, dict) or not numbers:
        raise DataError("key model.vocab: tokens and their numbers are wanted", path)
    for name, number in numbers.items():
        if type(number) is not int or not 0 <= number < 2 * len(numbers) + 1000:
            raise DataError(f"key model.vocab: {name!r} has the number {number!r}", path)
