"""What a row is asked: masked words, the next token, the rest of a text, or a span it holds twice.

- mlm: words are chosen with a probability; of the tokens of a chosen word 80% become [MASK], 10%
  another token, 10% stay; the model names what stood there. Every token sees the whole text.
- lm: every token is named from those before it.
- unilm: a text is cut in two at a random token; the first part is read in both directions, the
  second is named from left to right.
- span: a sentence of the text is a question, with [MASK] for a span that stands in another one too;
  the rest is the passage; the span is named. A text in which no span recurs is cut as in unilm.

All four are the same model under the UniLM mask: segment 0 is read, segment 1 is written. So they
mix in one batch.

Source: Devlin et al. 2019, "BERT", section 3.1 and appendix A.1; Cui et al. 2019, "Pre-training
with whole word masking for Chinese BERT"; Dong et al. 2019, "Unified Language Model Pre-training",
section 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from octavo._checks import check_number, check_share
from octavo.errors import UsageError

OBJECTIVES = ("mlm", "lm", "unilm", "span")
SPECIALS = {"mlm": 2, "lm": 2, "unilm": 3, "span": 5}  # tokens that a text needs besides its own
WHOLE = ("mlm", "lm")  # texts are not cut
STEP = 8  # the number of places the head looks at is a multiple


@dataclass(frozen=True)
class Masking:
    """How the masked LM changes tokens.

    Args:
        mask_selection_rate: probability that a word is masked, above 0 and below 1.
        final_mask_selection_rate: the same at the end of training, to which it goes on a straight
            line; 0 for no change.
        mask_token_rate: share of the tokens of masked words that becomes [MASK].
        random_token_rate: share of them that becomes another token; the rest stays.

    Raises:
        UsageError: if a share is impossible.

    Example:
        >>> Masking(mask_selection_rate=0.3).mask_token_rate
        0.8
    """

    mask_selection_rate: float = 0.15
    final_mask_selection_rate: float = 0.0
    mask_token_rate: float = 0.8
    random_token_rate: float = 0.1

    def __post_init__(self) -> None:
        """Refuse impossible shares."""
        check_number("mask_selection_rate", self.mask_selection_rate, above=0, below=1)
        check_share("final_mask_selection_rate", self.final_mask_selection_rate)
        mask, random = self.mask_token_rate, self.random_token_rate
        if min(mask, random) < 0 or mask + random > 1:
            raise UsageError(
                "mask_token_rate and random_token_rate must be 0 or more and together at most 1. "
                f"Received: mask_token_rate={mask}, random_token_rate={random}"
            )

    def at(self, share: float) -> float:
        """The selection rate when this share of training is done.

        Example:
            >>> round(Masking(0.3, final_mask_selection_rate=0.1).at(0.5), 3)
            0.2
        """
        first, final = self.mask_selection_rate, self.final_mask_selection_rate
        return first + (final - first) * min(share, 1.0) if final else first


def parse_objectives(text: str) -> dict[str, float]:
    """Weights of a mix: "mlm", "mlm,unilm" (as much of each), or "mlm:0.7,unilm:0.3".

    Raises:
        UsageError: if a name is unknown or there twice, a weight is not above 0, or only some have
            weights.

    Example:
        >>> parse_objectives("mlm:3,unilm:1")
        {'mlm': 0.75, 'unilm': 0.25}
    """
    weights: dict[str, float] = {}
    parts = [part.strip() for part in text.split(",")]
    if len({":" in part for part in parts}) > 1:
        raise UsageError(
            "either all objectives of a mix have weights, as mlm:0.7,unilm:0.3, or none. "
            f"Received: objective={text!r}"
        )
    for part in parts:
        name, _, weight = part.partition(":")
        if name in weights:
            raise UsageError(f"{name} is there twice. Received: objective={text!r}")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            weights[name] = math.nan
        if name not in OBJECTIVES or not 0 < weights[name] < math.inf:
            raise UsageError(
                f"objective must be {', '.join(OBJECTIVES)}, or a mix such as mlm:0.7,unilm:0.3. "
                f"Received: objective={text!r}"
            )
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def most_predictions(objectives: Mapping[str, float], masking: Masking, length: int) -> int:
    """Places of a row the head looks at, at most: static, so that nothing is compiled twice.

    Of a masked row a fifth more than are chosen on average; what is above is left unmasked.

    Example:
        >>> most_predictions({"mlm": 1.0}, Masking(0.15), 256)
        56
    """
    if set(objectives) != {"mlm"}:
        return length
    rate = max(masking.mask_selection_rate, masking.final_mask_selection_rate)
    wanted = math.ceil(1.2 * rate * length) + 4
    return min(length, -(-wanted // STEP) * STEP)
