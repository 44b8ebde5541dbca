"""The list of each customer: the best candidates with their scores and why they stand there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.customers import Why
from training.next_basket.features import FEATURES, Pairs
from training.next_basket.ranker import Ranker, World
from training.next_basket.snapshots import blocks

_DUE = 0.8
"""An own item counts as due from so much of its rhythm on."""

_AT = {name: place for place, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Some customers' lists, compressed rows.

    Attributes:
        first: place of the first customer among those asked.
        indptr: int64 (b + 1,).
        item: int32 (nnz,), score down, then item up.
        score: float32 (nnz,).
        why: uint8 (nnz,), of `models.customers.Why`.
    """

    first: int
    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    score: NDArray[np.float32]
    why: NDArray[np.uint8]


def lists(here: World, ranker: Ranker, customers: NDArray[np.int64], length: int) -> Iterator[Listed]:
    """The `length` best items of each customer, some customers at a time: memory does not grow with their number.

    A customer without visits gets an empty list.

    Args:
        here: what may be looked at.
        ranker: what was learnt.
        customers: int64 (q,), numbers, rising.
        length: items per list at most.
    """
    for low, block in blocks(here.visible, customers, here.block):
        found = here.pairs(block, customers[low : low + block.n_customers])
        known = block.counts[found.customer] > 0
        score = ranker.score(found.matrix).astype(np.float32)
        order = np.lexsort((found.item, -score, found.customer))
        order = order[known[order]]
        row = found.customer[order]
        order = order[np.arange(len(row)) - np.searchsorted(row, row) < length]
        rows = np.bincount(found.customer[order], minlength=block.n_customers)
        yield Listed(
            first=low,
            indptr=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
            item=found.item[order].astype(np.int32),
            score=score[order],
            why=reasons(found)[order],
        )


def reasons(found: Pairs) -> NDArray[np.uint8]:
    """Own items are repeats, or due from 0.8 of their rhythm on; of the others the strongest voice is named.

    A voice is a score in shares of the customer's loudest one: what goes with their purchases, what customers alike
    buy; an item of which neither says a tenth is merely trending.
    """
    own = found.matrix[:, _AT["own_count"]] > 0
    due = found.matrix[:, _AT["own_due_days"]]
    due = np.where(np.isnan(due), found.matrix[:, _AT["own_due"]], due)
    goes_with = _voice(found, "together")
    alike = _voice(found, "alike")
    new = np.where(goes_with >= alike, Why.COMPLEMENT, Why.ALIKE)
    new = np.where(np.maximum(goes_with, alike) < 0.1, Why.TRENDING, new)
    return np.where(own, np.where(due >= _DUE, Why.DUE, Why.REPEAT), new).astype(np.uint8)


def _voice(found: Pairs, name: str) -> NDArray[np.float64]:
    score = np.nan_to_num(found.matrix[:, _AT[name]]).astype(np.float64)
    loudest = np.zeros(int(found.customer.max(initial=-1)) + 1)
    np.maximum.at(loudest, found.customer, score)
    return np.asarray(score / np.maximum(loudest[found.customer], 1e-12))
