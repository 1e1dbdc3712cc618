"""From a folder of text to a pretrained model: token shards, objectives, exact resume.

Source: Su Jianlin, kexue.fm/archives/7055.
"""

from octavo.pretraining.corpus import Corpus
from octavo.pretraining.fit import Pace, pretrain
from octavo.pretraining.preparation import prepare
from octavo.pretraining.settings import Settings

__all__ = ["Corpus", "Pace", "Settings", "prepare", "pretrain"]
