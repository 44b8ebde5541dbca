"""Purchases to baskets: names become integers, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.strings import StringTable
from training.readers.words import Lines
from training.records import Orders

_NO_TITLE = ""
_INT32 = 1 << 31


def number_orders(lines: Lines, *, timed: bool, currency: str | None = None) -> tuple[Orders, NDArray[np.int64]]:
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
    kept = _stated_once(lines)
    orders, repeats = _number(lines if kept is None else lines.rows(kept), timed=timed, currency=currency)
    if kept is None:
        return orders, repeats
    stated_again = np.setdiff1d(np.arange(lines.height), kept)
    return orders, np.sort(np.concatenate([kept[repeats], stated_again]))


def _table(texts: pl.Series) -> StringTable:
    """Texts end to end."""
    ends = np.cumsum(texts.str.len_bytes().to_numpy(), dtype=np.int64)
    data = "".join(texts.to_list()).encode()
    return StringTable(np.concatenate([[0], ends]).astype(np.int64), np.frombuffer(data, dtype=np.uint8))


def _stated_once(lines: Lines) -> NDArray[np.int64] | None:
    """Rows that stay where places tell which lines are the same; None where no line has a place."""
    if "place" not in lines.frame.columns or lines.frame["place"].null_count() == lines.height:
        return None
    by = ["order_id", "place", "ts", "item_id", "unit_price", "quantity", "customer_id", "row"]
    ids = {name: pl.Series(lines.numbered(name)[1]) for name in ("order_id", "item_id", "customer_id")}
    nobody = pl.when(pl.col("customer_id") >= 0).then("customer_id")
    rows = lines.frame.with_columns(**ids).with_columns(nobody.alias("customer_id")).with_row_index("row")
    placed = rows.filter(pl.col("place").is_not_null()).sort(by, nulls_last=True)
    first = placed.unique(["order_id", "place"], keep="first", maintain_order=True)["row"]
    others = rows.filter(pl.col("place").is_null())["row"]
    return np.sort(pl.concat([first, others]).to_numpy().astype(np.int64))


def _number(lines: Lines, *, timed: bool, currency: str | None) -> tuple[Orders, NDArray[np.int64]]:
    items, item = lines.numbered("item_id")
    customers, customer = lines.numbered("customer_id")
    time, order = _numbered_orders(lines, timed=timed)
    titles = _titles(lines, item, order, len(items))
    ts, price, quantity = (lines.frame[c].to_numpy() for c in ("ts", "unit_price", "quantity"))
    rest = [ts, price, quantity, customer]
    if "place" in lines.frame.columns:
        rest.append(lines.frame["place"].fill_null(-1).to_numpy())
    rows = _sorted_rows(order, item, rest)
    order, item = order[rows], item[rows]
    again = np.flatnonzero((order[1:] == order[:-1]) & (item[1:] == item[:-1])) + 1
    same = np.logical_and.reduce([column[rows[again]] == column[rows[again - 1]] for column in rest])
    repeated = rows[again[same]]
    if len(repeated):
        stays = np.ones(len(rows), dtype=bool)
        stays[again[same]] = False
        rows, order, item = rows[stays], order[stays], item[stays]
    starts = _starts(order, item)
    return Orders(
        items=_table(items),
        titles=titles,
        customers=_table(customers),
        time=time,
        customer=_customers(order, ts, customer[rows], rows),
        indptr=np.searchsorted(order[starts], np.arange(len(time) + 1)).astype(np.int64),
        item=item[starts],
        quantity=np.add.reduceat(quantity[rows], starts).astype(np.float32),
        price=_last_price(price[rows], starts),
        currency=currency,
    ), np.sort(repeated).astype(np.int64)


def _numbered_orders(lines: Lines, *, timed: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Each order's time, by (time, id) or without times by first line; and each line's order."""
    names, order = lines.numbered("order_id")
    runs = _firsts(order)
    earliest = np.minimum.reduceat(lines.frame["ts"].to_numpy(), runs)
    found = pl.DataFrame({"order": order[runs], "ts": earliest, "row": runs})
    if len(runs) > len(names):
        found = found.group_by("order").agg(pl.all().min())
    found = found.sort(["ts", "order"] if timed else ["row"])
    place = np.empty(found.height, dtype=np.int32)
    place[found["order"].to_numpy()] = np.arange(found.height, dtype=np.int32)
    return found["ts"].to_numpy().astype(np.int64), place[order]


