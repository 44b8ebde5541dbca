"""What a merchant does not forgive: the same everywhere, twins side by side, what is out of season, chance pairs.

Measured on the answers to product pages; none of it says whether an answer is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.peers import bought

_PAIRS = 5_000
"""Pairs of pages looked at for their overlap."""

_EXPECTED, _LEFT = 5.0, 0.1
"""An item is out of season where so many baskets of the window were to be expected, and at most this share came."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Shares of places, 0–1.

    Attributes:
        overlap: of two random pages' lists, the places that both fill with the same item.
        alike: places whose item has a title like that of an item above it, but for a variant word.
        unseasonal: places of items that sold before and now do not.
        once: places whose item shared exactly one basket with the page's: that may be chance.
        never: places whose item shared none: it fills a gap.
    """

    overlap: float
    alike: float
    unseasonal: float
    once: float
    never: float


def beyond(
    lists: NDArray[np.int32],
    anchor: NDArray[np.int32],
    train: sp.csr_array,
    stem: NDArray[np.int32],
    unseasonal: NDArray[np.bool_],
    *,
    seed: int = 1,
) -> Beyond:
    """Look at answers to product pages.

    Args:
        lists: int32 (n, k), -1 for no item.
        anchor: int32 (n,), the page's item.
        train: csr_array (n_baskets, n_items), what everybody learnt from.
        stem: int32 (n_items,), equal for items with titles alike, -1 for none.
        unseasonal: bool (n_items,), from `out_of_season`.
        seed: of the random pages.
    """
    filled = lists >= 0
    places = max(int(filled.sum()), 1)
    together = _together(lists, anchor, train)
    return Beyond(
        overlap=_overlap(lists, anchor, seed),
        alike=float(_repeated(np.where(filled, stem[lists], -1)).sum() / places),
        unseasonal=float((unseasonal[lists] & filled).sum() / places),
        once=float(((together == 1) & filled).sum() / places),
        never=float(((together == 0) & filled).sum() / places),
    )


def out_of_season(train: sp.csr_array, window: sp.csr_array) -> NDArray[np.bool_]:
    """Items that, at the rate of before, belong in five baskets of the window or more, and are in a tenth of them."""
    expected = bought(train) * (window.shape[0] / max(train.shape[0], 1))
    return np.asarray((expected >= _EXPECTED) & (bought(window) <= _LEFT * expected))


def _overlap(lists: NDArray[np.int32], anchor: NDArray[np.int32], seed: int) -> float:
    if len(lists) < 2:
        return 0.0
    one, other = np.random.default_rng(seed).integers(0, len(lists), (2, _PAIRS))
    differ = anchor[one] != anchor[other]
    a, b = lists[one[differ]], lists[other[differ]]
    same = ((a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]).any(axis=2)
    return float(same.sum() / max(int((a >= 0).sum()), 1))


def _repeated(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether a label stood further to the left in its row already; -1 is no label."""
    seen = np.zeros(labels.shape, dtype=bool)
    for place in range(1, labels.shape[1]):
        seen[:, place] = (labels[:, :place] == labels[:, [place]]).any(axis=1) & (labels[:, place] >= 0)
    return seen


def _together(lists: NDArray[np.int32], anchor: NDArray[np.int32], train: sp.csr_array) -> NDArray[np.int64]:
    """Baskets that hold a page's item and the item in each place: int64 (n, k); anything for places without one."""
    turned = sp.csr_array(train.T)
    found = np.zeros(lists.shape, dtype=np.int64)
    order = np.argsort(anchor, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(anchor[order])) + 1):
        if len(rows):
            item = anchor[rows[0]]
            baskets = turned.indices[turned.indptr[item] : turned.indptr[item + 1]]
            counts = np.bincount(train[baskets].indices, minlength=train.shape[1])
            found[rows] = counts[lists[rows]]
    return found
