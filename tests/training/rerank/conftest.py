"""A shop of themes, whose titles tell what goes along before its few baskets do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.strings import StringTable
from training.baskets import basket_matrix, families
from training.cards import assortment
from training.records import Orders
from training.rerank.snapshots import Goods, goods_of

THEMES, EACH = 30, 20


@pytest.fixture(scope="session", name="goods_of")
def _goods_of() -> Callable[..., Goods]:
    """Builds `Goods` from `orders`, which have titles and no catalogue."""

    def build(orders: Orders) -> Goods:
        shelf = assortment(orders, None)
        family = families(shelf.family)
        return goods_of(orders, basket_matrix(orders, shelf.bought, family), shelf, family)

    return build


@pytest.fixture(scope="session")
def themed() -> Callable[..., Orders]:
    """Builds two thousand orders of 600 items: three of four things are of one theme, or, untold, anything."""
    return _themed


def _themed(*, told: bool, n: int = 2_000, seed: int = 3) -> Orders:
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        theme, size = random.integers(THEMES), int(random.integers(2, 5))
        own = theme * EACH + random.choice(EACH, size, replace=False)
        other = random.choice(THEMES * EACH, size, replace=False)
        rows.append(np.unique(np.where(random.random(size) < (0.75 if told else 0.0), own, other)))
    titles = [f"{'theme' if told else 'thing'}{item // EACH} no {item}" for item in range(THEMES * EACH)]
    names = [f"i{item:03}" for item in range(THEMES * EACH)]
    return Orders(
        items=StringTable.of(names),
        titles=StringTable.of(titles),
        customers=StringTable.of([f"c{n:03}" for n in range(300)]),
        time=np.arange(n, dtype=np.int64) * 9_000 + 1_700_000_000,
        customer=random.integers(-1, 300, n).astype(np.int32),
        indptr=np.cumsum([0] + [len(row) for row in rows]).astype(np.int64),
        item=np.concatenate(rows).astype(np.int32),
        quantity=np.ones(sum(map(len, rows)), dtype=np.float32),
        price=50_000 + 10_000 * (np.concatenate(rows) % 5),
    )
