"""Per customer what they bought, and which items people buy again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.customers import Customers, Next, Purchases, Traits
from models.strings import StringTable
from training.baskets import ages, decay
from training.business import business
from training.records import Orders

_DAY = 86_400
_SMALLEST_HALF = 2.0**-24
_LARGEST_HALF = 65_504.0


def histories(orders: Orders, item_map: NDArray[np.int32], habit_half_life: float = 0.0) -> Customers:
    """Customer → items with what is known of each; last bought first, then item up.

    `habit = Σ 0.5^(age / habit_half_life)` over the customer's baskets with the item, ages as shares of the data's time
    span, a half-life of 0 or no times means no fading; `quantity` is the mean per order. Nothing is said of intervals
    (`training.rhythm` tells them, and quantities by day, where orders carry times), of what is next, of value and of
    being alive.

    Args:
        orders: n_orders baskets; guests are left out.
        item_map: int32 (len(orders.items),), index of a bought item among all items.
        habit_half_life: as a share of the data's time span.
    """
    per_line = np.repeat(np.arange(orders.n_orders), np.diff(orders.indptr))
    customer = orders.customer[per_line]
    known = np.flatnonzero(customer >= 0)
    item, line, taken = item_map[orders.item[known]], per_line[known], orders.quantity[known]
    order = np.lexsort((line, item, customer[known]))
    customer, item, line, taken = customer[known][order], item[order], line[order], taken[order]
    new = np.ones(len(customer), dtype=bool)
    new[1:] = (customer[1:] != customer[:-1]) | (item[1:] != item[:-1])
    starts = np.flatnonzero(new)
    count = np.diff(np.append(starts, len(customer)))
    fading = decay(ages(orders), habit_half_life)[line]
    habit = np.add.reduceat(fading, starts) if len(starts) else np.empty(0)
    quantity = (np.add.reduceat(taken, starts, dtype=np.float64) if len(starts) else np.empty(0)) / count
    customer, item, first, last = customer[starts], item[starts], line[starts], line[starts + count - 1]
    order = np.lexsort((item, -last, customer))
    count = count[order]
    rows = np.bincount(customer, minlength=len(orders.customers))
    return Customers(
        ids=StringTable(orders.customers.offsets, orders.customers.data),
        traits=_traits(orders),
        purchases=Purchases(
            indptr=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
            item=item[order].astype(np.int32),
            count=count.astype(np.uint32),
            last_day=_days(orders, last[order]),
            first_day=_days(orders, first[order]),
            habit=np.clip(habit[order], _SMALLEST_HALF, _LARGEST_HALF).astype(np.float16),
            interval_days=np.zeros(len(count), np.uint16),
            quantity=np.clip(quantity[order], _SMALLEST_HALF, _LARGEST_HALF).astype(np.float16),
        ),
        next=Next.nothing(len(orders.customers)),
    )


def _traits(orders: Orders) -> Traits:
    """Baskets of each customer and whether it is a business; nothing else is known yet."""
    n = len(orders.customers)
    return Traits(
        orders=np.bincount(orders.customer[orders.customer >= 0], minlength=n).astype(np.uint32),
        business=business(orders),
        value=np.full(n, np.nan, np.float32),
        alive=np.full(n, np.nan, np.float16),
    )


def _days(orders: Orders, baskets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Days since 1970-01-01 of some baskets, -1 where orders carry no time."""
    return (orders.time[baskets] // _DAY).astype(np.int32)


def buyers(orders: Orders, item_map: NDArray[np.int32], n_items: int) -> NDArray[np.uint32]:
    """Different customers who bought each item, guests not counted: uint32 (n_items,).

    Args:
        orders: n_orders baskets.
        item_map: int32 (len(orders.items),), number of each bought item, or of its family.
        n_items: how many numbers there are.
    """
    customer = np.repeat(orders.customer, np.diff(orders.indptr)).astype(np.int64)
    pairs = np.unique((customer * n_items + item_map[orders.item])[customer >= 0])
    return np.bincount(pairs % n_items, minlength=n_items).astype(np.uint32) if n_items else np.zeros(0, np.uint32)


def bought_again(customers: Customers, n_items: int, share: float, buyers: int) -> NDArray[np.bool_]:
    """Items that at least `share` of their customers bought in two baskets or more; items need enough `buyers`."""
    held = customers.purchases
    bought = np.bincount(held.item, minlength=n_items)
    again = np.bincount(held.item[held.count > 1], minlength=n_items)
    return np.asarray((bought >= buyers) & (again >= share * bought))