def _sorted_rows(
    order: NDArray[np.int32], item: NDArray[np.int32], rest: Sequence[NDArray[np.generic]]
) -> NDArray[Any]:
    """Rows by order, item, then `rest`, then row; only lines that share order and item are compared further.

    Lines as the rows of a sparse matrix: scipy puts each order's items in order, which is little work.
    """
    narrow: np.dtype[Any] = np.dtype(np.int32 if len(order) < _INT32 else np.int64)
    by_order = np.arange(len(order), dtype=narrow)
    if (order[1:] < order[:-1]).any():
        by_order[:] = pl.Series(order).arg_sort().to_numpy()
        item = item[by_order]
    indptr = np.append(0, np.cumsum(np.bincount(order))).astype(narrow)
    # Item numbers move with the rows, and scipy sorts them in place: both are copies of our own by now.
    matrix = sp.csr_array((by_order, item.astype(narrow), indptr), shape=(len(indptr) - 1, int(item.max()) + 1))
    matrix.sort_indices()
    rows, of = matrix.data, matrix.indices
    same = np.zeros(len(rows), dtype=bool)
    same[1:] = of[1:] == of[:-1]
    same[indptr[1:-1]] = False
    same[:-1] |= same[1:]
    several = np.flatnonzero(same)
    if len(several):
        these = rows[several]
        its_order = np.searchsorted(indptr, several, side="right")
        rows[several] = these[
            np.lexsort((these, *(column[these] for column in reversed(rest)), of[several], its_order))
        ]
    return rows


def _firsts(order: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where a line's order is another than the line's before it."""
    return np.append(0, np.flatnonzero(order[1:] != order[:-1]) + 1)


def _starts(order: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where a new (order, item) begins among sorted lines."""
    new = np.ones(len(order), dtype=bool)
    new[1:] = (order[1:] != order[:-1]) | (item[1:] != item[:-1])
    return np.flatnonzero(new)


def _last_price(price: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each group of lines (sorted by time, then price) the last price that is known."""
    if len(starts) == len(price):
        return price
    at = np.where(price == PRICE_UNKNOWN, -1, np.arange(len(price)))
    last = np.maximum.reduceat(at, starts)
    return np.where(last < 0, PRICE_UNKNOWN, price[last])


def _customers(
    order: NDArray[np.int32], ts: NDArray[np.int64], customer: NDArray[np.int32], rows: NDArray[Any]
) -> NDArray[np.int32]:
    """Each order's customer: of its earliest line that names one, the smaller among equals; -1 where none does.

    Args:
        order: rising; every order has a line.
        ts: by row, of all lines.
        customer: of each line, -1 for none.
        rows: of each line.
    """
    first = _firsts(order)
    result = customer[first]
    doubt = np.flatnonzero((customer[1:] != customer[:-1]) & (order[1:] == order[:-1]))
    in_doubt = np.isin(order, order[doubt]) if len(doubt) else np.zeros(len(order), dtype=bool)
    at = np.flatnonzero(in_doubt & (customer >= 0))
    by = at[np.lexsort((customer[at], ts[rows[at]], order[at]))]
    these, earliest = np.unique(order[by], return_index=True)
    result[these] = customer[by[earliest]]
    return result


def _titles(lines: Lines, item: NDArray[np.int32], order: NDArray[np.int32], n_items: int) -> StringTable:
    """Each item's title in most orders, the smaller by bytes among equals."""
    titles = [_NO_TITLE] * n_items
    if "title" in lines.values:
        names, title = lines.numbered("title")
        seen = pl.DataFrame({"item": item, "title": title, "order": order}).filter(pl.col("title") >= 0)
        counts = seen.group_by("item", "title").agg(pl.col("order").n_unique().alias("n"))
        best = counts.sort(["item", "n", "title"], descending=[False, True, False]).unique("item", keep="first")
        for place, name in zip(best["item"].to_list(), names.gather(best["title"]).to_list(), strict=True):
            titles[place] = name
    return StringTable.of(titles)
