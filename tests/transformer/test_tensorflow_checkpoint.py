"""TensorFlow's checkpoints: read as they were written, and what is damaged is named.

Covers octavo.transformer.sorted_table.
"""

from __future__ import annotations

import numpy as np
import pytest
from checkpoint_writer import KINDS, masked, write_checkpoint

from octavo.errors import PresetError
from octavo.transformer.sorted_table import MAGIC, read_fields, read_table
from octavo.transformer.tensorflow_checkpoint import Checkpoint, is_checkpoint, read_checkpoint

random = np.random.default_rng(0)
ARRAYS = {
    "bert/embeddings/LayerNorm/beta": random.normal(size=7).astype("float32"),
    "bert/embeddings/LayerNorm/gamma": random.normal(size=7).astype("float16"),
    "bert/embeddings/word_embeddings": random.normal(size=(5, 7)),
    "字/kernel": random.normal(size=(2, 3, 4)).astype("float32"),
    "global_step": np.array(41, "int64"),
    "empty": np.zeros((0, 3), "float32"),
}


def same(found, arrays):
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("restart", [1, 3, 16])
@pytest.mark.parametrize("block_size", [1, 100, 4096])
def test_arrays_come_back(tmp_path, shards, restart, block_size):
    write_checkpoint(tmp_path / "model.ckpt", ARRAYS, shards, restart, block_size)
    same(read_checkpoint(tmp_path / "model.ckpt"), ARRAYS)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number(tmp_path, kind, big_endian):
    array = (100 * random.normal(size=(3, 2))).astype(kind)
    write_checkpoint(tmp_path / "model", {"a": array}, big_endian=big_endian)
    same(read_checkpoint(tmp_path / "model"), {"a": array})


def test_bfloat16_comes_as_float32(tmp_path):
    exact = np.array([1.0, -2.5, 0.15625, np.inf], "float32")  # few digits, so nothing is rounded
    upper = (exact.view("uint32") >> 16).astype("uint16")
    write_checkpoint(tmp_path / "model", {"a": upper}, kinds={"a": 14})
    same(read_checkpoint(tmp_path / "model"), {"a": exact})


def test_a_checkpoint_is_a_mapping_that_reads_on_demand(tmp_path):
    write_checkpoint(tmp_path / "model", ARRAYS, shards=2)
    names = list(ARRAYS)
    (tmp_path / "model.data-00001-of-00002").unlink()
    checkpoint = Checkpoint(tmp_path / "model")
    assert sorted(checkpoint) == sorted(names)
    assert len(checkpoint) == len(names)
    assert names[1] in checkpoint
    assert "other" not in checkpoint
    assert checkpoint.shapes == {name: array.shape for name, array in ARRAYS.items()}
    np.testing.assert_array_equal(checkpoint[names[0]], ARRAYS[names[0]])
    with pytest.raises(KeyError):
        checkpoint["other"]
    with pytest.raises(PresetError, match=r"model.data-00001-of-00002: cannot be read: No such"):
        checkpoint[names[1]]


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00001", ".meta"])
def test_any_of_its_files_means_the_checkpoint(tmp_path, ending):
    write_checkpoint(tmp_path / "model.ckpt-9", ARRAYS)
    assert is_checkpoint(tmp_path / f"model.ckpt-9{ending}")
    assert len(Checkpoint(tmp_path / f"model.ckpt-9{ending}")) == len(ARRAYS)
    assert not is_checkpoint(tmp_path / "model.ckpt")


def test_texts_are_left_out(tmp_path):
    text = np.frombuffer(b"graph", "uint8")
    arrays = {"a": ARRAYS["global_step"], "_CHECKPOINTABLE_OBJECT_GRAPH": text}
    write_checkpoint(tmp_path / "model", arrays, kinds={"_CHECKPOINTABLE_OBJECT_GRAPH": 7})
    assert list(Checkpoint(tmp_path / "model")) == ["a"]


def test_what_cannot_be_read_says_so_when_it_is_asked_for(tmp_path):
    ids = np.arange(6, dtype="int32")
    arrays = {"cut": ids, "resource": ids, "short": ids, "\0cut": ids, "whole": ids}
    kinds = {"resource": 20, "short": 9}
    write_checkpoint(tmp_path / "model", arrays, kinds=kinds, sliced=("cut",))
    checkpoint = Checkpoint(tmp_path / "model")
    assert sorted(checkpoint) == ["cut", "resource", "short", "whole"]
    np.testing.assert_array_equal(checkpoint["whole"], ids)
    for name, message in (
        ("cut", "cut is cut into partitions, which octavo cannot read"),
        ("resource", r"resource is of a kind that NumPy lacks \(number 20\)"),
        ("short", r"short of shape \(6,\) cannot have 24 bytes"),
    ):
        with pytest.raises(PresetError, match=rf"model.data-00000-of-00001: {message}"):
            checkpoint[name]


