"""What a process that counts needs, loaded where this module is imported.

A fork server imports it once; the processes it forks begin to count at once.
"""

from __future__ import annotations

from contextlib import suppress

from octavo.counting.compiling import compiling_said
from octavo.counting.counter import load_kernels
from octavo.errors import MissingExtraError
from octavo.text.jieba import Jieba

with compiling_said():
    load_kernels()
with suppress(MissingExtraError):
    Jieba()("")
