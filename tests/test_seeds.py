"""Seeds of named streams."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from octavo._seeds import derive_seed, make_generator

NAMES = st.lists(st.one_of(st.text(), st.integers()), max_size=3).map(tuple)


@given(st.integers(0, 2**40), NAMES)
def test_seed_fits_31_bits_and_repeats(seed, names):
    assert 0 <= derive_seed(seed, *names) < 2**31
    assert derive_seed(seed, *names) == derive_seed(np.int64(seed), *names)


def test_streams_differ():
    streams = [derive_seed(seed, "a", step) for seed in range(10) for step in range(100)]
    assert len(set(streams)) == len(streams)
    first, second = make_generator(0, "a").random(4), make_generator(0, "b").random(4)
    assert not np.allclose(first, second)


def test_same_seed_in_another_process():
    code = "from octavo._seeds import derive_seed; print(derive_seed(7, '掩码', 2))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == derive_seed(7, "掩码", 2)
