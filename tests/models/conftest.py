"""A model of four items and two customers, for tests of files and registries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.customers import Customers, Next, Purchases, Traits, Why
from models.model import Model
from models.records import CROSS_SELL, UPSELL, ItemFacts, ItemVectors, Lists, Shop
from models.stored import StoredVectors, store_vectors
from models.strings import StringTable


@pytest.fixture(scope="session")
def small_model() -> Callable[..., Model]:
    """Builds the same small model at each call; `orders` makes it another one."""
    return _small_model


def _small_model(*, orders: int = 7) -> Model:
    """Tea, cup, pot and a grand pot that nobody bought yet."""
    n = 4
    return Model(
        items=StringTable.of(["cup", "grand", "pot", "tea"]),
        facts=ItemFacts(
            price=np.array([40_000, 900_000, 300_000, 50_000], dtype=np.int64),
            orders=np.array([3, 0, 2, 3], dtype=np.uint32),
            recent=np.array([0.3, 0, 0.2, 0.3], dtype=np.float32),
            category=np.array([0, 1, 1, -1], dtype=np.int32),
            family=np.arange(n, dtype=np.int32),
            stem=np.full(n, -1, dtype=np.int32),
            consumable=np.array([0, 0, 0, 1], dtype=np.uint8),
            in_stock=np.ones(n, dtype=np.uint8),
            interval_days=np.array([0, 0, 0, 90], dtype=np.uint16),
            repeat=np.array([0, 0.25, 0, 0.5], dtype=np.float32),
            buyers=np.array([2, 0, 1, 1], dtype=np.uint32),
        ),
        cards=StringTable.of(['{"title": "Cup"}', '{"title": "Grand pot"}', '{"title": "Pot"}', '{"title": "Tea"}']),
        categories=StringTable.of(["cups", "pots"]),
        vectors={
            CROSS_SELL: _vectors([[(3, 0.6, 2)], [], [(3, 0.5, 1)], [(0, 0.6, 2), (2, 0.3, 1)]]),
            UPSELL: _vectors([[], [], [(1, 0.1, 0)], []]),
        },
        bestsellers=Lists(np.array([0, 1, 2, 5], dtype=np.int64), np.array([0, 2, 0, 3, 2], dtype=np.int32)),
        variants=Lists(np.arange(n + 1, dtype=np.int64), np.arange(n, dtype=np.int32)),
        customers=Customers(
            ids=StringTable.of(["ada", "bo"]),
            traits=Traits(
                orders=np.array([2, 1], dtype=np.uint32),
                business=np.array([0, 1], dtype=np.uint8),
                value=np.array([120.5, np.nan], dtype=np.float32),
                alive=np.array([0.75, np.nan], dtype=np.float16),
            ),
            purchases=Purchases(
                indptr=np.array([0, 2, 3], dtype=np.int64),
                item=np.array([3, 0, 2], dtype=np.int32),
                count=np.array([2, 1, 1], dtype=np.uint32),
                last_day=np.array([20_000, 19_990, 19_995], dtype=np.int32),
                first_day=np.array([19_900, 19_990, 19_995], dtype=np.int32),
                habit=np.array([1.5, 0.75, 0.875], dtype=np.float16),
                interval_days=np.array([100, 0, 0], dtype=np.uint16),
                quantity=np.array([1.5, 6, 1], dtype=np.float16),
            ),
            next=Next(
                indptr=np.array([0, 2, 2], dtype=np.int64),
                item=np.array([3, 2], dtype=np.int32),
                score=np.array([0.5, 0.25], dtype=np.float16),
                why=np.array([Why.DUE, Why.COMPLEMENT], dtype=np.uint8),
            ),
        ),
        shop=Shop(orders, n, 2, "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", 60, "EUR"),
        settings={"neighbours": 100, "discount": 0.5},
    )


def _vectors(rows: list[list[tuple[int, float, int]]]) -> StoredVectors:
    flat = [entry for row in rows for entry in row]
    vectors = ItemVectors(
        indptr=np.cumsum([0] + [len(row) for row in rows]).astype(np.int64),
        item=np.array([entry[0] for entry in flat], dtype=np.int32),
        score=np.array([entry[1] for entry in flat], dtype=np.float32),
        together=np.array([entry[2] for entry in flat], dtype=np.uint32),
    )
    return store_vectors(vectors)
