"""Write rhythms and values into the record of customers that a version carries."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.customers import Customers, Purchases, Traits
from training.customer_value import customer_value, visits
from training.records import Orders
from training.rhythm.days import purchase_days
from training.rhythm.intervals import Habits, Rhythms, habits, rhythms
from training.rhythm.learning import replenish_weights

_MOST_DAYS = 65_535
_HALF = (2.0**-24, 65_504.0)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a version tells of when things are bought again.

    Attributes:
        customers: with `interval_days` and `quantity` of purchases, `value` and `alive` of customers.
        interval_days: uint16 (n_items,), of each item across customers, 0 where fewer than three bought it again.
        repeat: float32 (n_items,), share of its buyers who bought it on a second day, shrunk to category and shop.
        weights: float64 (6,), of `models.replenish.likelihood`, learnt from the shop's own past.
    """

    customers: Customers
    interval_days: NDArray[np.uint16]
    repeat: NDArray[np.float32]
    weights: NDArray[np.float64]


def with_rhythms(
    customers: Customers,
    orders: Orders,
    item_map: NDArray[np.int32],
    family: NDArray[np.int32],
    category: NDArray[np.int32],
) -> Known:
    """Fill in what orders say of intervals, quantities and values. Who takes another variant has bought it again.

    Args:
        customers: of the same orders.
        orders: n_orders baskets.
        item_map: int32 (len(orders.items),), index of a bought item among all items.
        family: int32 (n_items,), label of each item's family.
        category: int32 (n_families,), -1 for none.
    """
    days = purchase_days(orders, family[item_map])
    past = habits(days)
    found = rhythms(past, category)
    return Known(
        customers=dataclasses.replace(
            customers,
            purchases=_purchases(customers, family, past, found),
            traits=_traits(customers, orders),
        ),
        interval_days=_whole_days(found.item)[family],
        repeat=found.repeat.astype(np.float32)[family],
        weights=replenish_weights(days, category),
    )


def _purchases(customers: Customers, family: NDArray[np.int32], past: Habits, found: Rhythms) -> Purchases:
    held = customers.purchases
    if not len(past):
        return held
    customer = np.repeat(np.arange(len(held.indptr) - 1), np.diff(held.indptr))
    at = np.searchsorted(
        past.customer.astype(np.int64) << 32 | past.item,
        customer.astype(np.int64) << 32 | family[held.item],
    )
    return dataclasses.replace(
        held,
        interval_days=_whole_days(found.own)[at],
        quantity=np.clip(past.quantity[at], *_HALF).astype(np.float16),
    )


def _traits(customers: Customers, orders: Orders) -> Traits:
    value = customer_value(visits(orders)) if orders.timed else None
    if value is None:
        return customers.traits
    return dataclasses.replace(
        customers.traits,
        value=value.spend.astype(np.float32),
        alive=value.alive.astype(np.float16),
    )


def _whole_days(days: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Rounded, at least 1 where anything is known."""
    return np.where(days > 0, np.clip(np.rint(days), 1, _MOST_DAYS), 0).astype(np.uint16)
