"""Per customer what they bought, and which items people buy again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.records import Customers
from models.strings import StringTable
from training.records import Orders

_DAY = 86_400


def histories(orders: Orders, item_map: NDArray[np.int32]) -> Customers:
    """Customer → items with the number of baskets, the days of the first and last one; last bought first, then item up.

    Args:
        orders: n_orders baskets; guests are left out.
        item_map: int32 (len(orders.items),), index of a bought item among all items.
    """
    per_line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    customer = orders.customer[per_line]
    known = customer >= 0
    customer, item, line = customer[known], item_map[orders.item[known]], per_line[known]
    order = np.lexsort((line, item, customer))
    customer, item, line = customer[order], item[order], line[order]
    new = np.ones(len(customer), dtype=bool)
    new[1:] = (customer[1:] != customer[:-1]) | (item[1:] != item[:-1])
    starts = np.flatnonzero(new)
    ends = np.append(starts, len(customer))[1:]
    first, last = line[starts], line[ends - 1]
    customer, item, count = customer[starts], item[starts], ends - starts
    order = np.lexsort((item, -last, customer))
    rows = np.bincount(customer, minlength=len(orders.customers))
    return Customers(
        ids=StringTable(orders.customers.offsets, orders.customers.data),
        indptr=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
        item=item[order].astype(np.int32),
        count=count[order].astype(np.uint32),
        last_day=_days(orders, last[order]),
        first_day=_days(orders, first[order]),
    )


def _days(orders: Orders, baskets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Days since 1970-01-01 of some baskets, -1 where orders carry no time."""
    return (orders.time[baskets] // _DAY).astype(np.int32)


def bought_again(customers: Customers, n_items: int, share: float, buyers: int) -> NDArray[np.bool_]:
    """Items that at least `share` of their customers bought in two baskets or more; items need enough `buyers`."""
    bought = np.bincount(customers.item, minlength=n_items)
    again = np.bincount(customers.item[customers.count > 1], minlength=n_items)
    return np.asarray((bought >= buyers) & (again >= share * bought))
