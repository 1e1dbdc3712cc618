"""octavo's decoder: one question, several passages, one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from octavo._keras import keras
from octavo.decoding import Decoder
from octavo.transformer import build_transformer_model
from worker import serve

CLS, SEP = 101, 102


class Bench:
    """The decoder, between calls."""

    def load(self, folder: str) -> dict[str, str]:
        """Build the model and its decoder; returns versions."""
        model = build_transformer_model(
            Path(folder) / "config.json", Path(folder) / "model.safetensors", application="unilm"
        )
        self.decoder = Decoder(model, end_id=SEP)
        return {"keras": keras.__version__, "jax": jax.__version__}

    def decode(
        self, passages: list[list[int]], question: list[int], mode: str, beams: int, maxlen: int
    ) -> dict[str, Any]:
        """The best answer's token ids, and how many passages said no."""
        prefixes = [np.array([CLS, *ids, SEP, *question, SEP], "int32") for ids in passages]
        lengths = [len(ids) for ids in passages]
        found = self.decoder.beam_search([prefixes], [lengths], maxlen, beams, mode)[0]
        return {"tokens": found.tokens[0], "dropped": int((~found.voting.astype(bool)).sum())}


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, decode=bench.decode)
