"""jieba's dictionary, loaded where this module is imported.

A fork server imports it once; the processes it forks begin at once, and share it.
"""

from __future__ import annotations

from contextlib import suppress

from octavo.errors import OctavoError
from octavo.segmenting.jieba import Jieba

with suppress(OctavoError):  # the process that needs it will say so
    Jieba().load()
