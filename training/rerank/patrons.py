"""Customers who bought both of two items, in one basket or in several."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_CELLS = 8_000_000
"""Counts held at once: 32 MB."""


def patrons(baskets: sp.csr_array, account: NDArray[np.integer]) -> sp.csr_array:
    """Who bought what: csr_array (n_customers, n_items) of ones; guests are nobody.

    Args:
        baskets: csr_array (n_baskets, n_items) of ones.
        account: int (n_baskets,), -1 for a guest.
    """
    theirs = np.flatnonzero(account >= 0)
    shape = (int(account.max(initial=-1)) + 1, baskets.shape[0])
    owner = sp.csr_array((np.ones(len(theirs), dtype=np.float32), (account[theirs], theirs)), shape=shape)
    found = sp.csr_array(owner @ baskets)
    found.data[:] = 1
    return found


def shared(
    bought: sp.csr_array, anchors: NDArray[np.integer], indptr: NDArray[np.integer], item: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Customers who bought both, (n_pairs,); arguments as those of `counts.met`."""
    found = np.zeros(len(item))
    turned = sp.csr_array(bought.T)
    step = max(_CELLS // bought.shape[1], 1)
    for start in range(0, len(anchors), step):
        some = anchors[start : start + step]
        low, high = int(indptr[start]), int(indptr[start + len(some)])
        row = np.repeat(np.arange(len(some)), np.diff(indptr[start : start + len(some) + 1]))
        found[low:high] = sp.csr_array(turned[some] @ bought).toarray()[row, item[low:high]]
    return found
