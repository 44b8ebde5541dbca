"""How often pairs met: by age, by how many baskets of the anchor ago, and whatever the age.

For an anchor i and a candidate j, over baskets b of two items or more with weight w_b:

    by_age[t] = Σ_b w_b·[i, j ∈ b, b's age in days ≤ AGES[t]]
    own[r]    = Σ_b w_b·[i, j ∈ b, b among i's newest OWN[r]]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

AGES = (3.0, 10.0, 30.0, 90.0, 270.0, np.inf)
"""Horizons in days; without times all baskets are of today."""
OWN = (4, 16, 64, 256)
"""Horizons in baskets of the anchor."""
_NEWEST = 3_000
"""Baskets of an anchor that are looked at, the newest: what sells in every second basket costs no more than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Baskets to count in.

    Attributes:
        baskets: csr_array (n_baskets, n_items) of ones, two items or more each, by time.
        turned: csr_array (n_items, n_baskets), the same transposed, indices rising.
        weight: float64 (n_baskets,), w_b.
        age: int8 (n_baskets,), the first horizon of `AGES` that holds the basket.
    """

    baskets: sp.csr_array
    turned: sp.csr_array
    weight: NDArray[np.float64]
    age: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Counts of pairs, row by row of the candidates, and of their anchors.

    Attributes:
        by_age: float32 (n_pairs, len(AGES)).
        own: float32 (n_pairs, len(OWN)).
        plain: float32 (n_pairs,), baskets that hold both, unweighted.
        anchor_by_age, anchor_own: float32 (n_anchors, …), the same of the anchor alone.
        anchor_plain: float32 (n_anchors,).
    """

    by_age: NDArray[np.float32]
    own: NDArray[np.float32]
    plain: NDArray[np.float32]
    anchor_by_age: NDArray[np.float32]
    anchor_own: NDArray[np.float32]
    anchor_plain: NDArray[np.float32]


def sales_of(baskets: sp.csr_array, weight: NDArray[np.float64], days: NDArray[np.float64]) -> Sales:
    """The record.

    Args:
        baskets: csr_array (n_baskets, n_items) of ones, by time.
        weight: (n_baskets,), w_b.
        days: (n_baskets,), age in days, ≥ 0.
    """
    turned = sp.csr_array(baskets.T)
    turned.sort_indices()
    return Sales(baskets, turned, weight, np.searchsorted(AGES, days).astype(np.int8))


def met(sales: Sales, anchors: NDArray[np.integer], indptr: NDArray[np.integer], item: NDArray[np.integer]) -> Met:
    """Count every anchor's candidates.

    Args:
        sales: the baskets.
        anchors: (n_anchors,).
        indptr: (n_anchors + 1,), where each anchor's candidates begin.
        item: (n_pairs,), candidates, none twice for an anchor, none the anchor itself.
    """
    n, ages, owns = len(item), len(AGES), len(OWN)
    by_age, own = np.zeros((n, ages), np.float32), np.zeros((n, owns), np.float32)
    plain = np.zeros(n, np.float32)
    anchor_by_age = np.zeros((len(anchors), ages), np.float32)
    anchor_own = np.zeros((len(anchors), owns), np.float32)
    anchor_plain = np.zeros(len(anchors), np.float32)
    place = np.full(sales.baskets.shape[1], -1, dtype=np.int64)
    starts, held = sales.baskets.indptr, sales.baskets.indices
    size = np.diff(starts)
    for row, anchor in enumerate(np.asarray(anchors).tolist()):
        bought = sales.turned.indices[sales.turned.indptr[anchor] : sales.turned.indptr[anchor + 1]][-_NEWEST:][::-1]
        low, high = int(indptr[row]), int(indptr[row + 1])
        wide = high - low
        weight, age = sales.weight[bought], sales.age[bought].astype(np.int64)
        lately = np.minimum(np.searchsorted(OWN, np.arange(len(bought)), side="right"), owns)
        anchor_by_age[row] = np.cumsum(np.bincount(age, weight, ages))
        anchor_own[row] = np.cumsum(np.bincount(lately, weight, owns + 1)[:owns])
        anchor_plain[row] = len(bought)
        place[item[low:high]] = np.arange(wide)
        lengths = size[bought]
        entry = np.repeat(starts[bought] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
        where = place[held[entry]]
        seen = np.flatnonzero(where >= 0)
        where, source = where[seen], np.repeat(np.arange(len(bought)), lengths)[seen]
        counted = np.bincount(where * ages + age[source], weight[source], wide * ages)
        by_age[low:high] = np.cumsum(counted.reshape(wide, ages), axis=1)
        counted = np.bincount(where * (owns + 1) + lately[source], weight[source], wide * (owns + 1))
        own[low:high] = np.cumsum(counted.reshape(wide, owns + 1)[:, :owns], axis=1)
        plain[low:high] = np.bincount(where, minlength=wide)
        place[item[low:high]] = -1
    return Met(by_age, own, plain, anchor_by_age, anchor_own, anchor_plain)
