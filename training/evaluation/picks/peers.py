"""Peers for next baskets, written from their papers, each with the settings that are tried on validation customers.

most-popular; p-topfreq and gp-topfreq, personal frequency without and with popular items behind it (Li et al., TOIS
2023); tifu-knn (Hu, He, Gao & Zhang, "Modeling personalized item frequency information for next-basket recommendation",
SIGIR 2020); up-cf@r (Faggioli, Polato & Aiolli, "Recency aware collaborative filtering for next basket recommendation",
UMAP 2020). All see the same visits as ours does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.next_basket.visits import Visits

Setting = Mapping[str, float]
Scorer = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Customer numbers (b,) → scores (b, n_items); what must not be shown has a score of 0 or less."""

_TIE = 1e-6
"""Popularity decides between equals, and no more."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A method with its settings.

    Attributes:
        build: what it learns from known visits with one setting.
        grid: name → values to try, the first one is where the search begins.
    """

    build: Callable[[Visits, Setting], Scorer]
    grid: Mapping[str, tuple[float, ...]]


def _ages(visits: Visits) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Customer and age (0 the newest visit) of every line."""
    visit = np.repeat(np.arange(len(visits.day)), np.diff(visits.indptr))
    customer = np.repeat(np.arange(visits.n_customers), visits.counts)[visit]
    return customer, visits.start[1:][customer] - 1 - visit


def _matrix(visits: Visits, customer: NDArray[np.int64], weight: NDArray[np.float64]) -> sp.csr_array:
    shape = (visits.n_customers, visits.n_items)
    fit = weight > 0
    matrix = sp.csr_array((weight[fit].astype(np.float32), (customer[fit], visits.item[fit])), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _popular(visits: Visits) -> NDArray[np.float32]:
    share = np.bincount(visits.item, minlength=visits.n_items) / max(len(visits.item), 1)
    return share.astype(np.float32)


def most_popular(visits: Visits, _setting: Setting) -> Scorer:
    """What most visits hold, for everybody."""
    popular = _popular(visits)
    return lambda customers: np.tile(popular, (len(customers), 1))


def p_topfreq(visits: Visits, _setting: Setting) -> Scorer:
    """Own items by the number of visits with them; nothing else is shown."""
    customer, age = _ages(visits)
    own, popular = _matrix(visits, customer, np.ones(len(age))), _popular(visits)

    def scores(customers: NDArray[np.int64]) -> NDArray[np.float32]:
        found = own[customers].toarray()
        return np.asarray(np.where(found > 0, found + _TIE * popular, 0), dtype=np.float32)

    return scores


def gp_topfreq(visits: Visits, _setting: Setting) -> Scorer:
    """Own items by the number of visits with them, then popular items."""
    customer, age = _ages(visits)
    own, popular = _matrix(visits, customer, np.ones(len(age))), _popular(visits)
    return lambda customers: np.asarray(own[customers].toarray() + 0.5 * popular, dtype=np.float32)


def tifu_knn(visits: Visits, setting: Setting) -> Scorer:
    """`α·u + (1 − α)·mean of the k nearest`, u decayed within groups of m visits (r_b) and over groups (r_g)."""
    customer, age = _ages(visits)
    size = int(setting["m"])
    groups = -(-visits.counts // size)
    weight = setting["r_b"] ** (age % size) * setting["r_g"] ** (age // size)
    vectors = _matrix(visits, customer, weight / (size * np.maximum(groups, 1)[customer]))
    square = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    popular, alpha = _popular(visits), setting["alpha"]
    k = min(int(setting["k"]), max(visits.n_customers - 1, 1))

    def scores(customers: NDArray[np.int64]) -> NDArray[np.float32]:
        own = vectors[customers]
        distance = square[None, :] - 2 * (own @ vectors.T).toarray()  # + |u|², the same for all of a row
        distance[np.arange(len(customers)), customers] = np.inf
        near = np.argpartition(distance, k - 1, axis=1)[:, :k]
        ones = np.full(near.size, 1 / k, dtype=np.float32)
        pick = sp.csr_array((ones, near.ravel(), np.arange(0, near.size + 1, k)), shape=distance.shape)
        return np.asarray((alpha * own + (1 - alpha) * (pick @ vectors)).toarray() + _TIE * popular, dtype=np.float32)

    return scores


def up_cf(visits: Visits, setting: Setting) -> Scorer:
    """`Σ_v sim(u, v)^q · share of v's last r visits with the item`; sim: asymmetric cosine of what they bought."""
    customer, age = _ages(visits)
    span = int(setting["r"])
    seen = np.minimum(visits.counts, span)
    recent = _matrix(visits, customer, np.where(age < span, 1 / np.maximum(seen, 1)[customer], 0.0))
    bought = _matrix(visits, customer, np.ones(len(age)))
    bought.data[:] = 1
    length = np.maximum(np.diff(bought.indptr), 1).astype(np.float64)
    alpha, popular = setting["alpha"], _popular(visits)

    def scores(customers: NDArray[np.int64]) -> NDArray[np.float32]:
        shared = sp.csr_array(bought[customers] @ bought.T)
        row = np.repeat(np.arange(len(customers)), np.diff(shared.indptr))
        likeness = shared.data / (length[customers][row] ** alpha * length[shared.indices] ** (1 - alpha))
        shared.data = (likeness ** setting["q"]).astype(np.float32)
        return np.asarray((shared @ recent).toarray() + _TIE * popular, dtype=np.float32)

    return scores


PEERS: dict[str, Peer] = {
    "most-popular": Peer(most_popular, {}),
    "p-topfreq": Peer(p_topfreq, {}),
    "gp-topfreq": Peer(gp_topfreq, {}),
    "tifu-knn": Peer(
        tifu_knn,
        {
            "m": (7, 3, 11, 23),
            "r_b": (0.9, 0.8, 1.0),
            "r_g": (0.7, 0.5, 0.9, 1.0),
            "k": (300, 100, 900),
            "alpha": (0.7, 0.3, 0.5, 0.9),
        },
    ),
    "up-cf": Peer(up_cf, {"r": (5, 1, 25, 100), "q": (5, 1, 10, 25), "alpha": (0.5, 0.25, 0.75, 0.0)}),
}
"""Name → peer."""
