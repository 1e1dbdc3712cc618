"""Texts of two themes, which any embedding tells apart."""

from __future__ import annotations

import random

THEMES = (
    ["river", "water", "fish", "boat", "lake", "rain", "sea", "stream", "shore", "wave"],
    ["bread", "flour", "oven", "salt", "dough", "baker", "cake", "butter", "sugar", "crust"],
)


def make_texts(documents: int, seed: int = 0) -> list[str]:
    """Texts of one theme each, the even ones of the first."""
    rng = random.Random(seed)
    return [
        " ".join(rng.choices([*THEMES[number % 2], "and", "the"], k=rng.randint(5, 30)))
        for number in range(documents)
    ]
