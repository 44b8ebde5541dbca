"""A demo shop on disk: orders, catalogue, what was planted, who to try it as, and the pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from training.demo_shop.baskets import Lines
from training.demo_shop.goods import item_id
from training.demo_shop.kinds import COLOURS, KINDS
from training.demo_shop.merchant import links
from training.demo_shop.pictures import picture, picture_name
from training.demo_shop.planted import customer_id, family_id, planted
from training.demo_shop.settings import CURRENCY, FIRST_DAY
from training.demo_shop.shop import Shop, order_chunks
from training.demo_shop.shoppers import shoppers
from training.records import LINK_KINDS

ORDER_COLUMNS = ("order_id", "customer_id", "item_id", "ts", "quantity", "unit_price")
PICTURES = "pictures"
LINK = "/shop/#/item/"
IMAGE_LINK = "/shop/pictures/"
_ROWS = 50_000


def write_shop(shop: Shop, out: Path, tell: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Write `shop` into the folder `out` (made if need be) and return its orders and lines.

    Small shops become `orders.csv` and `catalogue.csv`, sorted by time; big ones `orders-NNN.parquet`, a
    chunk of customers each, and `catalogue.parquet`. Beside them `planted.json`, `shoppers.json`, `pictures/`.
    `tell` hears a sentence now and then.
    """
    out.mkdir(parents=True, exist_ok=True)
    _write_catalogue(shop, out)
    tell(f"catalogue: {len(shop.items):,} items in {len(shop.families):,} families")
    counts = (_write_parquet if shop.size.parquet else _write_csv)(shop, out, tell)
    _write_json(out / "planted.json", planted(shop))
    _write_json(out / "shoppers.json", shoppers(shop))
    _write_pictures(shop, out / PICTURES)
    return counts


def _write_csv(shop: Shop, out: Path, tell: Callable[[str], None]) -> dict[str, int]:
    lines, number = _together(list(order_chunks(shop)))
    with (out / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ORDER_COLUMNS)
        columns = _order_columns(lines, number)
        writer.writerows(zip(*(columns[name] for name in ORDER_COLUMNS), strict=True))
    tell(f"orders.csv: {int(number.max()) + 1:,} orders, {len(number):,} lines")
    return {"orders": int(number.max()) + 1, "lines": len(number)}


def _write_parquet(shop: Shop, out: Path, tell: Callable[[str], None]) -> dict[str, int]:
    orders = lines = 0
    for part, chunk in enumerate(order_chunks(shop)):
        pl.DataFrame(_order_columns(chunk, chunk.order + orders)).write_parquet(out / f"orders-{part:03d}.parquet")
        orders += int(chunk.order[-1]) + 1
        lines += len(chunk.order)
        tell(f"orders-{part:03d}.parquet: {orders:,} orders so far")
    return {"orders": orders, "lines": lines}


def _together(chunks: list[Lines]) -> tuple[Lines, np.ndarray[Any, np.dtype[np.int64]]]:
    """All chunks as one, by time, and the running number of each line's order."""
    sizes = [int(chunk.order[-1]) + 1 for chunk in chunks]
    shift = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), [len(chunk.order) for chunk in chunks])
    joined = {name: np.concatenate([getattr(c, name) for c in chunks]) for name in Lines.__slots__}
    order = joined["order"] + shift
    by_time = np.lexsort((joined["item"], order, joined["time"]))
    lines = Lines(**{name: column[by_time] for name, column in joined.items()})
    order = order[by_time]
    new = np.ones(len(order), bool)
    new[1:] = np.diff(order) != 0
    return lines, np.cumsum(new) - 1


def _order_columns(lines: Lines, number: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, list[Any]]:
    moments = np.datetime_as_string(FIRST_DAY + lines.time.astype("timedelta64[s]"), unit="s")
    customers = zip(lines.customer.tolist(), lines.business.tolist(), strict=True)
    return {
        "order_id": [f"O{n + 1:07d}" for n in number.tolist()],
        "customer_id": [customer_id(c, business=b) if c >= 0 else "" for c, b in customers],
        "item_id": [item_id(i) for i in lines.item.tolist()],
        "ts": [f"{moment}Z" for moment in moments.tolist()],
        "quantity": lines.quantity.tolist(),
        "unit_price": [f"{cents / 100:.2f}" for cents in lines.price.tolist()],
    }


def _write_catalogue(shop: Shop, out: Path) -> None:
    if shop.size.parquet:
        spans = (range(at, min(at + _ROWS, len(shop.items))) for at in range(0, len(shop.items), _ROWS))
        parts = (pl.DataFrame(list(_catalogue_rows(shop, span))) for span in spans)  # rows at a time, for memory's sake
        pl.concat(list(parts)).write_parquet(out / "catalogue.parquet")
        return
    rows = list(_catalogue_rows(shop, range(len(shop.items))))
    with (out / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _catalogue_rows(shop: Shop, span: range) -> Iterator[dict[str, str]]:
    items = shop.items
    colours = list(COLOURS)
    said = {(link.source, link.kind): item_id(link.target) for link in links(shop)}
    for i in span:
        kind = KINDS[shop.families.kind[items.family[i]]]
        yield {
            "item_id": item_id(i),
            "title": items.title[i],
            "category": kind.category,
            "brand": items.brand[i],
            "price": f"{items.price[i] / 100:.2f}",
            "currency": CURRENCY,
            "cost": f"{items.cost[i] / 100:.2f}",
            "family": family_id(int(items.family[i])),
            "consumable": "yes" if kind.consumable else "no",
            "availability": "in_stock" if items.in_stock[i] else "out_of_stock",
            "link": LINK + item_id(i),
            "image_link": IMAGE_LINK + picture_name(kind.shape, colours[items.colour[i]]),
            **{kind_of_link: said.get((i, kind_of_link), "") for kind_of_link in LINK_KINDS},
        }


def _write_pictures(shop: Shop, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    colours = list(COLOURS)
    kind = shop.families.kind[shop.items.family].astype(np.int64)
    for pair in np.unique(kind * len(colours) + shop.items.colour).tolist():
        shape, colour = KINDS[pair // len(colours)].shape, colours[pair % len(colours)]
        (folder / picture_name(shape, colour)).write_text(picture(shape, COLOURS[colour]), encoding="utf-8")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
