"""`recsvc train --objective`: what a place on a cross-sell shelf is ranked for, and what that costs and brings."""

from __future__ import annotations

import argparse

from training.backtest import windows
from training.records import Catalogue, Orders
from training.settings import TrainSettings
from training.trade_off import trade_off
from training.worth import OBJECTIVES

_QUESTIONS = 3_000
_LAST = (0.9,)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The option."""
    text = "what places on cross-sell shelves are ranked for (default: the settings, orders)"
    parser.add_argument("--objective", choices=tuple(OBJECTIVES), help=text)


def traded(orders: Orders, catalogue: Catalogue | None, settings: TrainSettings, threads: int) -> tuple[str, ...]:
    """What the objective changes on the last tenth of the orders, in a sentence; nothing for orders.

    Raises:
        SettingsError: prices or costs are missing.
    """
    if settings.cross_sell_objective == OBJECTIVES["orders"]:
        return ()
    name = next(name for name, number in OBJECTIVES.items() if number == settings.cross_sell_objective)
    asked = windows(orders, catalogue, settings, questions=_QUESTIONS, cuts=_LAST, threads=threads)
    if not asked or (found := trade_off(asked[0], settings)) is None:
        return (f"ranked for {name}; too few orders to measure what that changes",)
    if not found.ndcg_before or not found.value_before:
        return (f"ranked for {name}; nothing was hit on the last tenth of the orders, so the change is unknown",)
    return (
        f"ranked for {name}: on product pages of the last tenth of the orders nDCG@10 {found.ndcg_before:.4f} → "
        f"{found.ndcg:.4f} ({found.ndcg / found.ndcg_before - 1:+.1%}), {name} per shown place "
        f"{found.value / found.value_before - 1:+.1%}",
    )
