"""Vectors as they are stored and served: eight bytes a neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors, check_dtype, check_rows

SCORE_UNIT = np.float32(2.0**-10)
"""A stored score of 1: half precision then holds scores from 6e-8 to 63 with 11 significant bits."""

MOST_TOGETHER = 65_535
"""Evidence is counted up to here; more is said to be at least this."""

_LARGEST_HALF = 65_504.0


@dataclass(frozen=True, slots=True, eq=False)
class StoredVectors:
    """`ItemVectors` in the precision that is served.

    Attributes:
        indptr: int64 (n_items + 1,).
        item: int32 (nnz,), by (unrounded) score down, then item up.
        score: float16 (nnz,), in units of `SCORE_UNIT`.
        together: uint16 (nnz,), saturating at `MOST_TOGETHER`.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    score: NDArray[np.float16]
    together: NDArray[np.uint16]

    def __post_init__(self) -> None:
        check_rows(self.indptr, len(self.item))
        for name, dtype in (("item", np.int32), ("score", np.float16), ("together", np.uint16)):
            check_dtype(name, getattr(self, name), dtype)
        if not len(self.item) == len(self.score) == len(self.together):
            raise ValueError("item, score and together differ in length")

    @property
    def n_items(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    def row(self, item: int) -> slice:
        """Where `item`'s neighbours stand in the three arrays."""
        return slice(self.indptr.item(item), self.indptr.item(item + 1))


def store_vectors(vectors: ItemVectors) -> StoredVectors:
    """Round scores to half precision and counts to 16 bits; the order of each row stays as it was."""
    scaled = np.clip(vectors.score / SCORE_UNIT, -_LARGEST_HALF, _LARGEST_HALF)
    counted = np.minimum(np.rint(vectors.together), MOST_TOGETHER)
    return StoredVectors(vectors.indptr, vectors.item, scaled.astype(np.float16), counted.astype(np.uint16))


def scores(stored: NDArray[np.float16]) -> NDArray[np.float32]:
    """Stored scores in the unit they were learnt in, float32."""
    return np.multiply(stored, SCORE_UNIT, dtype=np.float32)
