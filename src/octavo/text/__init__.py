"""Text in: the WordPiece tokenizer, vocabularies, and files of questions. Loads no Keras."""

from octavo.text.question_files import Passage, Question, read_questions, write_questions
from octavo.text.vocabulary import build_vocabulary, load_vocabulary, save_vocabulary
from octavo.text.wordpiece import Encoding, WordPieceTokenizer

__all__ = [
    "Encoding",
    "Passage",
    "Question",
    "WordPieceTokenizer",
    "build_vocabulary",
    "load_vocabulary",
    "read_questions",
    "save_vocabulary",
    "write_questions",
]
