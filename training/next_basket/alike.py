"""Customers alike: what those who buy like this customer buy, and bought last.

User-wise popularity among neighbours follows Faggioli, Polato & Aiolli, "Recency aware collaborative filtering for
next basket recommendation" (UMAP 2020): cosine of recency-weighted frequencies, raised to a power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.next_basket.visits import Visits, some

MOST = 10_000
"""Customers who speak for all others: the cost per customer stays the same however many there are."""

_NEAREST = 200
_POWER = 3.0
_DECAY = 0.8
SLOW = 0.97
"""How slowly frequencies forget, per visit."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Customers to compare with.

    Attributes:
        customer: int64 (p,), their numbers, rising.
        taste: csr_array (p, n_items) float32, rows of length 1.
        often: csr_array (p, n_items) float32, chance of each item per visit, as `frequency` has it.
        last: csr_array (p, n_items) float32, ones for what they bought last.
    """

    customer: NDArray[np.int64]
    taste: sp.csr_array
    often: sp.csr_array
    last: sp.csr_array


def pool_of(visits: Visits, *, most: int = MOST) -> Pool:
    """Those with the newest visits (without days: every so manieth), of at least two visits where there are enough."""
    worthy = np.flatnonzero(visits.counts >= 2)
    if len(worthy) < most:
        worthy = np.flatnonzero(visits.counts >= 1)
    if len(worthy) > most:
        newest = visits.day[visits.start[1:][worthy] - 1].astype(np.int64)
        spread = (np.arange(len(worthy)) * 7919) % len(worthy)  # a prime: an even sample among equals
        worthy = np.sort(worthy[np.lexsort((spread, -newest))[:most]])
    chosen = some(visits, worthy)
    return Pool(worthy, unit(decayed(chosen, _DECAY)), frequency(chosen), decayed(chosen, 0.0))


def alike(customers: Visits, number: NDArray[np.int64], pool: Pool) -> tuple[sp.csr_array, sp.csr_array]:
    """How often neighbours buy what, and what they bought last, weighted by `cosine^3`; nobody is their own neighbour.

    Args:
        customers: b customers.
        number: int64 (b,), their numbers, as `pool.customer` has them.
        pool: whom to compare with.

    Returns:
        Two csr_arrays (b, n_items) float32; rows of customers without neighbours are empty.
    """
    near = (unit(decayed(customers, _DECAY)) @ pool.taste.T).toarray()
    if not near.size:
        nobody = decayed(customers, _DECAY) * np.float32(0)
        return nobody, nobody
    at = np.searchsorted(pool.customer, number)
    itself = np.flatnonzero(pool.customer[np.minimum(at, len(pool.customer) - 1)] == number)
    near[itself, at[itself]] = 0
    k = min(_NEAREST, near.shape[1])
    bound = np.partition(near, near.shape[1] - k, axis=1)[:, [-k]]
    near[(near < bound) | (near <= 0)] = 0
    weight = sp.csr_array(near**_POWER)
    total = np.asarray(weight.sum(axis=1)).ravel()
    weight.data /= np.repeat(np.maximum(total, 1e-9), np.diff(weight.indptr))
    return (weight @ pool.often).astype(np.float32), (weight @ pool.last).astype(np.float32)


def decayed(visits: Visits, decay: float) -> sp.csr_array:
    """Customers × items, `Σ decay^age` over their visits with the item, age 0 the newest; decay 0 is the last visit."""
    visit = np.repeat(np.arange(len(visits.day)), np.diff(visits.indptr))
    customer = np.repeat(np.arange(visits.n_customers), visits.counts)[visit]
    age = visits.start[1:][customer] - 1 - visit
    weight = np.power(decay, age.astype(np.float32), dtype=np.float32)
    fit = weight > 0
    shape = (visits.n_customers, visits.n_items)
    matrix = sp.coo_array((weight[fit], (customer[fit], visits.item[fit])), shape=shape).tocsr()
    matrix.sum_duplicates()
    return sp.csr_array(matrix)


def frequency(visits: Visits) -> sp.csr_array:
    """Chance of each item per visit, `Σ 0.97^age·[in visit] / Σ 0.97^age`: own and others' may be added up."""
    found = decayed(visits, SLOW)
    total = (1 - SLOW**visits.counts) / (1 - SLOW)
    found.data /= np.repeat(np.maximum(total, 1e-9), np.diff(found.indptr)).astype(np.float32)
    return found


def unit(matrix: sp.csr_array) -> sp.csr_array:
    """Rows scaled to length 1; empty rows stay empty."""
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data = matrix.data / np.repeat(np.maximum(norm, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
    return scaled
