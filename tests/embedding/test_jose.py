"""JoSE as a user has it: what it learns, repeats, continues, saves and refuses.

Covers octavo.embedding.parameters, octavo.embedding.training, octavo.embedding.runs,
octavo.embedding.saving.
"""

from __future__ import annotations

import copy
import json
import os

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("safetensors")

from octavo.embedding import JoSE, training
from octavo.embedding.runs import Run
from octavo.errors import DataError, UsageError
from two_themes import THEMES, make_texts

TEXTS = make_texts(200)
SMALL = {"size": 16, "min_count": 2, "segmenter": "whitespace", "sample": 0, "deterministic": True}


@pytest.fixture(scope="module")
def model():
    return JoSE(**SMALL).fit(TEXTS, progress=False)


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("word_vectors_", "context_vectors_", "document_vectors_", "counts_")
    )


def share_right(vectors):
    """How often the nearest other document is of the same theme."""
    near = vectors @ vectors.T
    np.fill_diagonal(near, -2)
    return (near.argmax(1) % 2 == np.arange(len(vectors)) % 2).mean()


PUBLISHED = {
    "objective": "hinges", "margin": 0.15, "cosine_factor": True, "shared_negatives": False,
    "document_vectors": "trained",
}  # fmt: skip
CASES = [
    {}, {"shared_negatives": False}, PUBLISHED,
    {"objective": "hinges", "margin": 0.15}, {"document_vectors": "trained"},
    {"workers": 2, "deterministic": False}, {"schedule": "constant"},
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_themes_are_told_apart(case):
    found = JoSE(**{**SMALL, **case}).fit(TEXTS, progress=False)
    assert share_right(found.document_vectors_) > 0.95
    right = [
        len(set(theme) & {near for near, _ in found.words_.most_similar(word, top=5)})
        for theme in THEMES
        for word in theme
    ]
    assert np.mean(right) > 2.4  # of 5; by chance 2.1
    assert len(found.losses_) == 10
    for table in (found.word_vectors_, found.document_vectors_):
        np.testing.assert_allclose(np.linalg.norm(table, axis=1), 1, atol=1e-5)


def test_results_are_what_the_docstring_says(model):
    assert model.word_vectors_.dtype == np.float32
    assert model.word_vectors_.shape == model.context_vectors_.shape == (22, 16)
    assert model.document_vectors_.shape == (200, 16)
    assert model.words_.keys == list(model.vocabulary_)
    assert sum(model.counts_) == sum(len(text.split()) for text in TEXTS)
    assert repr(model).startswith("JoSE(size=16, sample=0, min_count=2, segmenter=")


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_seed_decides_whatever_the_workers(model, workers):
    assert same(JoSE(**SMALL, workers=workers).fit(iter(TEXTS), progress=False), model)
    assert not same(JoSE(**SMALL, seed=1).fit(TEXTS, progress=False), model)


def test_a_text_has_one_vector(model):
    texts = [*TEXTS[:5], "unknown words", ""]
    vectors = model.transform(texts)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(model.transform(["salt", text])[1], vector)
    assert not vectors[5:].any()


def test_documents_that_were_learned_have_the_vectors_of_new_ones(model):
    np.testing.assert_allclose(model.transform(TEXTS), model.document_vectors_, atol=1e-5)


def test_documents_are_visited_in_an_order_of_the_seed():
    half = sorted(TEXTS, key=lambda text: TEXTS.index(text) % 2)  # as files are often sorted
    place = [half.index(text) for text in TEXTS]
    found = JoSE(**SMALL, passes=2).fit(half, progress=False)
    assert share_right(found.document_vectors_[place]) > 0.9
    rules = training.Rules(1, 1, 1.0, False, False, False, 1.0, 1.0, 1, np.uint64(3))
    corpus = training.Corpus(np.zeros(6, np.int32), np.array([1, 1, 3, 6]))
    order, bounds = training.draw_order(corpus, rules, 0)
    assert sorted(order) == [0, 1, 2, 3]
    np.testing.assert_array_equal(np.diff(bounds), np.array([1, 0, 2, 3])[order])
    orders = {tuple(training.draw_order(corpus, rules, number)[0]) for number in range(20)}
    assert len(orders) > 5


def test_new_documents_lie_with_those_of_their_theme(model):
    near = (model.transform(make_texts(50, seed=9)) @ model.document_vectors_.T).argmax(1)
    assert (near % 2 == np.arange(50) % 2).mean() > 0.95


def test_documents_without_words_have_zeros():
    found = JoSE(**SMALL).fit([*TEXTS, "", "once"], progress=False)
    assert not found.document_vectors_[200:].any()
    assert found.document_vectors_[:200].any(axis=1).all()


def test_more_texts_go_on(model):
    more = ["boat river sail sail"] * 30
    found = JoSE(**SMALL).fit(TEXTS, progress=False).partial_fit(more, progress=False)
    assert found.words_.keys == [*model.words_.keys, "sail"]
    assert found.document_vectors_.shape == (30, 16)
    assert found.counts_.sum() == model.counts_.sum() + 120
    old = (found.word_vectors_[:22] * model.word_vectors_).sum(1)
    assert np.median(old) > 0.6
    assert same(JoSE(**SMALL).partial_fit(TEXTS, progress=False), model)
    assert same(found.fit(TEXTS, progress=False), model)


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("stop", [0, 1, 5])
def test_a_stopped_training_goes_on_to_the_same_vectors(model, stop, tmp_path, monkeypatch):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    monkeypatch.setattr(training, "FIRST_CHUNK", 300)
    monkeypatch.setattr(training, "SECONDS", 1e-9)  # chunks stay small
    save, saved = Run.save, []

    def save_and_stop(run, *state):
        save(run, *state)
        saved.append(1)
        if len(saved) > stop:
            raise StoppedError

    arguments = {"folder": tmp_path / "run", "save_seconds": 0, "progress": False}
    monkeypatch.setattr(Run, "save", save_and_stop)
    with pytest.raises(StoppedError):
        JoSE(**SMALL).fit_files(tmp_path / "texts.txt", **arguments)
    monkeypatch.setattr(Run, "save", save)
    arguments["save_seconds"] = 60
    found = JoSE(**SMALL).fit_files(tmp_path / "texts.txt", **arguments)
    assert same(found, model)
    assert found.losses_ == pytest.approx(model.losses_)


def test_a_training_stopped_while_documents_are_placed_leaves_nothing_learned(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("octavo.embedding.jose.infer", interrupted)
    model = JoSE(min_count=1, segmenter="whitespace", workers=1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(make_texts(20), progress=False)
    assert not hasattr(model, "words_")


def test_the_folder_of_another_training_is_refused(tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    arguments = {"folder": tmp_path / "run", "progress": False}
    JoSE(**SMALL).fit_files(tmp_path / "texts.txt", **arguments)
    with pytest.raises(DataError, match=r"another seed is in this folder \(0, now 3\)"):
        JoSE(**SMALL, seed=3).fit_files(tmp_path / "texts.txt", **arguments)
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS[1:]) + "\n")
    with pytest.raises(DataError, match="other files is in"):
        JoSE(**SMALL).fit_files(tmp_path / "texts.txt", **arguments)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("keep me")
    with pytest.raises(DataError, match="holds other files"):
        JoSE(**SMALL).fit_files(tmp_path / "texts.txt", folder=tmp_path / "other")


def test_damage_of_a_state_is_seen(tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    model = JoSE(**SMALL)
    run = Run(tmp_path / "run", {})
    tables = training.Tables(*(np.ones((2, 3), np.float32) for _ in range(3)))
    run.save(tables, training.Place(2, 1, 0.5, 7, [0.1]))
    found, place = run.load()
    assert place == training.Place(2, 1, 0.5, 7, [0.1])
    np.testing.assert_array_equal(found.words, tables.words)
    path = tmp_path / "run" / "state" / "words.npy"
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"words\.npy: damaged: its checksum is another"):
        run.load()
    (tmp_path / "run" / "state" / "state.json").write_text("{}")
    with pytest.raises(DataError, match="damaged: no state of a training"):
        run.load()
    assert model.get_params()["size"] == 16


def test_a_saved_model_is_the_same(model, tmp_path):
    model.save(tmp_path / "model")
    found = JoSE.load(tmp_path / "model")
    assert same(found, model)
    assert found.get_params() == model.get_params()
    assert found.losses_ == model.losses_
    np.testing.assert_array_equal(found.transform(TEXTS[:3]), model.transform(TEXTS[:3]))


def test_a_segmenter_without_a_name_is_not_saved(tmp_path):
    found = JoSE(**{**SMALL, "segmenter": str.split}).fit(TEXTS, progress=False)
    with pytest.raises(UsageError, match="only a segmenter with a name"):
        found.save(tmp_path / "model")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", lambda text: "{", "damaged: no parameters"),
        ("config.json", lambda text: "{}", "no model of JoSE"),
        ("config.json", lambda text: text.replace('"window"', '"windows"'), "does not have"),
        ("config.json", lambda text: text.replace('"window": 5', '"window": 0'), "window must be"),
        ("vocab.txt", lambda text: text + "more\n", r"words holds float32 \(22, 16\), not \(23"),
        ("vocab.txt", lambda text: text.replace("river", "and"), "a word is there twice"),
    ],
)
def test_a_damaged_model_is_named(model, name, change, message, tmp_path):
    model.save(tmp_path)
    text = (tmp_path / name).read_text("utf-8")
    (tmp_path / name).write_text(change(text))
    with pytest.raises(DataError, match=message):
        JoSE.load(tmp_path)


def test_a_damaged_file_of_weights_is_named(model, tmp_path):
    model.save(tmp_path)
    path = tmp_path / "model.safetensors"
    data = path.read_bytes()
    for bad in (data[:-5], data[:4], b"", b"\xff" * 8 + data[8:]):
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"model\.safetensors: damaged or cut short"):
            JoSE.load(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=r"model\.safetensors"):
        JoSE.load(tmp_path)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 0}, "size must be a whole number"),
        ({"window": 1.5}, "window must be"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number"),
        ({"margin": 0}, "margin must be"),
        ({"objective": "hinge"}, "objective must be one of joint, hinges"),
        ({"schedule": "cosine"}, "schedule must be one of linear, constant"),
        ({"cosine_factor": "yes"}, "cosine_factor must be True or False"),
        ({"workers": 0}, "workers must be"),
        ({"segmenter": "none"}, "a segmenter is"),
    ],
)
def test_impossible_parameters_are_refused(params, message):
    with pytest.raises(UsageError, match=message):
        JoSE(**params).fit(TEXTS)


