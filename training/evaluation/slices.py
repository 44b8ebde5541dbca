"""Parts of the questions that a mean hides: new and rare items, categories, baskets of businesses."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.peers import bought
from training.evaluation.queries import Kind, Queries

_NEW = 0.9
"""New is what sold for the first time after this share of the baskets learnt from."""

_RARE = 10
"""Rare is what fewer baskets hold."""

_BUSINESS = 95
"""Percentile of the basket sizes learnt from above which a basket is of a business's size."""

_CATEGORIES = 10
"""Categories shown: those asked about most."""


def slices(
    kind: Kind,
    asked: Queries,
    train: sp.csr_array,
    window: sp.csr_array,
    category: NDArray[np.int32],
    names: list[str],
) -> dict[str, NDArray[np.bool_]]:
    """Name → which questions belong to it; parts overlap, and those that nobody asked about are left out.

    Args:
        kind: pages are cut by their item, every kind by the size of its basket.
        asked: the questions.
        train: csr_array, the baskets learnt from, by time.
        window: csr_array, the baskets that the questions were drawn from.
        category: int32 (n_items,), -1 for none.
        names: of the categories.
    """
    sizes = np.diff(window.indptr)[asked.basket]
    learnt = np.diff(train.indptr)
    large = np.percentile(learnt[learnt > 1], _BUSINESS) if (learnt > 1).any() else np.inf
    found = {f"baskets of more than {large:.0f} items": sizes > large, "other baskets": sizes <= large}
    if kind == "page":
        anchor = asked.given.indices
        counts = bought(train)[anchor]
        found["new items"] = first_sold(train)[anchor] >= _NEW * train.shape[0]
        found[f"items in fewer than {_RARE} baskets"] = counts < _RARE
        found[f"items in {_RARE} baskets or more"] = counts >= _RARE
        of = category[anchor]
        asked_about = np.bincount(of[of >= 0], minlength=len(names))
        for number in np.lexsort((np.arange(len(names)), -asked_about))[:_CATEGORIES].tolist():
            found[f"category {names[number]}"] = of == number
    return {name: mask for name, mask in found.items() if mask.any()}


def first_sold(baskets: sp.csr_array) -> NDArray[np.int64]:
    """Number of the first basket with each item; the number of baskets where there is none."""
    found = np.full(baskets.shape[1], baskets.shape[0], dtype=np.int64)
    row = np.repeat(np.arange(baskets.shape[0]), np.diff(baskets.indptr))
    np.minimum.at(found, baskets.indices, row)
    return found
