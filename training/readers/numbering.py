"""Purchases to baskets: names become integers, once."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.strings import StringTable
from training.records import Orders

_NO_TITLE = ""


def number_orders(lines: pl.DataFrame, *, timed: bool, currency: str | None = None) -> tuple[Orders, NDArray[np.int64]]:
    """Baskets of the purchases, and the rows of `lines` left out because they repeat another.

    Equal in order, item, time, price, quantity and customer: a line counts once, so that files which overlap, or are
    read twice, give the same baskets. Of equal lines the first stays. Where a format tells a line's place within its
    order, lines of one order and place are one line: the earliest stays.

    An order's time is its earliest line's, its customer that of its earliest line with one (the smaller id among
    equals; without times, the smallest id). An item's price in an order is its latest line's with one (the higher among
    equals), its quantity the sum. Nothing depends on the order of `lines` where they carry times; without times,
    baskets stand in the order of their first line.

    Args:
        lines: as `clean.classify` gives them, without a reason, all files; perhaps with `place`.
        timed: whether `ts` holds times.
        currency: of the prices.
    """
    if "place" not in lines.columns:
        lines = lines.with_columns(pl.lit(None, pl.Int32).alias("place"))
    kept = _stated_once(lines)
    orders, repeats = _number(lines if kept is None else lines[kept], timed=timed, currency=currency)
    if kept is None:
        return orders, repeats
    stated_again = np.setdiff1d(np.arange(lines.height), kept)
    return orders, np.sort(np.concatenate([kept[repeats], stated_again]))


def _stated_once(lines: pl.DataFrame) -> NDArray[np.int64] | None:
    """Rows that stay where places tell which lines are the same; None where no line has a place."""
    if lines["place"].null_count() == lines.height:
        return None
    by = ["order_id", "place", "ts", "item_id", "unit_price", "quantity", "customer_id", "row"]
    rows = lines.with_row_index("row")
    placed = rows.filter(pl.col("place").is_not_null()).sort(by, nulls_last=True)
    first = placed.unique(["order_id", "place"], keep="first", maintain_order=True)["row"]
    others = rows.filter(pl.col("place").is_null())["row"]
    return np.sort(pl.concat([first, others]).to_numpy().astype(np.int64))


def _number(lines: pl.DataFrame, *, timed: bool, currency: str | None) -> tuple[Orders, NDArray[np.int64]]:
    items = lines["item_id"].unique().sort()
    customers = lines["customer_id"].drop_nulls().unique().sort()
    lines = lines.select(
        "order_id",
        "title",
        _index("item_id", items).alias("item"),
        _index("customer_id", customers).fill_null(-1).alias("customer"),
        "ts",
        "quantity",
        pl.col("unit_price").alias("price"),
        pl.col("place").fill_null(-1),
    ).with_row_index("row")
    orders = lines.group_by("order_id").agg(pl.col("ts").min().alias("time"), pl.col("row").min())
    orders = orders.sort(["time", "order_id"] if timed else "row").with_row_index("order")
    lines = lines.join(orders.select("order_id", "order"), on="order_id", how="left", maintain_order="left")
    titles = _titles(lines, len(items))
    lines = lines.drop("order_id", "title").sort("order", "item", "ts", "price", "quantity", "customer", "place", "row")

    key = [lines[c].to_numpy() for c in ("order", "item", "ts", "price", "quantity", "customer", "place")]
    repeats = np.zeros(lines.height, dtype=bool)
    repeats[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in key])
    rows = lines["row"].to_numpy()[repeats].astype(np.int64)
    order, item, ts, price, quantity, customer, _ = (column[~repeats] for column in key)
    starts = _starts(order, item)
    return Orders(
        items=StringTable.of(items),
        titles=titles,
        customers=StringTable.of(customers),
        time=orders["time"].to_numpy().astype(np.int64),
        customer=_customers(order, ts, customer, orders.height),
        indptr=np.searchsorted(order[starts], np.arange(orders.height + 1)).astype(np.int64),
        item=item[starts].astype(np.int32),
        quantity=np.add.reduceat(quantity, starts).astype(np.float32),
        price=_last_price(price, starts),
        currency=currency,
    ), np.sort(rows)


def _index(column: str, names: pl.Series) -> pl.Expr:
    return pl.col(column).cast(pl.Enum(names)).to_physical().cast(pl.Int32)


def _starts(order: NDArray[np.uint32], item: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where a new (order, item) begins among sorted lines."""
    new = np.ones(len(order), dtype=bool)
    new[1:] = (order[1:] != order[:-1]) | (item[1:] != item[:-1])
    return np.flatnonzero(new)


def _last_price(price: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each group of lines (sorted by time, then price) the last price that is known."""
    at = np.where(price == PRICE_UNKNOWN, -1, np.arange(len(price)))
    last = np.maximum.reduceat(at, starts)
    return np.where(last < 0, PRICE_UNKNOWN, price[last])


def _customers(
    order: NDArray[np.uint32], ts: NDArray[np.int64], customer: NDArray[np.int32], n_orders: int
) -> NDArray[np.int32]:
    """Each order's customer: of its earliest line that names one, the smaller among equals."""
    result = np.full(n_orders, -1, dtype=np.int32)
    known = np.flatnonzero(customer >= 0)
    by = np.lexsort((customer[known], ts[known], order[known]))
    sorted_orders = order[known][by]
    first = np.ones(len(by), dtype=bool)
    first[1:] = sorted_orders[1:] != sorted_orders[:-1]
    result[sorted_orders[first]] = customer[known][by][first]
    return result


def _titles(lines: pl.DataFrame, n_items: int) -> StringTable:
    """Each item's title in most orders, the smaller by bytes among equals."""
    counts = lines.select("item", "title", "order").filter(pl.col("title").is_not_null())
    counts = counts.group_by("item", "title").agg(pl.col("order").n_unique().alias("n"))
    best = counts.sort(["item", "n", "title"], descending=[False, True, False]).unique("item", keep="first")
    titles = [_NO_TITLE] * n_items
    for item, title in best.select("item", "title").iter_rows():
        titles[item] = title
    return StringTable.of(titles)
