"""Counting: how often each word of a corpus occurs, and in how many documents.

Source: Su Jianlin, kexue.fm/archives/7031.
"""

from octavo.counting.counts import Counts
from octavo.counting.words import count_texts, count_words

__all__ = ["Counts", "count_texts", "count_words"]
