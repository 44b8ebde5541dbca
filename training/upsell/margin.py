"""What a sale of each item brings the shop, and the objectives that a shop may name."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.settings import SettingsError, TrainSettings

Objective = Literal["conversion", "revenue", "margin"]

OBJECTIVES: dict[str, dict[str, float]] = {
    "conversion": {"upsell_gain_power": 0.0, "upsell_margin": 0},
    "revenue": {"upsell_gain_power": 1.0, "upsell_margin": 0},
    "margin": {"upsell_gain_power": 1.0, "upsell_margin": 1},
}
"""Objective → the settings that it stands for."""


def with_objective(settings: TrainSettings, objective: str | None) -> TrainSettings:
    """The settings with those of an objective in place of theirs; as they are for None."""
    if objective is None:
        return settings
    return dataclasses.replace(settings, **OBJECTIVES[objective])  # type: ignore[arg-type]  # an int stays an int


def margins(price: NDArray[np.int64], cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Price less cost, ten-thousandths; where the cost is unknown, the shop's median share of the price.

    Args:
        price: int64 (n_items,), 0 or below where unknown.
        cost: int64 (n_items,), likewise.

    Raises:
        SettingsError: no item has both.
    """
    known = (price > 0) & (cost > 0)
    if not known.any():
        raise SettingsError(
            "upsells by margin need what items cost, and no item has a price and a cost: "
            "give a catalogue with a column `cost`, or choose --upsell-objective revenue"
        )
    share = float(np.median((price[known] - cost[known]) / price[known]))
    return np.where(known, price - cost, np.round(price * share)).astype(np.int64)
