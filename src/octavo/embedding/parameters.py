"""The parameters of JoSE: which are possible, and the rules for the loops that they make."""

from __future__ import annotations

from typing import Any

import numpy as np

from octavo._checks import check_bool, check_number, check_one_of, check_whole
from octavo._seeds import derive_seed
from octavo.embedding.encoding import Options
from octavo.embedding.tables import Rules

CHOICES = {
    "objective": ("joint", "hinges"),
    "schedule": ("linear", "constant"),
    "document_vectors": ("inferred", "trained"),
}
SWITCHES = ("cosine_factor", "shared_negatives", "lowercase", "nfkc", "deterministic")
LOWEST = 1e-4  # of the rate, at the end
LARGEST = 1 << 16  # of a vector


def check_parameters(model: Any) -> None:
    """Look at all parameters of a `JoSE`.

    Raises:
        UsageError: if one is impossible.
    """
    check_whole("size", model.size, 1, LARGEST)
    for name in ("window", "negatives", "passes", "min_count"):
        check_whole(name, getattr(model, name), 1)
    check_whole("seed", model.seed, 0)
    check_number("learning_rate", model.learning_rate, above=0, most=1)
    check_number("margin", model.margin, above=0)
    check_number("sample", model.sample, least=0)
    for name, choices in CHOICES.items():
        check_one_of(name, getattr(model, name), choices)
    for name in SWITCHES:
        check_bool(name, getattr(model, name))
    if model.workers is not None:
        check_whole("workers", model.workers, 1)
    Options(model.segmenter, model.lowercase, model.nfkc).make_cutter()


def make_rules(model: Any) -> Rules:
    """What the loops of a `JoSE` are told."""
    return Rules(
        window=model.window,
        negatives=model.negatives,
        margin=np.float32(model.margin),
        joint=model.objective == "joint",
        factor=model.cosine_factor,
        shared=model.shared_negatives,
        rate=float(model.learning_rate),
        last_rate=model.learning_rate * (LOWEST if model.schedule == "linear" else 1.0),
        passes=model.passes,
        seed=np.uint64(derive_seed(model.seed, "training")),
    )
