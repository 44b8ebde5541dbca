"""Small shops for the trainer's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from models.strings import StringTable
from training.records import Catalogue, Orders

Line = tuple[str, str | None, int, Sequence[str]]
"""Order id, customer or None, day, items."""


@pytest.fixture(scope="session")
def orders_of() -> Callable[..., Orders]:
    """Builds `Orders` from lines `(order_id, customer, day, items)`; `prices` gives unit prices by item."""
    return _orders


@pytest.fixture(scope="session")
def catalogue_of() -> Callable[..., Catalogue]:
    """Builds a `Catalogue` from rows `{item_id, title, category, family, price, …}`."""
    return _catalogue


def _orders(lines: Sequence[Line], *, prices: dict[str, float] | None = None, timed: bool = True) -> Orders:
    lines = sorted(lines, key=lambda line: (line[2], line[0].encode())) if timed else list(lines)
    names = sorted({item.encode() for *_, items in lines for item in items})
    people = sorted({who.encode() for _, who, _, _ in lines if who})
    rows = [sorted({names.index(item.encode()) for item in items}) for *_, items in lines]
    item = np.array([index for row in rows for index in row], dtype=np.int32)
    cost = {name.encode(): round(value * 10_000) for name, value in (prices or {}).items()}
    return Orders(
        items=StringTable.of(names),
        titles=StringTable.of([b""] * len(names)),
        customers=StringTable.of(people),
        time=np.array([day * 86_400 if timed else -1 for _, _, day, _ in lines], dtype=np.int64),
        customer=np.array([people.index(who.encode()) if who else -1 for _, who, _, _ in lines], dtype=np.int32),
        indptr=np.cumsum([0] + [len(row) for row in rows]).astype(np.int64),
        item=item,
        quantity=np.ones(len(item), dtype=np.float32),
        price=np.array([cost.get(names[index], -1) for index in item], dtype=np.int64),
    )


def _catalogue(rows: Sequence[dict[str, object]]) -> Catalogue:
    rows = sorted(rows, key=lambda row: str(row["item_id"]).encode())

    def text(name: str) -> StringTable:
        return StringTable.of([str(row.get(name, "")) for row in rows])

    def money(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([round(float(str(row[name])) * 10_000) if name in row else -1 for row in rows], dtype=np.int64)

    return Catalogue(
        ids=text("item_id"),
        title=text("title"),
        brand=text("brand"),
        category=text("category"),
        family=text("family"),
        link=text("link"),
        image_link=text("image_link"),
        price=money("price"),
        cost=money("cost"),
        consumable=np.array([row.get("consumable", -1) for row in rows], dtype=np.int8),
        in_stock=np.array([row.get("in_stock", 1) for row in rows], dtype=np.uint8),
        currency="EUR",
    )
