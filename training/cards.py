"""Everything that is said of an item rather than learnt: prices, categories, families, texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.strings import StringTable
from training.records import Catalogue, Orders


@dataclass(frozen=True, slots=True, eq=False)
class Assortment:
    """All items, bought or only in the catalogue, and what is said of them.

    Attributes:
        items: n_items ids, sorted by bytes.
        bought: int32 (len(orders.items),), index of each bought item in `items`.
        titles: n_items texts, empty where unknown.
        brands: likewise.
        category: int32 (n_items,), index into `categories`, -1 for none.
        categories: names, sorted by bytes.
        family: n_items labels, `b""` for none.
        price: int64 (n_items,), the catalogue's, else the median paid; `PRICE_UNKNOWN` where neither is known.
        cost: int64 (n_items,), what the shop pays for it; `PRICE_UNKNOWN` where the catalogue does not say.
        consumable: int8 (n_items,), 1 yes, 0 no, -1 not said.
        in_stock: uint8 (n_items,).
        cards: n_items JSON objects.
        unlisted: bought items that the catalogue lacks; 0 where there is no catalogue.
    """

    items: StringTable
    bought: NDArray[np.int32]
    titles: list[str]
    brands: list[str]
    category: NDArray[np.int32]
    categories: StringTable
    family: list[bytes]
    price: NDArray[np.int64]
    cost: NDArray[np.int64]
    consumable: NDArray[np.int8]
    in_stock: NDArray[np.uint8]
    cards: StringTable
    unlisted: int


def assortment(orders: Orders, catalogue: Catalogue | None) -> Assortment:
    """Join what was bought with what the catalogue says."""
    bought_ids = list(orders.items)
    listed_ids = list(catalogue.ids) if catalogue else []
    items = StringTable.of(sorted({*bought_ids, *listed_ids}))
    index = {name: place for place, name in enumerate(items)}
    bought = np.array([index[name] for name in bought_ids], dtype=np.int32)
    listed = np.array([index[name] for name in listed_ids], dtype=np.int32)

    titles = [""] * len(items)
    for place, title in zip(bought, orders.titles, strict=True):
        titles[place] = title.decode()
    price = np.full(len(items), PRICE_UNKNOWN, dtype=np.int64)
    price[bought] = median_paid(orders)
    cost = np.full(len(items), PRICE_UNKNOWN, dtype=np.int64)
    columns = {name: [""] * len(items) for name in ("brand", "category", "family", "link", "image_link")}
    consumable = np.full(len(items), -1, dtype=np.int8)
    in_stock = np.ones(len(items), dtype=np.uint8)
    if catalogue:
        for name, column in columns.items():
            _fill(column, listed, getattr(catalogue, name))
        _fill(titles, listed, catalogue.title)
        told = catalogue.price > 0
        price[listed[told]] = catalogue.price[told]
        cost[listed] = catalogue.cost
        consumable[listed] = catalogue.consumable
        in_stock[listed] = catalogue.in_stock

    names = sorted({name.encode() for name in columns["category"] if name})
    number = {name.decode(): place for place, name in enumerate(names)}
    return Assortment(
        items=items,
        bought=bought,
        titles=titles,
        brands=columns["brand"],
        category=np.array([number.get(name, -1) for name in columns["category"]], dtype=np.int32),
        categories=StringTable.of(names),
        family=[label.encode() for label in columns["family"]],
        price=price,
        cost=cost,
        consumable=consumable,
        in_stock=in_stock,
        cards=StringTable.of(_cards(titles, columns)),
        unlisted=len(set(bought_ids) - set(listed_ids)) if catalogue else 0,
    )


def median_paid(orders: Orders) -> NDArray[np.int64]:
    """Per bought item the lower median of the unit prices paid, `PRICE_UNKNOWN` where none is known."""
    known = orders.price > 0
    item, price = orders.item[known], orders.price[known]
    order = np.lexsort((price, item))
    counts = np.bincount(item, minlength=len(orders.items))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
    result = np.full(len(orders.items), PRICE_UNKNOWN, dtype=np.int64)
    sold = counts > 0
    result[sold] = price[order][(starts + (counts - 1) // 2)[sold]]
    return result


def _fill(column: list[str], places: NDArray[np.int32], texts: StringTable) -> None:
    for place, text in zip(places.tolist(), texts, strict=True):
        if text:
            column[place] = text.decode()


def _cards(titles: Sequence[str], columns: dict[str, list[str]]) -> list[str]:
    shown = {
        "title": titles,
        "brand": columns["brand"],
        "category": columns["category"],
        "link": columns["link"],
        "image_link": columns["image_link"],
    }
    return [
        json.dumps({name: text for name, text in zip(shown, texts, strict=True) if text}, ensure_ascii=False)
        for texts in zip(*shown.values(), strict=True)
    ]