def test_texts_must_be_several_and_words_frequent_enough():
    with pytest.raises(UsageError, match="documents must be several"):
        JoSE().fit("to be or not")
    with pytest.raises(DataError, match="number 1, from 0, is None"):
        JoSE(**SMALL).fit(TEXTS, progress=False).transform(["a", None])
    with pytest.raises(UsageError, match="call fit first"):
        JoSE().transform(["a"])
    for texts, message in (
        ([], "no words in 0"),
        (["", " "], "no words in 2"),
        (["a"], "1000 times"),
    ):
        with pytest.raises(DataError, match=f"nothing to learn from: .*{message}"):
            JoSE(min_count=1000, segmenter="whitespace").fit(texts, progress=False)


def test_scikit_learn_takes_it(model):
    pipeline = pytest.importorskip("sklearn.pipeline", reason="scikit-learn is not installed")
    neighbours = pytest.importorskip("sklearn.neighbors")
    whole = pipeline.Pipeline([("jose", JoSE(**SMALL)), ("knn", neighbours.KNeighborsClassifier())])
    themes = [number % 2 for number in range(200)]
    assert whole.fit(TEXTS, themes).score(make_texts(50, seed=5), themes[:50]) > 0.9
    assert whole[0].get_feature_names_out().tolist() == [f"jose{n}" for n in range(16)]


