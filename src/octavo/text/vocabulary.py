"""Vocabulary files."""

from __future__ import annotations

from os import PathLike

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def load_vocabulary(path: str | PathLike[str]) -> list[str]:
    with open(path, encoding="utf-8", newline="") as file:
        tokens = file.read().split("\n")
    return tokens[:-1] if tokens and not tokens[-1] else tokens
