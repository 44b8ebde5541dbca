"""From how often a step is taken to what it is worth.

Showing a dearer item may lose the sale. With `p_lost = lost · (price ratio − 1)` the expected gain in revenue is

    p · (price_j − price_i) − p_lost · price_i = (p − lost) · (price_j − price_i),

so a step is worth showing where it is taken more often than `lost`; what is shown is ranked by
`(p − lost) · (price_j − price_i)^power`: 0 by acceptance, 1 by expected revenue. Where a sale is worth its margin m,

    p · (m_j − m_i) − p_lost · m_i = (p − ℓ) · (m_j − m_i),   ℓ = lost · (price ratio − 1) · m_i / (m_j − m_i),

and a step to a smaller margin is not worth showing at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import ItemVectors
from training.upsell.purchases import Steps


def values(
    accepted: NDArray[np.float64],
    price: tuple[NDArray[np.int64], NDArray[np.int64]],
    worth: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
    lost: float,
    power: float,
) -> NDArray[np.float64]:
    """What each step is ranked by, as above; -inf where it is not worth showing.

    Args:
        accepted: (n_steps,), p.
        price: int64 (n_steps,) twice, of the item and of the better one, ten-thousandths, above 0.
        worth: likewise, what a sale brings; None for the price.
        lost: ≥ 0.
        power: 0–1.
    """
    if worth is None:
        gain, risk = (price[1] - price[0]) / 10_000, np.full(len(accepted), lost)
    else:
        gain = (worth[1] - worth[0]) / 10_000
        ratio = price[1] / price[0]
        risk = lost * (ratio - 1) * np.maximum(worth[0], 0) / 10_000 / np.maximum(gain, 1e-9)
    value = (accepted - risk) * np.power(np.maximum(gain, 0), power)
    return np.where((accepted > risk) & (gain > 0), value, -np.inf)


def best_steps(
    steps: Steps,
    accepted: NDArray[np.float64],
    later: NDArray[np.float64],
    price: NDArray[np.int64],
    k: int,
    lost: float,
    power: float,
    worth: NDArray[np.int64] | None = None,
) -> ItemVectors:
    """The K most valuable steps of every item; `together` counts the customers who took the step.

    Args:
        steps: n_steps.
        accepted: (n_steps,), p.
        later: (n_steps,), customers who bought the item and later the better one.
        price: int64 (n_items,), ten-thousandths.
        k: entries per vector at most.
        lost: ≥ 0.
        power: 0–1.
        worth: int64 (n_items,), what a sale brings, ten-thousandths; None for the price.
    """

    def both(of: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return of[steps.item], of[steps.better]

    value = values(accepted, both(price), None if worth is None else both(worth), lost, power)
    shown = np.flatnonzero(value > -np.inf)
    order = shown[np.lexsort((steps.better[shown], -value[shown].astype(np.float32), steps.item[shown]))]
    item = steps.item[order]
    order = order[np.arange(len(item)) - np.searchsorted(item, item) < k]
    rows = np.bincount(steps.item[order], minlength=steps.n_items)
    return ItemVectors(
        indptr=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
        item=steps.better[order].astype(np.int32),
        score=value[order].astype(np.float32),
        together=later[order].astype(np.uint32),
    )
