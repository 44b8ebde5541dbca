"""`recsvc.votes.merge` in NumPy: what serves where `recsvc.votes_native` was not built, and what that is held to.

Sums run over the rows in their order, and powers are Python's own (the C library's): NumPy's are other ones on some
processors. At the size of a cart (ten rows of fifty) a call of NumPy costs more than its work, so there are few of
them, and who speaks loudest for an item is looked up for the few that a shelf asks about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from recsvc.store.contract import Row

Numbers = NDArray[np.float64]


def merge(
    rows: Sequence[Row], weights: Sequence[float], anchors: Sequence[int], plain: int, power: float
) -> tuple[NDArray[np.int32], Numbers, Callable[[int], tuple[int, int]]]:
    """Items by score down, then item up, their scores, and who speaks loudest for each; see `recsvc.votes.merge`.

    Args:
        rows: at least one entry in all.
        weights: (n_rows,), ≥ 0.
        anchors: (n_rows,).
        plain: so many of the first rows count by their sum, the others by their power mean.
        power: q > 1.
    """
    lengths = [len(row.item) for row in rows]
    item, order, starts = _distinct(np.concatenate([row.item for row in rows]))
    vote = np.concatenate([row.score for row in rows], dtype=np.float64)
    vote *= np.repeat(weights, lengths)
    first = sum(lengths[:plain])
    of = np.empty(len(vote), np.int64)  # entry → its item's place
    of[order] = np.repeat(np.arange(len(item)), np.diff(starts))
    score = _sums(vote[:first], of[:first], len(item))
    share = vote
    if first < len(vote):
        mean, share[first:] = _power_mean(vote[first:], of[first:], len(item), power)
        score += mean
    best = (-score).argsort(kind="stable")  # items rise already
    best = best[: np.count_nonzero(score >= 0)]

    numbers = memoryview(np.repeat(np.arange(len(rows)), lengths))  # type: ignore[arg-type]  # typed buffers since 3.12
    counts = memoryview(np.concatenate([row.together for row in rows]))  # type: ignore[arg-type]  # as above
    shares, spans = memoryview(share), memoryview(starts)  # type: ignore[arg-type]  # as above

    def voice(at: int) -> tuple[int, int]:
        chosen = best.item(at)
        entries: list[int] = order[spans[chosen] : spans[chosen + 1]].tolist()
        heard: dict[int, tuple[bool, float, int, int]] = {}
        for entry in entries:
            anchor, together = anchors[numbers[entry]], counts[entry]
            said: float = shares[entry]
            if before := heard.get(anchor):
                said, together = before[1] + said, max(together, before[3])
            heard[anchor] = (together > 0, said, -anchor, together)
        _, _, anchor, together = max(heard.values())
        return -anchor, together

    return item[best], score[best], voice


def _distinct(item: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct items, and where each stands.

    Args:
        item: int32 (n,), n ≥ 1, ≥ 0.

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
    starts = changed.nonzero()[0]
    return key[starts[:-1]].astype(np.int32), order, starts


def _sums(value: Numbers, of: NDArray[np.int64], n_items: int) -> Numbers:
    """Per item the sum of its values in their order, float64 (n_items,); NumPy's other sums go by pairs."""
    return np.bincount(of, value, n_items).astype(np.float64, copy=False)  # integers where there is no value


def _power_mean(vote: Numbers, of: NDArray[np.int64], n_items: int, power: float) -> tuple[Numbers, Numbers]:
    """`M_i = (Σ vote^q)^(1/q)` over the votes for item i, 0 where there is none, and every vote's share in it.

    Votes are raised relative to their item's largest, whose own power is then 1: that of no other overflows, nor do
    all underflow.

    Args:
        vote: float64 (n,), ≥ 0.
        of: int64 (n,), the item that each is for.
        n_items: how many items there are.
        power: q.

    Returns:
        mean: float64 (n_items,).
        share: float64 (n,), `M · vote^q / Σ vote^q`.
    """
    mean = np.zeros(n_items)
    np.maximum.at(mean, of, vote)
    raised = vote / np.where(mean > 0, mean, 1.0)[of]
    between = ((raised > 0) & (raised < 1)).nonzero()[0]
    raised[between] = list(map(pow, raised[between].tolist(), repeat(power)))
    total = _sums(raised, of, n_items)
    several = (total > 1).nonzero()[0]
    mean[several] *= list(map(pow, total[several].tolist(), repeat(1 / power)))
    return mean, mean[of] * (raised / np.where(total > 0, total, 1.0)[of])
