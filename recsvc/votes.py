"""The vectors of a cart's lines added up: one vote per line. Pure.

Compiled code adds up where it was built, NumPy where it was not, to the same last bit: `recsvc.votes_native`,
`recsvc.votes_arrays`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsvc import votes_arrays, votes_native
from recsvc.store.contract import Row


class Votes(NamedTuple):
    """Items that may stand on a shelf, by score down, then item up.

    Attributes:
        item: int32 (k,).
        score: float64 (k,).
        voice: place among them → the anchor that speaks loudest for the item, and the baskets that hold both.
    """

    item: NDArray[np.int32]
    score: NDArray[np.float64]
    voice: Callable[[int], tuple[int, int]]


def merge(
    rows: Sequence[Row], weights: Sequence[float], anchors: Sequence[int], powered: int = 0, power: float = 1.0
) -> Votes:
    """Add up rows; the last `powered` of them count by their power mean instead of their sum.

    With v_r(j) = weight_r · row_r(j): `score(j) = Σ_plain v_r(j) + M_j`, `M_j = (Σ_powered v_r(j)^q)^(1/q)`.
    Conditional probabilities of a cart's items repeat one another: added up, five weak hints outweigh one strong one; a
    large q is nearly the maximum. A row's share in M_j is `M_j · v^q / Σ v^q`; these add up to it. Plain rows may
    also speak against an item (score < 0); what more is said against than for is no candidate.

    The voice of j is the anchor with the largest share among those with evidence, the first of equals, with the most
    baskets that any of its rows counted.

    Args:
        rows: one per vote, no item twice in one; scores of the powered ones ≥ 0.
        weights: (n_rows,), ≥ 0. One vote per cart line, whatever its quantity.
        anchors: (n_rows,), position of the anchor each row speaks for; rows of two kinds may share one.
        powered: how many of the last rows count by their power mean.
        power: q ≥ 1; 1 is the sum.

    Returns:
        every item of the rows once, but those below 0; none for no rows. A single row keeps its own order, and is not
        one that speaks against. Cost: a sort of the items.

    Raises:
        MemoryError: the rows are too many.
    """
    if len(rows) == 1:
        return _alone(rows[0], weights[0], anchors[0])
    if not any(len(row.item) for row in rows):
        return Votes(np.empty(0, np.int32), np.empty(0), _nobody)
    plain = len(rows) if power == 1 else max(len(rows) - powered, 0)
    library = votes_native.library()
    if library is None:
        return Votes(*votes_arrays.merge(rows, weights, anchors, plain, power))
    return Votes(*votes_native.merge(library, rows, weights, anchors, plain, power))


def _alone(row: Row, weight: float, anchor: int) -> Votes:
    together = row.together
    return Votes(row.item, row.score.astype(np.float64) * weight, lambda at: (anchor, together.item(at)))


def _nobody(at: int) -> tuple[int, int]:
    raise IndexError(at)