def test_other_words_of_the_same_size_are_noticed(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a cat sat\n" * 50)
    arguments = {"folder": tmp_path / "run", "progress": False}
    JoSE(**SMALL).fit_files(path, **arguments)
    path.write_text("a pig ran\n" * 50)
    with pytest.raises(DataError, match="other files is in this folder"):
        JoSE(**SMALL).fit_files(path, **arguments)


def test_another_function_is_noticed(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a cat sat\n" * 50)
    arguments = {"folder": tmp_path / "run", "progress": False}
    JoSE(**SMALL | {"segmenter": lambda text: text.split()}).fit_files(path, **arguments)
    with pytest.raises(DataError, match="another segmenter is in this folder"):
        JoSE(**SMALL | {"segmenter": lambda text: list(text)}).fit_files(path, **arguments)


def test_what_failed_before_anything_was_finished_may_be_corrected(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(b"a cat sat\n" * 50 + b"\xff\n")
    arguments = {"folder": tmp_path / "run", "progress": False}
    with pytest.raises(DataError, match="line 51"):
        JoSE(**SMALL).fit_files(path, **arguments)
    model = JoSE(**SMALL).fit_files(path, bad_lines="skip", **arguments)
    assert len(model.document_vectors_) == 50


def test_names_that_are_not_utf8_are_kept(tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    (tmp_path / "texts.txt").write_text("a cat sat\n" * 50)
    os.rename(tmp_path / "texts.txt", folder + b"/texts.txt")
    for _ in range(2):
        found = JoSE(**SMALL).fit_files(
            os.fsdecode(folder), folder=tmp_path / "run", progress=False
        )
        assert len(found.document_vectors_) == 50


def test_a_state_that_a_killed_process_left_beside_its_place_is_taken(tmp_path, model):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    arguments = {"folder": tmp_path / "run", "progress": False}
    JoSE(**SMALL).fit_files(tmp_path / "texts.txt", **arguments)
    (tmp_path / "run" / "state").rename(tmp_path / "run" / ".state.01234567.old")
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert Run(tmp_path / "run", about).load() is not None


def test_words_that_all_documents_have_place_a_document():
    texts = [f"the {word}" for word in ("cat", "dog", "hen", "pig", "cow", "fox", "owl")] * 50
    model = JoSE(**SMALL | {"sample": 1e-3}).fit(texts, progress=False)
    lengths = np.linalg.norm(model.transform(["the", "the the", "nothing"]), axis=1)
    assert lengths == pytest.approx([1, 1, 0], abs=1e-5)
    model = JoSE(**SMALL).fit(["the cat sat"] * 50, progress=False)
    assert np.linalg.norm(model.document_vectors_, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_byte_order_mark_is_no_part_of_a_word():
    texts = ["\ufeffthe cat", "\ufeffthe dog", "the hen"] * 30
    model = JoSE(**SMALL).fit(texts, progress=False)
    assert sorted(model.words_) == ["cat", "dog", "hen", "the"]
    assert model.transform(["\ufeffthe"]).any()


def test_numbers_of_numpy_are_parameters(tmp_path):
    model = JoSE(**SMALL | {"size": np.int64(8), "learning_rate": np.float32(0.04)})
    model.fit(TEXTS, progress=False).save(tmp_path / "model")
    assert JoSE.load(tmp_path / "model").size == 8


def test_a_fault_far_into_the_texts_is_named_by_its_number():
    texts = ["a b"] * 300
    with pytest.raises(DataError, match="number 300, from 0, is None"):
        JoSE(**SMALL).fit([*texts, None], progress=False)
    message = ""
    try:
        JoSE(**SMALL).fit([*texts, ["x" * 10_000]], progress=False)
    except DataError as error:
        message = str(error)
    assert "number 300" in message
    assert len(message) < 200


def test_another_size_is_for_another_fit(model):
    changed = copy.deepcopy(model).set_params(size=5)
    assert changed.transform(TEXTS[:2]).shape == (2, SMALL["size"])
    with pytest.raises(UsageError, match=r"vectors of size .* call fit for others"):
        changed.partial_fit(TEXTS, progress=False)


def test_a_table_is_not_taken_for_its_columns():
    class Table(dict):
        columns = ("text",)

    with pytest.raises(UsageError, match="give one of its columns"):
        JoSE(**SMALL).fit(Table(text=TEXTS), progress=False)
