"""From a folder of text to a pretrained model: token shards, objectives, exact resume.

Source: Su Jianlin, kexue.fm/archives/7055.
"""

from importlib import resources
from pathlib import Path

from octavo.pretraining.corpus import Corpus
from octavo.pretraining.fit import Pace, pretrain
from octavo.pretraining.preparation import prepare
from octavo.pretraining.settings import Settings

__all__ = ["SMALL_ZH", "Corpus", "Pace", "Settings", "prepare", "pretrain"]

SMALL_ZH = Path(str(resources.files("octavo.pretraining"))) / "presets" / "small-zh"
"""Folder of the bundled small Chinese model, for `load_preset` and whatever reads such folders."""
