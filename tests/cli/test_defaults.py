"""A default is one thing: what a verb takes where nothing is said is what its function takes."""

from __future__ import annotations

import inspect

import pytest

pytest.importorskip("pyarrow", reason="octavo[count] is not installed")

from octavo.cli import embed
from octavo.cli.community import community
from octavo.cli.count import count
from octavo.cli.discover import discover, parse_numbers
from octavo.cli.launch import launch
from octavo.cli.main import VERBS, app
from octavo.cli.matrix import matrix
from octavo.cli.pretrain import pretrain
from octavo.cli.read import ask, calibrate, evaluate, sogou, train
from octavo.community import Infomap
from octavo.corpus.documents import read_documents
from octavo.counting import count_words
from octavo.counting.discovery import discover_words
from octavo.counting.matrix import vectorize_files
from octavo.embedding import JoSE
from octavo.embedding.evaluation import evaluate_clustering, evaluate_neighbours
from octavo.pretraining import Intervals, Settings, prepare
from octavo.pretraining.fit import pretrain as fit_model
from octavo.pretraining.settings import VOCABULARY_SIZE
from octavo.reading.evaluation import evaluate as evaluate_reader
from octavo.reading.fit import fit_reader
from octavo.reading.passage_files import read_passages
from octavo.reading.reader import Reader
from octavo.reading.training_settings import TrainingSettings
from octavo.training.devices import find_devices
from octavo.training.launch import launch as start
from octavo.vectors import KeyedVectors, project

# Each verb, and the functions that it gives its options to.
FUNCTIONS = {
    community: [Infomap],
    count: [count_words],
    discover: [discover_words],
    embed.embed: [JoSE, JoSE.fit_files],
    embed.evaluate: [evaluate_neighbours, evaluate_clustering],
    embed.draw_map: [project],
    embed.export: [],
    embed.search: [read_documents],
    embed.transform: [JoSE.fit_files],
    embed.similar: [KeyedVectors.most_similar],
    launch: [start],
    matrix: [vectorize_files],
    pretrain: [prepare, fit_model, find_devices],
    ask: [Reader.answer, read_passages],
    calibrate: [],
    evaluate: [evaluate_reader],
    train: [fit_reader],
    sogou: [],
}
# What stands for the same default, as a command line has texts and files alone.
MEANINGS = {
    "min_pmi": lambda value: tuple(parse_numbers(value)) if isinstance(value, str) else value,
    "stop_words": lambda value: value or (),
    "hosts": lambda value: value or (),
    "vocabulary": lambda value: value or VOCABULARY_SIZE,
    "settings": lambda value: value or Settings(),
    "intervals": lambda value: value or Intervals(),
}


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def test_every_verb_is_compared():
    verbs = set()
    for name in VERBS:
        apps = [app[name], *(app[name][sub] for sub in app[name] if not sub.startswith("-"))]
        verbs |= {verb.default_command for verb in apps if verb.default_command}
    assert verbs == FUNCTIONS.keys()


@pytest.mark.parametrize("verb", FUNCTIONS, ids=lambda verb: verb.__name__)
def test_an_option_has_the_default_of_its_argument(verb):
    options, compared = defaults(verb), 0
    for function in FUNCTIONS[verb]:
        arguments = defaults(function)
        for name in options.keys() & arguments.keys():
            meaning = MEANINGS.get(name, lambda value: value)
            assert meaning(options[name]) == meaning(arguments[name]), (function, name)
            compared += 1
    assert compared or not FUNCTIONS[verb]


def test_a_reader_is_trained_as_its_settings_say():
    given = defaults(fit_reader)
    assert {name: given[name] for name in vars(TrainingSettings())} == vars(TrainingSettings())
