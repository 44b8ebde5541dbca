"""What a place on a cross-sell shelf is expected to bring: orders, revenue or margin.

A place shown brings P(bought) · v_j, with v_j 1, the price or the margin of j. Vectors are ranked and cut by
probability times v_j, in units of the median item: over a cart they add up as before.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from training.settings import SettingsError, TrainSettings
from training.upsell.margin import margins

OBJECTIVES: dict[str, int] = {"orders": 0, "revenue": 1, "margin": 2}
"""Objective → the value of the setting `cross_sell_objective`."""


def with_worth(settings: TrainSettings, objective: str | None) -> TrainSettings:
    """The settings with an objective in place of theirs; as they are for None."""
    if objective is None:
        return settings
    return dataclasses.replace(settings, cross_sell_objective=OBJECTIVES[objective])


def worth(price: NDArray[np.int64], cost: NDArray[np.int64], settings: TrainSettings) -> NDArray[np.float64] | None:
    """v_j in units of the median item, (n_items,); None where every order counts alike.

    An item without a price is worth as much as the median; one without a cost has the shop's median share of its price
    as margin; a sale at a loss is worth nothing.

    Args:
        price: int64 (n_items,), ten-thousandths, 0 or below where unknown.
        cost: int64 (n_items,), likewise.
        settings: the objective.

    Raises:
        SettingsError: no item has a price; or a cost, for margin.
    """
    if settings.cross_sell_objective == OBJECTIVES["orders"]:
        return None
    if not (price > 0).any():
        raise SettingsError(
            "--objective revenue and margin need prices, and no item has one: give order lines or a catalogue "
            "with a column `price`, or choose --objective orders"
        )
    if settings.cross_sell_objective == OBJECTIVES["margin"]:
        if not ((price > 0) & (cost > 0)).any():
            raise SettingsError(
                "--objective margin needs what items cost, and no item has a price and a cost: "
                "give a catalogue with a column `cost`, or choose --objective revenue"
            )
        value = margins(price, cost).astype(np.float64)
    else:
        value = price.astype(np.float64)
    known = price > 0
    usual = float(np.median(value[known]))
    unit = usual if usual > 0 else float(np.abs(value[known]).max())
    return np.where(known, np.maximum(value, 0) / max(unit, 1.0), 1.0)
