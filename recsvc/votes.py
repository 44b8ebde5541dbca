"""The vectors of a cart's lines added up: one vote per line. Pure; what is not asked for is not computed.

At the size of a cart (ten rows of fifty) a call of NumPy costs more than its work, so there are few of them, and who
speaks loudest for an item is looked up for the few that a shelf asks about.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsvc.store.contract import Row

_SAFE_POWER = 25
"""Stored scores are 6e-11 to 64: no power up to this one leaves the range of a double."""


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
    large q is nearly the maximum. A row's share in M_j is `v · (v / M_j)^(q-1)`; these add up to it. Plain rows may
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
        one that speaks against. Cost: a sort of Σ len(row).
    """
    if len(rows) == 1:
        return _alone(rows[0], weights[0], anchors[0])
    if not rows:
        return Votes(np.empty(0, np.int32), np.empty(0), _nobody)
    lengths = [len(row.item) for row in rows]
    item, order, starts = _distinct(np.concatenate([row.item for row in rows]))
    if not len(item):
        return Votes(item, np.empty(0), _nobody)
    vote = np.concatenate([row.score for row in rows], dtype=np.float64)
    vote *= np.repeat(weights, lengths)
    plain = sum(lengths[: max(len(rows) - powered, 0)])
    mean = _power_mean(vote, plain, order, starts, power)
    if plain:
        summed = vote.copy()
        summed[plain:] = 0.0
        score = np.add.reduceat(summed[order], starts[:-1])
        score += mean
    else:
        score = mean
    best = (-score).argsort(kind="stable")  # items rise already
    if score.item(best.item(-1)) < 0:
        best = best[: np.count_nonzero(score >= 0)]

    numbers = memoryview(np.repeat(np.arange(len(rows)), lengths))  # type: ignore[arg-type]  # typed buffers since 3.12
    counts = memoryview(np.concatenate([row.together for row in rows]))  # type: ignore[arg-type]  # as above
    votes, means, spans = memoryview(vote), memoryview(mean), memoryview(starts)  # type: ignore[arg-type]  # as above

    def voice(at: int) -> tuple[int, int]:
        chosen = best.item(at)
        entries: list[int] = order[spans[chosen] : spans[chosen + 1]].tolist()
        if len(entries) == 1:  # nobody else speaks for it
            (entry,) = entries
            return anchors[numbers[entry]], counts[entry]
        heard: dict[int, tuple[bool, float, int, int]] = {}
        for entry in entries:
            anchor, together = anchors[numbers[entry]], counts[entry]
            said: float = votes[entry]
            if entry >= plain and said:
                said *= (said / means[chosen]) ** (power - 1)
            if before := heard.get(anchor):
                said, together = said + before[1], max(together, before[3])
            heard[anchor] = (together > 0, said, -anchor, together)
        _, _, anchor, together = max(heard.values())
        return -anchor, together

    return Votes(item[best], score[best], voice)


def _alone(row: Row, weight: float, anchor: int) -> Votes:
    together = row.together
    return Votes(row.item, row.score.astype(np.float64) * weight, lambda at: (anchor, together.item(at)))


def _nobody(at: int) -> tuple[int, int]:
    raise IndexError(at)


def _distinct(item: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct items, and where each stands.

    Args:
        item: int32 (n,), ≥ 0.

    Returns:
        item: int32 (k,), rising.
        order: int64 (n,), the entries by item, then by place.
        starts: int64 (k + 1,); entries of distinct item i are `order[starts[i]:starts[i + 1]]`.
    """
    bits = len(item).bit_length()
    key = item.astype(np.int64)  # item and place in one number: NumPy sorts those four times as fast as it argsorts
    key <<= bits
    key |= np.arange(len(item))
    key.sort()
    order = key & ((1 << bits) - 1)
    key >>= bits
    changed = np.empty(len(item) + 1, np.bool_)
    changed[0] = changed[-1] = True
    np.not_equal(key[1:], key[:-1], out=changed[1:-1])
    starts = changed.nonzero()[0] if len(item) else np.zeros(1, np.int64)
    return key[starts[:-1]].astype(np.int32), order, starts


def _power_mean(
    vote: NDArray[np.float64], plain: int, order: NDArray[np.int64], starts: NDArray[np.int64], power: float
) -> NDArray[np.float64]:
    """`M_i = (Σ vote^q)^(1/q)` over the entries of item i from `plain` on, float64 (k,); 0 where there is no vote.

    Args:
        vote: float64 (n,), ≥ 0.
        plain: entries before it do not count.
        order: int64 (n,), as of `_distinct`.
        starts: int64 (k + 1,), likewise.
        power: q ≥ 1.
    """
    raised = np.zeros(len(vote))
    first = starts[:-1]
    if power <= _SAFE_POWER:
        raised[plain:] = vote[plain:] ** power
        return np.asarray(np.add.reduceat(raised[order], first) ** (1 / power), np.float64)
    raised[plain:] = vote[plain:]
    raised = raised[order]
    peak = np.maximum.reduceat(raised, first)
    np.maximum(peak, sys.float_info.min, out=peak)
    raised /= peak.repeat(np.diff(starts))  # to the item's largest vote: no power of that underflows
    peak *= np.add.reduceat(raised**power, first) ** (1 / power)
    return peak
