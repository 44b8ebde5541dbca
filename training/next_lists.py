"""The trainer's settings and assortment, put into the terms of the next basket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.customers import Next
from models.money import PRICE_SCALE
from training.baskets import Families
from training.cards import Assortment
from training.next_basket.door import Range, next_of
from training.next_basket.ranker import Learning
from training.records import Orders
from training.settings import TrainSettings
from training.titles import kinds


def next_lists(
    orders: Orders,
    shelf: Assortment,
    family: Families,
    leader: NDArray[np.int32],
    settings: TrainSettings,
    *,
    threads: int = 0,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> tuple[Next, str]:
    """Every customer's list of what is next, as `settings` have it, and how it was ranked (see `next_of`).

    Args:
        orders: all orders.
        shelf: what is said of items.
        family: the product of each item.
        leader: the item that stands for each product.
        settings: of the trainer.
        threads: 0 = all cores.
        progress: hears of each stage.
    """
    price = shelf.price[leader]
    sold = Range(
        bought=shelf.bought,
        family=family,
        leader=leader,
        category=shelf.category[leader],
        price=np.where(price > 0, price / PRICE_SCALE, np.nan),
        kind=kinds([shelf.titles[item] for item in leader.tolist()]),
    )
    learning = Learning(snapshots=settings.picks_snapshots, questions=settings.picks_questions)
    return next_of(orders, sold, settings.picks, learning, threads=threads, progress=progress)
