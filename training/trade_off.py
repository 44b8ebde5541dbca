"""What an objective costs and brings, on product pages of the last tenth of the orders."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from training.backtest import Window
from training.evaluation.answers import Blend, answers
from training.evaluation.metrics import accuracy
from training.settings import TrainSettings
from training.worth import worth


@dataclass(frozen=True, slots=True)
class TradeOff:
    """An objective beside orders, on questions that neither was learnt from.

    Attributes:
        ndcg_before, ndcg: nDCG@10 when ranked for orders, and for the objective.
        value_before, value: what a shown place brought, in sales of the median item.
    """

    ndcg_before: float
    ndcg: float
    value_before: float
    value: float


def trade_off(window: Window, settings: TrainSettings) -> TradeOff | None:
    """Measure it; None where the objective is orders.

    Args:
        window: the cut to ask.
        settings: with the objective.
    """
    value = worth(window.trade.price, window.trade.cost, settings)
    if value is None:
        return None
    asked = window.questions["page"]
    blend = Blend(settings.cart_blend, settings.cart_blend_fall, settings.cart_power)

    def measured(chosen: TrainSettings) -> tuple[float, float]:
        lists = answers(window.pages(chosen), None, blend, window.popular)(asked.given)
        row = np.repeat(np.arange(len(lists)), lists.shape[1])
        shown = np.maximum(lists.ravel(), 0)
        bought = (np.asarray(asked.sought[row, shown]).ravel() > 0) & (lists.ravel() >= 0)
        return float(accuracy(lists, asked.sought)[:, 0].mean()), float((bought * value[shown]).mean())

    before = measured(dataclasses.replace(settings, cross_sell_objective=0))
    after = measured(settings)
    return TradeOff(before[0], after[0], before[1], after[1])
