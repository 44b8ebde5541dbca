"""Orders as the sparse matrix that everything is learnt from, and how much each basket says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.records import Orders


@dataclass(frozen=True, slots=True, eq=False)
class Families:
    """Which items are variants of one product.

    Attributes:
        of_item: int32 (n_items,), family of each item; families are numbered by their first item.
        count: number of families.
    """

    of_item: NDArray[np.int32]
    count: int


def families(labels: list[bytes]) -> Families:
    """Number the families of items; an item whose label is empty is a family of its own.

    Args:
        labels: the family's name for each item, `b""` for none.
    """
    numbers: dict[bytes, int] = {}
    of_item = np.empty(len(labels), dtype=np.int32)
    for item, label in enumerate(labels):
        key = b"f" + label if label else b"i%d" % item
        of_item[item] = numbers.setdefault(key, len(numbers))
    return Families(of_item, len(numbers))


def basket_matrix(orders: Orders, item_map: NDArray[np.int32], families: Families) -> sp.csr_array:
    """Baskets × families, 1 where a variant of the family is in the basket.

    Args:
        orders: n_orders baskets over the items that were bought.
        item_map: int32 (len(orders.items),), index of a bought item among all items.
        families: the families of all items.

    Returns:
        csr_array (n_orders, families.count), float32 ones, indices rising without duplicates.
    """
    columns = families.of_item[item_map[orders.item]]
    ones = np.ones(len(columns), dtype=np.float32)
    shape = (orders.n_orders, families.count)
    matrix = sp.csr_array((ones, columns, orders.indptr.copy()), shape=shape)  # a copy: summing works in place
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def ages(orders: Orders) -> NDArray[np.float64]:
    """Each basket's age as a share of the data's time span: 1 the oldest, 0 the newest; all 0 without times."""
    if not orders.timed:
        return np.zeros(orders.n_orders)
    span = max(int(orders.time[-1] - orders.time[0]), 1)
    return np.asarray((orders.time[-1] - orders.time) / span, dtype=np.float64)


def decay(ages: NDArray[np.float64], half_life: float) -> NDArray[np.float64]:
    """`0.5^(age / half_life)`; 1 everywhere for a half-life of 0, which means no decay."""
    return np.power(0.5, ages / half_life) if half_life > 0 else np.ones_like(ages)


def basket_weights(
    sizes: NDArray[np.integer], decayed: NDArray[np.float64], size_discount: float
) -> NDArray[np.float64]:
    """`w_b = |b|^-p · decay_b`: large and old baskets say less about each of their pairs.

    Args:
        sizes: (n_orders,), items per basket.
        decayed: (n_orders,), the time decay of each basket.
        size_discount: p ≥ 0.
    """
    return np.asarray(np.power(np.maximum(sizes, 1), -float(size_discount)) * decayed, dtype=np.float64)


def anchor_window(
    baskets: sp.csr_array, window: float, influence: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    """`0.5^(r / window)` per stored entry, r = Σ influence of the item's newer baskets: an item forgets as it sells.

    Args:
        baskets: csr_array (n_baskets, n_items), baskets by time.
        window: half-life in baskets of the item itself, > 0.
        influence: (n_baskets,), how far a basket pushes the item's older ones back; None = 1, then r is a rank.

    Returns:
        float32 (nnz,), in the order of `baskets.indices`.
    """
    order = np.argsort(baskets.indices, kind="stable")
    counts = np.bincount(baskets.indices, minlength=baskets.shape[1])
    pushed = np.ones(baskets.shape[0]) if influence is None else influence
    reached = np.cumsum(np.repeat(pushed, np.diff(baskets.indptr))[order])
    ends = np.concatenate([[0.0], reached])[np.cumsum(counts)]
    newer = np.empty(baskets.nnz)
    newer[order] = np.maximum(np.repeat(ends, counts) - reached, 0.0)
    return np.power(0.5, newer / window).astype(np.float32)
