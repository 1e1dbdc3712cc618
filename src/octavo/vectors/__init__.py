"""Vectors by name: files in and out, and exact nearest neighbours."""

from octavo.vectors.keyed_vectors import KeyedVectors
from octavo.vectors.neighbours import nearest_rows

__all__ = ["KeyedVectors", "nearest_rows"]
