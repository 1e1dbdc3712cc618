"""What a process that counts needs, loaded where this module is imported.

A fork server imports it once; the processes it forks begin to count at once.
"""

from __future__ import annotations

from octavo._numba import compiling_said
from octavo.counting.counter import load_kernels

with compiling_said():
    load_kernels()
