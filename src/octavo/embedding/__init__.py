"""Embedding: vectors of words and documents on the sphere (JoSE).

Source: Su Jianlin, kexue.fm/archives/7063.
"""

from octavo._lazy import load_later

__all__ = ["JoSE"]

__getattr__ = load_later(__name__, {"JoSE": "jose"})
