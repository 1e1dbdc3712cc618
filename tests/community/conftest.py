"""Communities need numba, which the environments of other backends and peers lack."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("numba") else ["test_*.py"]
