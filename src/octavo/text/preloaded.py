"""What a process that cuts Chinese words needs, loaded where this module is imported.

A fork server imports it once; the processes it forks begin at once, and share the dictionary.
"""

from __future__ import annotations

from contextlib import suppress

import octavo.text.encoding  # noqa: F401
from octavo.errors import MissingExtraError
from octavo.text.jieba import Jieba

with suppress(MissingExtraError):
    Jieba()
