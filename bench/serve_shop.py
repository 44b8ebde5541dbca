"""A seeded shop for the serving benchmark, trained without training: right shapes, drawn numbers, as many as asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artefact import Run, draft
from models.customers import Customers, Next, Purchases, Traits
from models.model import Model
from models.money import PRICE_SCALE
from models.records import CART, CROSS_SELL, UPSELL, ItemFacts, Lists, Shop
from models.registry import Registry, version_name
from models.stored import StoredVectors
from models.strings import StringTable

ITEMS_PER_CATEGORY = 100
HISTORY = 10
WISHES = 30


def write_shop(root: Path, items: int, seed: int = 1, customers: int | None = None) -> str:
    """Write and publish the shop's version; returns its name."""
    drafted = draft(build_shop(items, seed, items // 2 if customers is None else customers))
    trained = datetime(2026, 1, 1, tzinfo=UTC)
    name = version_name(trained, drafted.content_sha256)
    registry = Registry(root)
    registry.write(drafted, Run(name, trained.isoformat(), "bench", {}, drafted.content_sha256, {}))
    registry.publish(name)
    return name


def item_id(item: int) -> str:
    """Ids of eleven characters, as shops have them."""
    return f"SKU{item:08}"


def build_shop(n: int, seed: int, customers: int) -> Model:
    """N items in categories of a hundred; 50 companions, 10 dearer ones and 50 cart weights each; so many customers.

    One item in five has a variant in another colour. Half of an item's companions are of its own category.
    """
    rng = np.random.default_rng(seed)
    every = np.arange(n, dtype=np.int32)
    categories = max(n // ITEMS_PER_CATEGORY, 1)
    category = (every % categories).astype(np.int32)
    price = (np.exp(rng.normal(3, 1, n)) * 100).astype(np.int64) * (PRICE_SCALE // 100) + PRICE_SCALE
    family = np.where(every % 5 == 4, every - 1, every)
    labels, family = np.unique(family, return_inverse=True)
    vectors = {
        CROSS_SELL: _companions(rng, n, 50, categories),
        UPSELL: _dearer(rng, n, 10, categories, price),
        CART: _companions(rng, n, 50, categories),
    }
    ranked = np.lexsort((every, category))
    per_category = np.searchsorted(category[ranked], np.arange(categories + 1))
    shop_wide = rng.permutation(n)[:100].astype(np.int32)
    return Model(
        items=StringTable.of(item_id(i) for i in range(n)),
        facts=ItemFacts(
            price=price,
            orders=rng.integers(20, 5_000, n).astype(np.uint32),
            recent=rng.random(n).astype(np.float32),
            category=category,
            family=family.astype(np.int32),
            stem=np.where(rng.random(n) < 0.3, every // 3, -1).astype(np.int32),
            consumable=(rng.random(n) < 0.2).astype(np.uint8),
            in_stock=(rng.random(n) < 0.95).astype(np.uint8),
            interval_days=np.full(n, 30, np.uint16),
            repeat=np.zeros(n, np.float32),
            buyers=np.full(n, 100, np.uint32),
        ),
        cards=StringTable.of(_card(i, int(category[i])) for i in range(n)),
        categories=StringTable.of(sorted(f"Category {c:06}" for c in range(categories))),
        vectors=vectors,
        bestsellers=Lists(
            np.concatenate([per_category, [n + len(shop_wide)]]).astype(np.int64),
            np.concatenate([ranked.astype(np.int32), shop_wide]),
        ),
        variants=Lists(
            np.searchsorted(np.sort(family), np.arange(len(labels) + 1)).astype(np.int64),
            np.argsort(family, kind="stable").astype(np.int32),
        ),
        customers=_customers(rng, n, customers),
        shop=Shop(1_000_000, n, customers, "2024-01-01T00:00:00+00:00", "2024-10-04T00:00:00+00:00", 277, "EUR"),
        settings={"cart_blend": 1.0, "cart_blend_fall": 0.5, "cart_power": 3.0},
    )


def _card(item: int, category: int) -> str:
    return json.dumps(
        {
            "title": f"Porcelain thing number {item} with handle",
            "brand": f"Brand {item % 97}",
            "category": f"Category {category:06}",
            "link": f"https://shop.example/p/{item_id(item)}",
            "image_link": f"https://cdn.shop.example/img/{item_id(item)}.jpg",
        }
    )


def _customers(rng: np.random.Generator, n: int, buyers: int) -> Customers:
    """Ten purchases and thirty wishes each."""
    bought = buyers * HISTORY
    return Customers(
        StringTable.of(f"c{i:09}" for i in range(buyers)),
        Traits(
            np.full(buyers, HISTORY, np.uint32),
            np.zeros(buyers, np.uint8),
            np.full(buyers, 100, np.float32),
            np.full(buyers, 0.5, np.float16),
        ),
        Purchases(
            np.arange(0, bought + 1, HISTORY, dtype=np.int64),
            rng.integers(0, n, bought).astype(np.int32),
            rng.integers(1, 4, bought).astype(np.uint32),
            np.tile(np.arange(20_000, 20_000 - HISTORY * 7, -7, dtype=np.int32), buyers),
            np.full(bought, 19_000, np.int32),
            np.ones(bought, np.float16),
            np.full(bought, 30, np.uint16),
            np.ones(bought, np.float16),
        ),
        Next(
            np.arange(0, buyers * WISHES + 1, WISHES, dtype=np.int64),
            ((rng.integers(0, n, (buyers, 1)) + np.arange(WISHES) * 7) % n).astype(np.int32).ravel(),
            np.tile(np.linspace(1, 0, WISHES, dtype=np.float16), buyers),
            np.zeros(buyers * WISHES, np.uint8),
        ),
    )


def _companions(rng: np.random.Generator, n: int, k: int, categories: int) -> StoredVectors:
    """K neighbours each: a popular half (low numbers are bought more) and a half of the item's own category."""
    popular = (rng.random((n, k - k // 2)) ** 3 * n).astype(np.int32)
    own = _of_category(rng, n, k // 2, categories)
    return _stored(rng, np.concatenate([popular, own], axis=1))


def _dearer(rng: np.random.Generator, n: int, k: int, categories: int, price: NDArray[np.int64]) -> StoredVectors:
    """K of the item's own category, most of them dearer."""
    drawn = _of_category(rng, n, 4 * k, categories)
    cheaper_last = np.argsort(price[drawn] <= price[:, None], axis=1, kind="stable")
    return _stored(rng, np.take_along_axis(drawn, cheaper_last, axis=1)[:, :k])


def _of_category(rng: np.random.Generator, n: int, k: int, categories: int) -> NDArray[np.int32]:
    place = rng.integers(0, max(n // categories, 1), (n, k))
    return ((np.arange(n)[:, None] % categories + place * categories) % n).astype(np.int32)


def _stored(rng: np.random.Generator, item: NDArray[np.int32]) -> StoredVectors:
    n, k = item.shape
    score = -np.sort(-rng.random((n, k)), axis=1)
    return StoredVectors(
        np.arange(0, n * k + 1, k, dtype=np.int64),
        item.ravel(),
        (score.ravel() * 1_024).astype(np.float16),
        rng.integers(1, 500, n * k).astype(np.uint16),
    )
