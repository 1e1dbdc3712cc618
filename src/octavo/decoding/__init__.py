"""Beam search and sampling for a UniLM model: prefix cached, passages voting, compiled.

Source: Su Jianlin, kexue.fm/archives/7115.
"""

from octavo.decoding.decoder import Decoded, Decoder
from octavo.decoding.votes import VOTES

__all__ = ["VOTES", "Decoded", "Decoder"]
