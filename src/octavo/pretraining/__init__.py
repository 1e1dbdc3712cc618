"""From a folder of text to a pretrained model: token shards, objectives, exact resume.

Keras is loaded by `pretrain` alone: processes that encode a corpus import this package too.
`Settings` and `Intervals` load not even NumPy: the help of a command shows them.

Source: Su Jianlin, kexue.fm/archives/7055.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from octavo._lazy import load_later
from octavo.pretraining.settings import Settings
from octavo.training.intervals import Intervals

if TYPE_CHECKING:
    from octavo.pretraining.corpus import Corpus
    from octavo.pretraining.filling import fill_mask
    from octavo.pretraining.fit import pretrain
    from octavo.pretraining.preparation import prepare, prepare_once

__all__ = [
    "SMALL_ZH",
    "Corpus",
    "Intervals",
    "Settings",
    "fill_mask",
    "prepare",
    "prepare_once",
    "pretrain",
]

SMALL_ZH = Path(str(resources.files("octavo.pretraining"))) / "presets" / "small-zh"
"""Folder of the bundled small Chinese model, for `load_preset` and whatever reads such folders."""

_PLACES = {
    "Corpus": "corpus",
    "fill_mask": "filling",
    "prepare": "preparation",
    "prepare_once": "preparation",
    "pretrain": "fit",
}
__getattr__ = load_later(__name__, _PLACES)
