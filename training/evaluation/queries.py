"""Questions with known answers, drawn from baskets that the model has not seen.

page: up to 3 random anchors of a basket, each asked alone for the rest; cart: one random item hidden, given the others;
growing: a random part of 1 … min(n − 1, 10) items given, the rest sought. Items that were never sold before are left
out of baskets first; baskets of fewer than two items then ask nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Kind = Literal["page", "cart", "growing"]
KINDS: tuple[Kind, ...] = ("page", "cart", "growing")

ANCHORS_PER_BASKET = 3
LONGEST_PART = 10


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """Questions of one kind.

    Attributes:
        given: csr_array (n_queries, n_items) of ones, what is on the page or in the cart.
        sought: csr_array (n_queries, n_items) of ones, what the basket also held; at least one each.
        basket: int64 (n_queries,), the basket each was drawn from: queries of one basket are not independent.
    """

    given: sp.csr_array
    sought: sp.csr_array
    basket: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.basket)


def draw(baskets: sp.csr_array, known: NDArray[np.bool_], kind: Kind, limit: int, seed: int) -> Queries:
    """Draw up to `limit` questions; same baskets and seed, same questions.

    Args:
        baskets: csr_array (n_baskets, n_items), the unseen baskets.
        known: bool (n_items,), items that were sold before.
        kind: what to ask.
        limit: most questions.
        seed: of NumPy's default generator.
    """
    random = np.random.default_rng(seed)
    rows = [baskets.indices[a:b] for a, b in zip(baskets.indptr[:-1], baskets.indptr[1:], strict=True)]
    rows = [row[known[row]] for row in rows]
    useful = np.flatnonzero([len(row) > 1 for row in rows])
    given: list[NDArray[np.int32]] = []
    sought: list[NDArray[np.int32]] = []
    source: list[int] = []
    for basket in random.permutation(useful).tolist():
        if len(given) >= limit:
            break
        shuffled = random.permutation(rows[basket])
        for chosen in _parts(len(shuffled), kind, random):
            given.append(shuffled[chosen])
            sought.append(shuffled[~chosen])
            source.append(basket)
    n_items = baskets.shape[1]
    return Queries(_rows(given[:limit], n_items), _rows(sought[:limit], n_items), np.array(source[:limit], np.int64))


def _parts(size: int, kind: Kind, random: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Which items of a shuffled basket are given, one mask per question."""
    place = np.arange(size)
    if kind == "page":
        return [place == anchor for anchor in range(min(ANCHORS_PER_BASKET, size))]
    if kind == "cart":
        return [place > 0]
    return [place < random.integers(1, min(size - 1, LONGEST_PART), endpoint=True)]


def _rows(rows: list[NDArray[np.int32]], n_items: int) -> sp.csr_array:
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    indices = np.concatenate(rows) if rows else np.empty(0, np.int32)
    matrix = sp.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_items))
    matrix.sort_indices()
    return matrix