def test_packed_blocks_are_refused(tmp_path):
    write_checkpoint(tmp_path / "model", ARRAYS, compression=1)
    with pytest.raises(PresetError, match=r"model.index: its blocks are packed \(by snappy\)"):
        Checkpoint(tmp_path / "model")


def test_a_missing_index_is_named(tmp_path):
    with pytest.raises(PresetError, match=r"model.ckpt.index: cannot be read: No such file"):
        Checkpoint(tmp_path / "model.ckpt")


@pytest.mark.parametrize("content", [b"", b"{}", bytes(48), b"text " * 20])
def test_other_files_are_no_index(tmp_path, content):
    (tmp_path / "model.index").write_bytes(content)
    with pytest.raises(PresetError, match=r"model.index: not a checkpoint's index, or cut short"):
        Checkpoint(tmp_path / "model")


def test_another_table_is_no_checkpoint(tmp_path):
    write_checkpoint(tmp_path / "model", {})
    index = tmp_path / "model.index"
    header = read_table(index.read_bytes())
    assert list(header) == [b""]
    empty = b"\0" * 4 + b"\1\0\0\0"  # a block without entries
    data = empty + b"\0" + masked(empty + b"\0").to_bytes(4, "little")
    handles = bytes([0, 8, 0, 8]).ljust(40, b"\0")
    index.write_bytes(data + handles + MAGIC.to_bytes(8, "little"))
    with pytest.raises(PresetError, match=r"model.index: a table, but not a checkpoint's"):
        Checkpoint(tmp_path / "model")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x12\x05four", "it ends within an entry"),
        (b"\x35abc", "it ends within an entry"),
        (b"\x08\x80", "a number has no end"),
        (b"\x08" + b"\xff" * 11, "a number has no end"),
        (b"\x0b", "a field of the kind 3"),
    ],
)
def test_what_is_no_message_is_damaged(message, reason):
    with pytest.raises(PresetError, match=f"damaged: {reason}"):
        list(read_fields(message))


@pytest.fixture
def small(tmp_path):
    """A checkpoint of two blocks, and the files' bytes."""
    arrays = {name: ARRAYS[name] for name in list(ARRAYS)[:3]}
    write_checkpoint(tmp_path / "model", arrays, block_size=60)
    index, data = tmp_path / "model.index", tmp_path / "model.data-00000-of-00001"
    return arrays, index, data


def test_an_index_cut_short_anywhere_is_named(small):
    _, index, _ = small
    whole = index.read_bytes()
    for size in range(len(whole)):
        index.write_bytes(whole[:size])
        with pytest.raises(PresetError, match=r"model.index: "):
            Checkpoint(index)


def test_a_damaged_byte_of_the_index_never_gives_other_arrays(small):
    arrays, index, _ = small
    whole = index.read_bytes()
    messages: list[str] = []
    for place in range(len(whole)):
        for flip in (1, 0x80, 0xFF):
            index.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            try:
                found = read_checkpoint(index)
            except PresetError as caught:
                messages.append(str(caught))
            else:
                same(found, arrays)
    assert all(text.count("model.index: ") == 1 and "\n" not in text for text in messages)
    # the footer's padding and the block of metadata are not looked at
    assert len(messages) > 3 * (len(whole) - 60)


def test_a_damaged_byte_of_the_data_is_found(small):
    arrays, index, data = small
    whole = data.read_bytes()
    names = [name for name, array in arrays.items() for _ in array.tobytes()]
    assert len(names) == len(whole)
    for place, name in enumerate(names):
        data.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        checkpoint = Checkpoint(index)
        with pytest.raises(PresetError, match=rf"{name} is damaged: its checksum differs"):
            checkpoint[name]
        for other in arrays.keys() - {name}:
            np.testing.assert_array_equal(checkpoint[other], arrays[other])


