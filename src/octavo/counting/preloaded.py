"""What a process that counts needs, loaded where this module is imported.

A fork server imports it once; the processes it forks begin to count at once.
"""

from __future__ import annotations

from octavo.counting.counter import load_kernels
from octavo.text.compiling import compiling_said

with compiling_said():
    load_kernels()
