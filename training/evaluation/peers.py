"""Plain methods to stand beside: what a shop can have today without us.

Each is a matrix W (items × items) whose rows are added up over what is given, or popularity alone; places that a method
leaves open are filled by popularity.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.cooccurrence import neighbours

LENGTH = 10
_CELLS = 8_000_000
"""Scores held at once: 64 MB."""


class Ranker(Protocol):
    """Answers questions."""

    def __call__(self, given: sp.csr_array, /) -> NDArray[np.int32]:
        """Given csr_array (n, n_items), lists of int32 (n, LENGTH): best first, given items left out, -1 for none."""


Maker = Callable[[sp.csr_array, Mapping[str, float]], Ranker]
"""Learns from baskets (by time) with parameters."""


def popularity(baskets: sp.csr_array, _parameters: Mapping[str, float]) -> Ranker:
    """The bestsellers, everywhere the same."""
    n_items = baskets.shape[1]
    return by_vectors(sp.csr_array((n_items, n_items)), bought(baskets))


def confidence(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """Association rules i → j by confidence, `C_ij / D_i`, above a support (Agrawal & Srikant, VLDB 1994)."""
    rows = neighbours(baskets, 100, "conditional", min_support=int(parameters.get("min_support", 2)))
    return by_vectors(sp.csr_array((rows.score, rows.item, rows.indptr), shape=(rows.n_items,) * 2), bought(baskets))


def implicit_cosine(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """The library implicit's `CosineRecommender`, baskets as its users."""
    from implicit.nearest_neighbours import (  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped, and slow to load
        CosineRecommender,
    )

    return _implicit(CosineRecommender(K=_k(parameters), num_threads=1), baskets)


def implicit_bm25(baskets: sp.csr_array, parameters: Mapping[str, float]) -> Ranker:
    """The library implicit's `BM25Recommender`, baskets as its users; parameters K1 and B."""
    from implicit.nearest_neighbours import BM25Recommender  # noqa: PLC0415  # slow to load

    k1, b = parameters.get("K1", 1.2), parameters.get("B", 0.75)
    return _implicit(BM25Recommender(K=_k(parameters), K1=k1, B=b, num_threads=1), baskets)


PEERS: dict[str, tuple[Maker, Sequence[Mapping[str, float]]]] = {
    "popularity": (popularity, [{}]),
    "implicit-cosine": (implicit_cosine, [{"K": k} for k in (20, 100, 400)]),
    "implicit-bm25": (
        implicit_bm25,
        [{"K": 100, "K1": k1, "B": b} for k1 in (0.5, 1.2, 10, 100) for b in (0.0, 0.25, 0.75)],
    ),
    "confidence": (confidence, [{"min_support": s} for s in (1, 2, 5)]),
}
"""Name → how to make it and the parameters to choose from on the validation window."""


def bought(baskets: sp.csr_array) -> NDArray[np.int64]:
    """Baskets that hold each item, (n_items,)."""
    return np.bincount(baskets.indices, minlength=baskets.shape[1])


def by_vectors(vectors: sp.csr_array, popular: NDArray[np.integer]) -> Ranker:
    """A ranker that adds up rows of `vectors` (n_items, n_items), then fills up by popularity (n_items,)."""
    return by_scores(lambda given: (given.astype(np.float64) @ vectors).toarray(), popular)


def by_scores(score: Callable[[sp.csr_array], NDArray[np.float64]], popular: NDArray[np.integer]) -> Ranker:
    """A ranker from scores (n, n_items) of a few questions at a time; what scores 0 or less comes by popularity."""
    # Below every learnt score (> 0), in the order of popularity, ties by index.
    filler = np.empty(len(popular))
    filler[np.lexsort((np.arange(len(popular)), -popular))] = -1 - np.arange(len(popular))

    def some(given: sp.csr_array) -> NDArray[np.int32]:
        scores = score(given)
        scores = np.where(scores > 0, scores, filler)
        scores[np.repeat(np.arange(given.shape[0]), np.diff(given.indptr)), given.indices] = -np.inf
        return top(scores)

    def rank(given: sp.csr_array, /) -> NDArray[np.int32]:
        step = max(_CELLS // max(given.shape[1], 1), 1)
        lists = [some(given[start : start + step]) for start in range(0, given.shape[0], step)]
        return np.concatenate(lists) if lists else np.empty((0, LENGTH), np.int32)

    return rank


def top(scores: NDArray[np.float64]) -> NDArray[np.int32]:
    """The LENGTH best columns of each row by score down, index up (among ties at the end any); -1 where -inf."""
    width = min(LENGTH, scores.shape[1])
    part = np.sort(np.argpartition(-scores, width - 1, axis=1)[:, :width], axis=1)
    order = np.argsort(-np.take_along_axis(scores, part, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(part, order, axis=1)
    found = np.full((len(scores), LENGTH), -1, dtype=np.int32)
    found[:, :width] = np.where(np.isneginf(np.take_along_axis(scores, best, axis=1)), -1, best)
    return found


def _implicit(model: object, baskets: sp.csr_array) -> Ranker:
    users = sp.csr_matrix(baskets, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit warns of BLAS threads, which these models do not use
        model.fit(users, show_progress=False)  # type: ignore[attr-defined]  # implicit ships no types
    vectors = sp.csr_array(model.similarity)  # type: ignore[attr-defined]  # as above
    return by_vectors(vectors, bought(baskets))


def _k(parameters: Mapping[str, float]) -> int:
    return int(parameters.get("K", 100)) + 1  # implicit counts the item itself