def test_data_cut_short_is_named(small):
    arrays, index, data = small
    last = list(arrays)[-1]
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(
        PresetError, match=rf"of-00001: {last} ends at byte \d+ of \d+: the file is cut short"
    ):
        Checkpoint(index)[last]
    first = next(iter(arrays))
    np.testing.assert_array_equal(Checkpoint(index)[first], arrays[first])


@pytest.mark.keras_backend
class TestTensorFlow:
    """Files that TensorFlow itself wrote; on its own backend alone, where it is installed."""

    @pytest.fixture
    def tf(self):
        return pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

    def compare(self, tf, prefix, names):
        theirs = tf.train.load_checkpoint(str(prefix))
        ours = read_checkpoint(prefix)
        assert set(names) <= ours.keys() <= theirs.get_variable_to_shape_map().keys()
        for name, array in ours.items():
            expected = theirs.get_tensor(name)
            assert array.shape == expected.shape
            if expected.dtype.name != "bfloat16":
                assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected.astype(array.dtype))

    def save(self, tf, prefix, tensors):
        names = list(tensors)
        tf.raw_ops.SaveV2(
            prefix=str(prefix),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=list(tensors.values()),
        )

    def test_tensors_of_every_kind(self, tf, tmp_path):
        kinds = [*KINDS, "bfloat16"]
        tensors = {f"a/{kind}": tf.cast([[1, 0], [3, 7]], kind) for kind in kinds}
        tensors["large"] = tf.random.normal((700, 700))
        tensors["empty"] = tf.zeros((0, 3))
        tensors["scalar"] = tf.constant(2.5)
        tensors["text"] = tf.constant(["天", "地玄"])
        self.save(tf, tmp_path / "model.ckpt", tensors)
        self.compare(tf, tmp_path / "model.ckpt", tensors.keys() - {"text"})

    def test_an_index_of_many_blocks(self, tf, tmp_path):
        names = [f"{2654435761 * i % 2**32:08x}" * 40 for i in range(2000)]  # share little
        tensors = {name: tf.fill((i % 7,), float(i)) for i, name in enumerate(names)}
        self.save(tf, tmp_path / "model.ckpt", tensors)
        assert (tmp_path / "model.ckpt.index").stat().st_size > 600_000  # a block has 256 KB
        self.compare(tf, tmp_path / "model.ckpt", tensors)

    def test_shards(self, tf, tmp_path):
        parts = [str(tmp_path / f"part{i}") for i in range(3)]
        for number, part in enumerate(parts):
            self.save(tf, part, {f"v{number}": tf.random.normal((9, number + 1))})
        tf.raw_ops.MergeV2Checkpoints(
            checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "model")
        )
        assert (tmp_path / "model.data-00002-of-00003").exists()
        self.compare(tf, tmp_path / "model", ["v0", "v1", "v2"])

    def test_a_checkpoint_of_objects(self, tf, tmp_path):
        variables = [tf.Variable(tf.random.normal((3, 4))), tf.Variable(3)]
        prefix = tf.train.Checkpoint(a=variables[0], b=variables[1]).write(str(tmp_path / "m"))
        self.compare(tf, prefix, [f"{name}/.ATTRIBUTES/VARIABLE_VALUE" for name in "ab"])

    def test_a_partitioned_variable_is_refused(self, tf, tmp_path):
        tf.raw_ops.SaveV2(
            prefix=str(tmp_path / "model"),
            tensor_names=["v", "v", "w"],
            shape_and_slices=["4 2 0,2:-", "4 2 2,2:-", ""],
            tensors=[tf.ones((2, 2)), tf.zeros((2, 2)), tf.ones(3)],
        )
        checkpoint = Checkpoint(tmp_path / "model")
        assert sorted(checkpoint) == ["v", "w"]
        assert checkpoint.shapes["v"] == (4, 2)
        np.testing.assert_array_equal(checkpoint["w"], np.ones(3))
        with pytest.raises(PresetError, match="v is cut into partitions"):
            checkpoint["v"]


def test_an_empty_array_of_a_shape_that_numpy_lacks_is_named(tmp_path):
    class Huge(np.ndarray):
        """Says that it has another shape than its bytes."""

        shape = (0, 2**62, 2**62)

    write_checkpoint(tmp_path / "model.ckpt", {"empty": np.zeros(0, "float32").view(Huge)})
    with pytest.raises(PresetError, match=r"empty of shape \(0, \d+, \d+\) cannot be made"):
        read_checkpoint(tmp_path / "model.ckpt")
