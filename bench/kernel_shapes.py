"""Seeded baskets of the shapes that shops have, and the real sets that lie beside the repository."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a synthetic shop; `build` draws it.

    Attributes:
        n_baskets: baskets.
        n_items: items.
        mean: mean basket size aimed at, before duplicates fall out.
        spread: standard deviation of the logarithm of the basket size.
        tail: exponent of the popularity law: an item of rank r is drawn in proportion to (r + shift)^-tail.
        shift: flattens the head of that law.
        themes: groups of items; half of a basket is drawn from its own theme, which makes pairs recur.
        largest: no basket is larger.
    """

    n_baskets: int
    n_items: int
    mean: float
    spread: float
    tail: float = 1.0
    shift: float = 20.0
    themes: int = 200
    largest: int = 3000


SHAPES = {
    "grocer": Shape(3_200_000, 50_000, 12.4, 0.76),
    "b2b": Shape(120_000, 30_000, 106.0, 1.17, themes=6),
    "marketplace": Shape(5_000_000, 1_000_000, 3.2, 0.77, tail=0.85, themes=5000),
    "small": Shape(60_000, 5_000, 9.0, 0.8, themes=50),
}

_MIDDLE = Shape(400_000, 20_000, 10.0, 0.8)
# What grows → label → (shape, K); each step doubles one thing and leaves the others.
GROWTH = {
    "baskets": {f"{n}×": (replace(_MIDDLE, n_baskets=n * 400_000), 100) for n in (1, 2, 4)},
    "basket size at equal entries": {
        f"{n}×": (replace(_MIDDLE, n_baskets=400_000 // n, mean=10.0 * n), 100) for n in (1, 2, 4)
    },
    "items": {f"{n}×": (replace(_MIDDLE, n_items=n * 20_000), 100) for n in (1, 2, 4)},
    "K": {str(k): (_MIDDLE, k) for k in (50, 100, 200)},
}


def build(shape: Shape, seed: int = 1) -> sparse.csr_array:
    """The baskets of a shape: stored ones (float32), items sorted, none twice."""
    rng = np.random.default_rng(seed)
    centre = np.log(shape.mean) - shape.spread**2 / 2
    size = np.clip(np.rint(rng.lognormal(centre, shape.spread, shape.n_baskets)), 1, shape.largest).astype(np.int64)
    chance = (np.arange(shape.n_items) + shape.shift) ** -shape.tail
    edges = np.cumsum(chance) / chance.sum()
    names = rng.permutation(shape.n_items)  # popularity must not be visible in the index
    basket = np.repeat(np.arange(shape.n_baskets), size)
    drawn = np.searchsorted(edges, rng.random(len(basket))).clip(max=shape.n_items - 1)
    # A theme is every themes-th item by popularity: move half of the draws to the nearest rank of the basket's theme.
    theme = rng.integers(0, shape.themes, shape.n_baskets)[basket]
    own = rng.random(len(basket)) < 0.5
    drawn = np.where(own, np.minimum(drawn - drawn % shape.themes + theme, shape.n_items - 1), drawn)
    key = np.sort(basket * shape.n_items + names[drawn])
    key = key[np.append(True, key[1:] != key[:-1])]
    return from_pairs(key // shape.n_items, key % shape.n_items, (shape.n_baskets, shape.n_items))


def from_pairs(basket: np.ndarray, item: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    """Baskets from distinct (basket, item) pairs, sorted."""
    indptr = np.zeros(shape[0] + 1, dtype=np.int64)
    np.cumsum(np.bincount(basket, minlength=shape[0]), out=indptr[1:])
    return sparse.csr_array(
        (np.ones(len(item), np.float32), item.astype(np.int32), indptr.astype(np.int32)), shape=shape
    )


def real_sets(folder: Path) -> dict[str, sparse.csr_array]:
    """The shops in `folder` (`<name>/orders.parquet` with order_id and item_id); none where it is absent."""
    import polars as pl  # noqa: PLC0415 - only where there are real sets

    found = {}
    for path in sorted(folder.glob("*/orders.parquet")):
        rows = pl.read_parquet(path)
        if "order_id" not in rows.columns:
            continue
        rows = rows.select("order_id", "item_id").drop_nulls().unique()
        codes = rows.select(
            pl.col("order_id").rank("dense").cast(pl.Int64) - 1, pl.col("item_id").rank("dense").cast(pl.Int64) - 1
        ).sort("order_id", "item_id")
        basket, item = codes["order_id"].to_numpy(), codes["item_id"].to_numpy()
        found[path.parent.name] = from_pairs(basket, item, (int(basket.max()) + 1, int(item.max()) + 1))
    return found
