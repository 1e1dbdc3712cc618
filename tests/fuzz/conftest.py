"""Loaders of counting are among them, which need numba and Arrow; other environments lack these."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("numba") and find_spec("pyarrow") else ["test_*.py"]
