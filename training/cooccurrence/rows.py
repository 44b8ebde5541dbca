"""From scored pairs to rows: the best K of each anchor under the total order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Scored pairs in any order.

    Attributes:
        row: int64 (n,), the row a pair belongs to.
        item: int32 (n,), the neighbour.
        score: float32 (n,).
        together: uint32 (n,), the evidence.
    """

    row: NDArray[np.int64]
    item: NDArray[np.int32]
    score: NDArray[np.float32]
    together: NDArray[np.uint32]


def best(pairs: Pairs, n_rows: int, k: int) -> ItemVectors:
    """Rows of at most k pairs, by score down, then item up; empty where there is no pair."""
    order = first_of_rows(np.lexsort((pairs.item, -pairs.score, pairs.row)), pairs.row, n_rows, k)
    length = np.bincount(pairs.row[order], minlength=n_rows)
    indptr = np.concatenate(([0], np.cumsum(length))).astype(np.int64)
    return ItemVectors(indptr, pairs.item[order], pairs.score[order], pairs.together[order])


def first_of_rows(order: NDArray[np.intp], row: NDArray[np.int64], n_rows: int, k: int) -> NDArray[np.intp]:
    """Of an order by row the first k places of each; `row` (n,) is indexed by it, rows are below `n_rows`."""
    length = np.bincount(row[order], minlength=n_rows)
    start = np.cumsum(length) - length
    return order[np.arange(len(order)) - start[row[order]] < k]


def stack(blocks: list[ItemVectors]) -> ItemVectors:
    """Blocks of rows under each other; no block makes no row."""
    lengths = [np.diff(block.indptr) for block in blocks]
    return ItemVectors(
        np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths])),
        np.concatenate([np.zeros(0, np.int32), *(block.item for block in blocks)]),
        np.concatenate([np.zeros(0, np.float32), *(block.score for block in blocks)]),
        np.concatenate([np.zeros(0, np.uint32), *(block.together for block in blocks)]),
    )
