"""Vectors by name: files in and out, exact nearest neighbours, and places on a plane."""

from octavo.vectors.keyed_vectors import KeyedVectors
from octavo.vectors.neighbours import nearest_rows
from octavo.vectors.plane import project

__all__ = ["KeyedVectors", "nearest_rows", "project"]
